package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSalesOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	put := s.house(http.MethodPut, "/internal/v1/pools/main/release",
		`{"date":"2026-05-10","stages":[{"at":"2026-05-01T04:00:00Z","quantity":4},{"at":"2026-05-01T05:00:00Z","quantity":5}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	_, err := s.service.FireReleases(t.Context())
	require.NoError(t, err)

	got := s.house(http.MethodGet, "/internal/v1/sales", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	pools, _ := got.body["pools"].([]any)
	require.Len(t, pools, 1)
	sale, _ := pools[0].(map[string]any)
	capacity, _ := sale["capacity"].(float64)
	left, _ := sale["left"].(float64)
	withheld, _ := sale["withheld"].(float64)
	assert.InDelta(t, 0, capacity-left-withheld, 0, "nothing is booked")
	assert.InDelta(t, 6, withheld, 0)
	next, _ := sale["next_stage"].(map[string]any)
	assert.Equal(t, map[string]any{"pool": "main", "date": "2026-05-10", "stage": 2.0, "at": "2026-05-01T05:00:00.000Z", "paused": false}, next)
	last, _ := sale["last_stage"].(map[string]any)
	assert.InDelta(t, 1, last["stage"], 0)

	for _, path := range []string{"/internal/v1/pools", "/internal/v1/pools/main", "/internal/v1/pools/main/stock?from=2026-05-10", "/internal/v1/sales"} {
		assert.Equal(t, http.StatusOK, s.house(http.MethodGet, path, "", operationsKey).status, path)
		assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodGet, path, "", enforcementKey).status, path)
	}
	assert.Equal(t, http.StatusNotFound, s.house(http.MethodGet, "/internal/v1/orders/none", "", operationsKey).status)
}

func TestAStageIsPreviewed(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	const target = "/internal/v1/pools/main/release"
	made := s.house(http.MethodPut, target, `{"date":"2026-05-10","stages":[{"at":"2026-05-01T04:00:00Z","quantity":4},{"at":"2026-05-01T05:00:00Z","quantity":5}]}`, operationsKey)
	require.Equal(t, http.StatusOK, made.status, made.body)
	preview := s.house(http.MethodPost, target+"/2", `{"date":"2026-05-10","quantity":6,"at":"2026-05-01T04:30:00Z","dry_run":true}`, operationsKey)
	require.Equal(t, http.StatusOK, preview.status, preview.body)
	planned := func(a answer) any {
		stages, _ := a.body["stages"].([]any)
		require.Len(t, stages, 2)
		second, _ := stages[1].(map[string]any)
		return second["planned"]
	}
	assert.InDelta(t, 6, planned(preview), 0)
	assert.InDelta(t, 5, planned(s.house(http.MethodGet, target+"?date=2026-05-10", "", operationsKey)), 0, "nothing was changed")
	refused := s.house(http.MethodPost, target+"/2", `{"date":"2026-05-10","quantity":60,"dry_run":true}`, operationsKey)
	assert.Equal(t, http.StatusConflict, refused.status)
	changes := s.house(http.MethodGet, "/internal/v1/pools/main/changes", "", operationsKey)
	entries, _ := changes.body["changes"].([]any)
	for _, e := range entries {
		assert.NotContains(t, e, "60")
	}
}
