package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/explain"
	"fairgate/ingest"
	"fairgate/rules"
)

// explained knows one event.
type explained struct{}

func (explained) Explain(_ context.Context, site, id string, given *rules.Program) (explain.EventExplanation, error) {
	switch id {
	case "e1":
		x := explain.EventExplanation{ID: id, Site: site}
		if given != nil {
			x.Judgements = []explain.Judgement{{Ruleset: given.Version()}}
		}
		return x, nil
	case "away":
		return explain.EventExplanation{}, errors.New("the ledger at 10.0.0.1 is away")
	default:
		return explain.EventExplanation{}, explain.ErrUnknownEvent
	}
}

func TestExplanations(t *testing.T) {
	h := build(t)
	var x explain.EventExplanation
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/events/e1/explanation", "", &x))
	assert.Equal(t, []string{"e1", "museum"}, []string{x.ID, x.Site})
	var problem struct{ Detail string }
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/events/e2/explanation", "", &problem))
	assert.Contains(t, problem.Detail, "older than the retention")
	assert.Equal(t, http.StatusServiceUnavailable, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/events/away/explanation", "", &problem))
	assert.NotContains(t, problem.Detail, "10.0.0.1")
	assert.Equal(t, http.StatusUnauthorized, h.call(t, "", http.MethodGet, "/api/v1/events/e1/explanation", "", nil))

	document := "name: museum\nrules:\n  - {id: night, when: hour < 5, on: account, action: flag}\n"
	p, err := rules.Load("given", []byte(document), rules.Options{})
	require.NoError(t, err)
	body, err := json.Marshal(map[string]string{"ruleset": document})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/events/e1/explanation", string(body), &x))
	assert.Equal(t, p.Version(), x.Judgements[0].Ruleset)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/events/e1/explanation", `{"ruleset":"rules: ["}`, nil))
}

func (explained) Find(_ context.Context, _, id string) (explain.Record, error) {
	if id != "e1" {
		return explain.Record{}, explain.ErrUnknownEvent
	}
	return explain.Record{Event: ingest.Event{
		ID: "e1", Kind: "stock.read", Subject: ingest.Subject{Account: "a"},
		Decision: ingest.Decision{Snapshot: ingest.Snapshot{Names: []string{"account_reads_1m"}, Values: []float64{90}}},
	}}, nil
}
