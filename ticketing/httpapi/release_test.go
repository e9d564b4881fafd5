package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReleaseOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	const target = "/internal/v1/pools/main/release"
	assert.Equal(t, http.StatusNotFound, s.house(http.MethodGet, target+"?date=2027-05-10", "", operationsKey).status)
	atOnce := s.house(http.MethodGet, target+"?date=2026-05-10", "", operationsKey)
	require.Equal(t, http.StatusOK, atOnce.status, atOnce.body)
	assert.Equal(t, []any{}, atOnce.body["stages"], "sold at once, it has none")
	put := func(body string) answer { return s.house(http.MethodPut, target, body, operationsKey) }
	refused := put(`{"date":"2026-05-10","stages":[{"at":"2026-05-01T04:00:00Z","quantity":11}]}`)
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.Equal(t, "release_exceeds_capacity", refused.text("code"))
	assert.Contains(t, refused.text("detail"), "11 places of the day, 10")
	made := put(`{"date":"2026-05-10","stages":[{"at":"2026-05-01T04:00:00Z","percent":40},{"at":"2026-05-01T05:00:00Z","quantity":5,"max_delay_seconds":60}]}`)
	require.Equal(t, http.StatusOK, made.status, made.body)
	_, err := s.service.FireReleases(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, 4, s.left("main", "2026-05-10"), 0)
	paused := s.house(http.MethodPost, target+"/1", `{"date":"2026-05-10","paused":true}`, operationsKey)
	require.Equal(t, http.StatusOK, paused.status, paused.body)
	assert.InDelta(t, 0, s.left("main", "2026-05-10"), 0)
	got := s.house(http.MethodGet, target+"?date=2026-05-10", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	stages, _ := got.body["stages"].([]any)
	require.Len(t, stages, 2)
	assert.Equal(t, map[string]any{
		"stage": 1.0, "at": "2026-05-01T04:00:00.000Z", "fired_at": "2026-05-01T04:00:00.000Z", "paused": true, "percent": 40.0, "returns_to": 2.0,
		"max_delay_seconds": 0.0, "planned": 0.0, "released": 4.0, "held": 0.0, "sold": 0.0, "left": 4.0, "returning": 0.0,
	}, stages[0])
	assert.Equal(t, http.StatusNotFound, s.house(http.MethodPost, target+"/9", `{"date":"2026-05-10"}`, operationsKey).status)
	assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodGet, target+"?date=2026-05-10", "", enforcementKey).status)
}
