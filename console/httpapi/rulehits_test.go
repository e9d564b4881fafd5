package httpapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/rulehits"
)

// hits knows one rule and one event.
type hits struct{}

func (hits) Rules(_ context.Context, _ string, from, to time.Time) ([]rulehits.Rule, error) {
	return []rulehits.Rule{{Rule: "fast", Accounts: uint64(to.Sub(from) / time.Hour)}}, nil
}

func (hits) Samples(_ context.Context, _ string, q rulehits.Asked) ([]rulehits.Sample, error) {
	return []rulehits.Sample{{ID: "e1", Action: q.Action, Rules: []string{q.Rule}}}, nil
}

func TestRuleHits(t *testing.T) {
	h := build(t)
	var out struct{ Rules []rulehits.Rule }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/rule-hits?hours=48", "", &out))
	assert.Equal(t, []rulehits.Rule{{Rule: "fast", Accounts: 48}}, out.Rules)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/rule-hits?hours=0", "", nil))
	var found struct{ Events []rulehits.Sample }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/event-samples?action=block&rule=fast", "", &found))
	assert.Equal(t, "e1", found.Events[0].ID)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/event-samples?action=kill", "", nil))
}
