package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/inspection"
)

func TestFindingsOverHTTP(t *testing.T) {
	t.Parallel()
	s := startWith(t, func(s *server, _ *ticketing.Options, api *httpapi.Options) {
		i, err := inspection.New(s.store.Inspection(), api.Clock, inspection.Options{})
		require.NoError(t, err)
		api.Inspection = i
	})
	s.putPool("main", 0, 5)
	_, token := s.signUp(1)
	require.Equal(t, http.StatusCreated, s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token).status)
	s.now.Add(time.Hour.Milliseconds()) // and nothing has delivered its event
	assert.Equal(t, http.StatusUnauthorized, s.house("POST", "/internal/v1/inspections", "", enforcementKey).status)
	made := s.house("POST", "/internal/v1/inspections", "", operationsKey)
	require.Equal(t, http.StatusOK, made.status, made.body)
	assert.Equal(t, map[string]any{"outbox_lag": 1.0}, made.body["standing"])
	got := s.house("GET", "/internal/v1/findings?state=open", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	list, _ := got.body["findings"].([]any)
	require.Len(t, list, 1)
	first, _ := list[0].(map[string]any)
	assert.Equal(t, "warning", first["severity"])
	id, _ := first["finding_id"].(string)
	target := "/internal/v1/findings/" + id + "/acknowledge"
	assert.Equal(t, http.StatusUnprocessableEntity, s.as("", operationsKey, "POST", target, `{}`).status)
	assert.Equal(t, http.StatusUnprocessableEntity, s.as("wang", operationsKey, "POST", target, `{"note":"`+strings.Repeat("x", 501)+`"}`).status)
	assert.Equal(t, http.StatusNotFound, s.as("wang", operationsKey, "POST", "/internal/v1/findings/none/acknowledge", `{}`).status)
	looked := s.as("wang", operationsKey, "POST", target, `{"note":"calling"}`)
	require.Equal(t, http.StatusOK, looked.status, looked.body)
	assert.Equal(t, "acknowledged", looked.text("state"))
	assert.Equal(t, "wang", looked.text("acknowledged_by"))
	for _, query := range []string{"state=gone", "limit=0", "limit=501"} {
		assert.Equal(t, http.StatusUnprocessableEntity, s.house("GET", "/internal/v1/findings?"+query, "", operationsKey).status, query)
	}
	assert.Equal(t, http.StatusNotImplemented, start(t).house("GET", "/internal/v1/findings", "", operationsKey).status, "nobody inspects there")
}
