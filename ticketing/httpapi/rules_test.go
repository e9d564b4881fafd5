package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/httpapi"
)

func TestRulesAndAuditOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := func(body string) answer {
		return s.send(http.MethodPut, "/internal/v1/pools/main", body,
			http.Header{"Authorization": {"Bearer " + operationsKey}, httpapi.HeaderOperator: {"li.hua"}}, false)
	}
	made := put(`{"name":"Main","limit_per_order":3,"hold_seconds":60,"rules":{"window_bookings":5,"window_days":30},"days":[{"date":"2026-05-10","capacity":4}]}`)
	require.Equal(t, http.StatusOK, made.status, made.body)
	for body, field := range map[string]string{
		`{"name":"Main","limit_per_order":3,"hold_seconds":60,"rules":{"window_bookings":5}}`:            "rules.window_days",
		`{"name":"Main","limit_per_order":3,"hold_seconds":60,"days":[{"date":"2026-02-31"}]}`:           "days[0].date",
		`{"name":"Main","limit_per_order":3,"hold_seconds":60,"days":[{"date":"2026-05-10","slots":1}]}`: "days.0.slots",
	} {
		refused := put(body)
		assert.GreaterOrEqual(t, refused.status, 400)
		assert.NotEmpty(t, refused.text("code"))
		if refused.status == http.StatusUnprocessableEntity {
			assert.Equal(t, field, refused.text("field"))
		}
	}
	got := s.house(http.MethodGet, "/internal/v1/pools/main/changes", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	changes, _ := got.body["changes"].([]any)
	require.Len(t, changes, 1)
	change, _ := changes[0].(map[string]any)
	assert.Equal(t, "li.hua", change["who"])
	assert.Nil(t, change["before"])
	assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodGet, "/internal/v1/pools/main/changes", "", enforcementKey).status)
	assert.Equal(t, http.StatusNotFound, s.house(http.MethodGet, "/internal/v1/pools/none/changes", "", operationsKey).status)
}
