package httpapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/scoring/warmup"
)

// counted is a ruleset with one cold feature.
type counted struct{}

func (counted) States(context.Context) ([]warmup.State, string, error) {
	return []warmup.State{{Name: "looks", Counted: true, Until: time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)}}, "v1", nil
}

func TestFeatures(t *testing.T) {
	h := build(t)
	var out struct {
		Ruleset  string
		Features []map[string]any
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/features", "", &out))
	assert.Equal(t, "v1", out.Ruleset)
	require.Len(t, out.Features, 1)
	assert.Equal(t, "2026-03-02T04:00:00Z", out.Features[0]["warming_until"])
	assert.NotContains(t, out.Features[0], "since")
	assert.Equal(t, http.StatusUnauthorized, h.call(t, "", http.MethodGet, "/api/v1/features", "", nil))
}
