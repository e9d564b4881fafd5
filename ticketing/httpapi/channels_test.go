package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChannelsOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":5,"hold_seconds":60,"days":[{"date":"2026-05-10","capacity":4}]}`, operationsKey)
	const agency = "/internal/v1/channels/agency"
	put := s.house(http.MethodPut, agency, `{"kind":"agency","name":"旅行社","active":true}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	assert.Equal(t, map[string]any{"channel": "agency", "kind": "agency", "name": "旅行社", "active": true, "spill": false, "has_key": false}, put.body)
	bad := s.house(http.MethodPut, agency, `{"kind":"shop","name":"x","active":true}`, operationsKey)
	assert.Equal(t, []any{http.StatusUnprocessableEntity, "kind"}, []any{bad.status, bad.text("field")})
	list, _ := s.house(http.MethodGet, "/internal/v1/channels", "", operationsKey).body["channels"].([]any)
	assert.Len(t, list, 3)

	kept := s.house(http.MethodPut, agency+"/allotments", `{"pool":"main","allotments":[{"date":"2026-05-10","quantity":3,"release_at":"2026-05-09T04:00:00Z"}]}`, operationsKey)
	require.Equal(t, http.StatusOK, kept.status, kept.body)
	want := map[string]any{
		"channel": "agency", "date": "2026-05-10", "quantity": 3.0, "taken": 0.0, "given_back": 0.0, "left": 3.0,
		"release_at": "2026-05-09T04:00:00.000Z", "released_at": nil,
	}
	assert.Equal(t, []any{want}, kept.body["allotments"])
	over := s.house(http.MethodPut, agency+"/allotments", `{"pool":"main","allotments":[{"date":"2026-05-10","quantity":5}]}`, operationsKey)
	assert.Equal(t, []any{http.StatusConflict, "allotment_exceeds_capacity", "allotments[0].quantity"}, []any{over.status, over.text("code"), over.text("field")})
	fewer := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":5,"hold_seconds":60,"days":[{"date":"2026-05-10","capacity":2}]}`, operationsKey)
	assert.Equal(t, []any{http.StatusConflict, "capacity_below_reserved"}, []any{fewer.status, fewer.text("code")})

	issued := s.house(http.MethodPost, agency+"/key", "", operationsKey)
	key := issued.text("key")
	require.NotEmpty(t, key)
	assert.Equal(t, "no-store", issued.header.Get("Cache-Control"))
	for _, wrong := range []string{"", enforcementKey, "fgc_guess"} {
		refused := s.house(http.MethodPost, agency+"/orders", booking("main", "2026-05-10", "AB123456"), wrong)
		assert.Equal(t, http.StatusUnauthorized, refused.status, wrong)
	}
	assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodPut, agency, `{"kind":"agency","name":"x","active":true}`, key).status, "the key sells, and no more")
	assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodPost, "/internal/v1/channels/web/orders", booking("main", "2026-05-10", "AB123456"), key).status)
	booked := s.house(http.MethodPost, agency+"/orders", booking("main", "2026-05-10", "AB123456", "AB123457"), key)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	assert.Equal(t, "agency", booked.text("channel"))
	path := agency + "/orders/" + booked.text("order_id")
	got := s.house(http.MethodGet, path, "", key)
	positions, _ := got.body["positions"].([]any)
	require.Len(t, positions, 2)
	first, _ := positions[0].(map[string]any)
	assert.NotEmpty(t, first["ticket"])
	_, token := s.signUp(1)
	assert.Equal(t, http.StatusNotFound, s.visitor(http.MethodGet, "/api/v1/orders/"+booked.text("order_id"), "", token).status)
	sold := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", "AB123458", "AB123459"), token)
	assert.Equal(t, "sold_out", sold.text("code"), "one is for everybody")
	mine := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", "AB123458"), token)
	assert.Equal(t, "web", mine.text("channel"))

	part := s.house(http.MethodPost, path+"/cancel", `{"positions":["`+first["position_id"].(string)+`"]}`, key) //nolint:forcetypeassert // a test
	require.Equal(t, http.StatusOK, part.status, part.body)
	settled := s.house(http.MethodPost, path+"/settle", "", key)
	assert.Equal(t, http.StatusOK, settled.status, settled.body)
	release := s.house(http.MethodGet, "/internal/v1/pools/main/release?date=2026-05-10", "", operationsKey)
	want["taken"], want["left"] = 1.0, 2.0
	assert.Equal(t, []any{want}, release.body["allotments"])
	assert.Equal(t, []any{2.0, 2.0, 2.0, 0.0}, []any{release.body["reserved"], release.body["withheld"], release.body["booked"], release.body["left"]})
	assert.Equal(t, http.StatusOK, s.house(http.MethodPost, path+"/cancel", "", key).status)
	changes, _ := s.house(http.MethodGet, agency+"/changes", "", operationsKey).body["changes"].([]any)
	assert.Len(t, changes, 2)
}
