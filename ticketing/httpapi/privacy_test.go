package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
)

const privacyKey = "privacy-key-privacy-key-privacy-key"

// withPrivacy is a server whose privacy role may see two persons an hour.
func withPrivacy(t *testing.T) *server {
	t.Helper()
	return startWith(t, func(_ *server, service *ticketing.Options, api *httpapi.Options) {
		service.RevealsPerHour, api.PrivacyKeys = 2, []string{privacyKey}
	})
}

// as sends an unsigned request of a named operator.
func (s *server) as(who, key, method, target, body string) answer {
	s.t.Helper()
	return s.send(method, target, body, http.Header{"Authorization": {"Bearer " + key}, "X-Operator": {who}, httpapi.HeaderRequestID: {"r-1"}}, false)
}

func TestRevealOverHTTP(t *testing.T) {
	t.Parallel()
	s := withPrivacy(t)
	s.putPool("main", 0, 5)
	_, token := s.signUp(1)
	booked := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	target := "/internal/v1/orders/" + booked.text("order_id") + "/reveal"
	const body = `{"fields":["document","phone"],"reason":"at gate 2"}`
	for _, key := range []string{operationsKey, enforcementKey, "nobody"} {
		assert.Equal(t, http.StatusUnauthorized, s.as("wang", key, "POST", target, body).status)
		assert.Equal(t, http.StatusUnauthorized, s.as("wang", key, "POST", "/internal/v1/lookups", body).status)
	}
	refused := s.as("", privacyKey, "POST", target, body)
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Equal(t, "X-Operator", refused.text("field"))
	shown := s.as("wang", privacyKey, "POST", target, body)
	require.Equal(t, http.StatusOK, shown.status, shown.body)
	assert.Equal(t, "no-store", shown.header.Get("Cache-Control"))
	positions, _ := shown.body["positions"].([]any)
	require.Len(t, positions, 1)
	first, _ := positions[0].(map[string]any)
	assert.Equal(t, map[string]any{"type": "passport", "number": "AB123456", "nationality": "GBR"}, first["document"])
	assert.Equal(t, "+8613900000000", first["phone"])
	assert.NotContains(t, first, "name", "was not asked for")
	assert.Equal(t, "+8613800000001", shown.text("account_phone"))

	s.now.Add(time.Minute.Milliseconds())
	limited := s.as("wang", privacyKey, "POST", "/internal/v1/lookups", `{"phone":"13900000000","reason":"who is it"}`)
	assert.Equal(t, http.StatusTooManyRequests, limited.status)
	assert.Equal(t, "reveal_limit", limited.text("code"))
	assert.Equal(t, "3540", limited.header.Get("Retry-After"))
	found := s.as("zhao", privacyKey, "POST", "/internal/v1/lookups",
		`{"document":{"type":"passport","number":"ab123456","nationality":"GBR"},"reason":"who is it"}`)
	require.Equal(t, http.StatusOK, found.status, found.body)
	orders, _ := found.body["orders"].([]any)
	require.Len(t, orders, 1)

	for _, key := range []string{operationsKey, privacyKey} {
		audit := s.house("GET", "/internal/v1/reveals?limit=1", "", key)
		require.Equal(t, http.StatusOK, audit.status, audit.body)
		entries, _ := audit.body["reveals"].([]any)
		require.Len(t, entries, 1)
		entry, _ := entries[0].(map[string]any)
		assert.Equal(t, "wang", entry["who"])
		assert.Equal(t, "r-1", entry["request_id"])
		assert.Equal(t, []any{"document", "phone"}, entry["fields"])
	}
	assert.Equal(t, http.StatusUnauthorized, s.house("GET", "/internal/v1/reveals", "", enforcementKey).status)
}

func TestWithoutAPrivacyKeyNobodyReveals(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, key := range []string{"", privacyKey, operationsKey} {
		assert.Equal(t, http.StatusUnauthorized, s.as("wang", key, "POST", "/internal/v1/orders/o/reveal", `{}`).status)
	}
	_, err := httpapi.New(s.service, httpapi.Options{GatewayKeys: [][]byte{[]byte(gatewayKey)}, PrivacyKeys: []string{"short"}})
	require.ErrorContains(t, err, "privacy keys[0]")
}

