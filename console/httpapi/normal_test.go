package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/normal"
)

// usual is a ledger in which everybody is ordinary.
type usual struct{}

func (usual) Percentiles(_ context.Context, q normal.Query, by normal.By) (normal.Behaviour, error) {
	if q.Feature == "" && by != normal.ByFeature {
		return normal.Behaviour{}, fmt.Errorf("%w: by %s needs a feature", normal.ErrInvalidQuery, by)
	}
	return normal.Behaviour{Period: q.Period, Feature: q.Feature, Kind: q.Kind, Route: q.Route, By: by, Rows: []normal.Row{}}, nil
}

func (usual) Suggest(_ context.Context, q normal.Query, budget float64) (normal.Suggestions, error) {
	return normal.Suggestions{Period: q.Period, Budget: budget, Suggestions: []normal.Suggestion{{
		Feature: q.Feature, Direction: normal.Above, Enough: true, FalsePositive: metrics.NewFigure(1, 2000, 2000),
	}}}, nil
}

func TestNormalBehaviour(t *testing.T) {
	h := build(t)
	var b normal.Behaviour
	path := "/api/v1/normal?feature=looks&by=hour&kind=stock.read&route=stock"
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, path, "", &b))
	assert.Equal(t, normal.ByHour, b.By)
	assert.Equal(t, []string{"looks", "stock.read", "stock"}, []string{b.Feature, string(b.Kind), b.Route})
	assert.Equal(t, 7*24*time.Hour, b.Period.To.Sub(b.Period.From))
	assert.WithinDuration(t, time.Now(), b.Period.To, time.Minute)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/normal?by=hour", "", nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/normal?by=moon", "", nil))
	assert.Equal(t, http.StatusUnauthorized, h.call(t, "", http.MethodGet, "/api/v1/normal", "", nil))

	var found normal.Suggestions
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/suggestions?feature=looks", "", &found))
	assert.InDelta(t, normal.DefaultBudget, found.Budget, 0)
	require.Len(t, found.Suggestions, 1)
	assert.EqualValues(t, 2000, found.Suggestions[0].FalsePositive.Denominator)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/suggestions?budget=0.7", "", nil))
}