func TestErasureOverHTTP(t *testing.T) {
	t.Parallel()
	s := withPrivacy(t)
	s.putPool("main", 0, 5)
	account, token := s.signUp(1)
	booked := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	live := s.visitor("DELETE", "/api/v1/accounts/me", `{"password":"correct horse"}`, token)
	assert.Equal(t, http.StatusConflict, live.status)
	assert.Equal(t, "live_orders", live.text("code"))
	require.Equal(t, http.StatusOK, s.visitor("POST", "/api/v1/orders/"+booked.text("order_id")+"/cancel", ``, token).status)
	assert.Equal(t, http.StatusUnauthorized, s.visitor("DELETE", "/api/v1/accounts/me", `{"password":"wrong horse!"}`, token).status)
	assert.Equal(t, http.StatusNoContent, s.visitor("DELETE", "/api/v1/accounts/me", `{"password":"correct horse"}`, token).status)
	assert.Equal(t, http.StatusUnauthorized, s.visitor("GET", "/api/v1/accounts/me", "", token).status)

	other, _ := s.signUp(1) // the number is free
	assert.NotEqual(t, account, other)
	target := "/internal/v1/accounts/" + other + "/erase"
	assert.Equal(t, http.StatusUnprocessableEntity, s.as("wang", operationsKey, "POST", target, `{"reason":""}`).status)
	assert.Equal(t, http.StatusUnauthorized, s.as("wang", privacyKey, "POST", target, `{"reason":"by letter"}`).status)
	require.Equal(t, http.StatusNoContent, s.as("wang", operationsKey, "POST", target, `{"reason":"by letter"}`).status)
	records := s.house("GET", "/internal/v1/erasures", "", operationsKey)
	require.Equal(t, http.StatusOK, records.status)
	entries, _ := records.body["erasures"].([]any)
	require.Len(t, entries, 2)
	due := s.house("GET", "/internal/v1/erasures/due", "", operationsKey)
	require.Equal(t, http.StatusOK, due.status)
	assert.Equal(t, map[string]any{"positions": 0.0, "leaders": 0.0, "answers": 0.0, "no_shows": 0.0, "messages": 0.0, "reveals": 0.0}, due.body["due"])
}

func TestNoShowTakenBackOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	const target = "/internal/v1/no-shows/none/take-back"
	assert.Equal(t, http.StatusUnauthorized, s.as("wang", enforcementKey, "POST", target, `{"reason":"scanner was down"}`).status)
	assert.Equal(t, http.StatusUnprocessableEntity, s.as("", operationsKey, "POST", target, `{"reason":"scanner was down"}`).status)
	assert.Equal(t, http.StatusNotFound, s.as("wang", operationsKey, "POST", target, `{"reason":"scanner was down"}`).status)
	s.putPool("main", 0, 5)
	_, token := s.signUp(1)
	booked := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token)
	positions, _ := booked.body["positions"].([]any)
	require.Len(t, positions, 1)
	first, _ := positions[0].(map[string]any)
	id, _ := first["position_id"].(string)
	s.now.Add((20 * 24 * time.Hour).Milliseconds())
	require.NoError(t, s.service.RecordNoShow(t.Context(), ticketing.Call{}, id))
	assert.Equal(t, http.StatusNoContent, s.as("wang", operationsKey, "POST", "/internal/v1/no-shows/"+id+"/take-back", `{"reason":"scanner was down"}`).status)
}

func TestJobsOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.NoError(t, s.service.PlanJobs(t.Context()))
	_, err := s.service.RunDue(t.Context())
	require.NoError(t, err)
	got := s.house("GET", "/internal/v1/jobs", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	jobs, _ := got.body["jobs"].([]any)
	require.NotEmpty(t, jobs)
	for _, j := range jobs {
		job, _ := j.(map[string]any)
		if job["name"] == "erase" {
			assert.Equal(t, map[string]any{
				"name": "erase", "every_seconds": 3600.0, "last_started": "2026-05-01T04:00:00.000Z", "last_finished": "2026-05-01T04:00:00.000Z",
				"next_due": "2026-05-01T05:00:00.000Z", "report": "0 rows erased",
			}, job)
			return
		}
	}
	t.Fatal("the erasure is not among the jobs")
}
