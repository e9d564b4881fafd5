package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/ledger/dossier"
	"fairgate/ingest"
	"fairgate/rules"
)

// seen stands for the ledger.
type seen struct{}

func (seen) Timeline(_ context.Context, site, account string, _ time.Time, limit int) ([]dossier.Moment, error) {
	if account == "away" {
		return nil, errors.New("the ledger at 10.0.0.1 is away")
	}
	return []dossier.Moment{
		{ID: "x", Source: dossier.FromAction, Kind: "block", Rules: []string{"rotation"}},
		{ID: "e", Source: dossier.FromRequest, Kind: "order.submit", Action: ingest.Block, Rules: []string{"rotation"}, Score: 90, Pool: site},
	}[:min(limit, 2)], nil
}

func (seen) Links(_ context.Context, _ string, accounts []string, days int) (dossier.Graph, error) {
	if slices.Contains(accounts, "") {
		return dossier.Graph{}, dossier.ErrBadInput
	}
	g := dossier.Graph{Edges: []dossier.Edge{}, Cut: days == 31}
	for _, a := range accounts {
		g.Nodes = append(g.Nodes, dossier.Node{ID: "account:" + a, Kind: dossier.Account, Name: a, Asked: true})
	}
	return g, nil
}

func (seen) Fingerprint(_ context.Context, _, id string, _ int) (dossier.Fingerprint, error) {
	if id != "d1" {
		return dossier.Fingerprint{}, dossier.ErrUnknownFingerprint
	}
	return dossier.Fingerprint{ID: id, Users: []dossier.User{{Account: "a1"}}, Facets: []dossier.Facet{}}, nil
}

func flag(t *testing.T, h *house, account, cluster string) {
	t.Helper()
	require.NoError(t, h.cases.Record(t.Context(), []enforcement.Finding{{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: account}, Cluster: cluster,
		EventID: "e-" + account, Stage: rules.StageAsync, Time: time.Now(), Kind: ingest.KindOrderSubmit, Ruleset: "v1", Score: 40,
		Hits: []ingest.Hit{{Rule: "rotation", Action: ingest.Flag, Entity: "account", Key: account}},
	}}))
}

func TestDossiersAreFoldedBeforeAnOpinion(t *testing.T) {
	h := build(t)
	flag(t, h, "a1", "c1")
	var line struct {
		Moments     []dossier.Moment
		More, Blind bool
	}
	get := func(path string, out any) int { return h.call(t, h.admin, http.MethodGet, path, "", out) }
	require.Equal(t, http.StatusOK, get("/api/v1/accounts/a1/timeline", &line))
	assert.True(t, line.Blind)
	require.Len(t, line.Moments, 1)
	assert.Equal(t, dossier.Moment{ID: "e", Source: dossier.FromRequest, Kind: "order.submit", Pool: "museum"}, line.Moments[0])
	var known struct {
		Labels []enforcement.Label
		Blind  bool
	}
	require.NoError(t, h.cases.Add(t.Context(), []enforcement.Label{{
		Time: time.Now(), Site: "museum", Account: "a1", Value: enforcement.LabelScalper, Source: enforcement.SourceReport, Actor: "x", Reason: "resold",
	}}))
	require.Equal(t, http.StatusOK, get("/api/v1/accounts/a1/labels", &known))
	assert.True(t, known.Blind)
	assert.Empty(t, known.Labels)

	var queue struct{ Cases []struct{ ID string } }
	require.Equal(t, http.StatusOK, get("/api/v1/cases", &queue))
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/"+queue.Cases[0].ID+"/opinion", `{"value":"human"}`, nil))
	require.Equal(t, http.StatusOK, get("/api/v1/accounts/a1/timeline", &line))
	assert.False(t, line.Blind)
	assert.Len(t, line.Moments, 2)
	assert.False(t, line.More)
	require.Equal(t, http.StatusOK, get("/api/v1/accounts/a1/timeline?limit=1", &line))
	assert.True(t, line.More)
	require.Equal(t, http.StatusOK, get("/api/v1/accounts/a1/labels", &known))
	assert.Len(t, known.Labels, 1)

	var problem struct{ Detail string }
	assert.Equal(t, http.StatusServiceUnavailable, get("/api/v1/accounts/away/timeline", &problem))
	assert.NotContains(t, problem.Detail, "10.0.0.1")
	for _, bad := range []string{"?limit=0", "?limit=1001", "?before=yesterday"} {
		assert.Equal(t, http.StatusUnprocessableEntity, get("/api/v1/accounts/a1/timeline"+bad, nil), bad)
	}
}

func TestLinksClustersAndFingerprints(t *testing.T) {
	h := build(t)
	flag(t, h, "a1", "c1")
	get := func(path string, out any) int { return h.call(t, keyOf("ana"), http.MethodGet, path, "", out) }
	var graph struct {
		dossier.Graph
		Accounts []string
	}
	require.Equal(t, http.StatusOK, get("/api/v1/links?account=a1,a2&days=31", &graph))
	assert.Len(t, graph.Nodes, 2)
	assert.True(t, graph.Cut)
	for _, bad := range []string{"", "?account=a1&days=0", "?account=a1&days=32"} {
		assert.Equal(t, http.StatusUnprocessableEntity, get("/api/v1/links"+bad, nil), bad)
	}
	require.Equal(t, http.StatusOK, get("/api/v1/clusters/c1", &graph))
	assert.Equal(t, []string{"a1"}, graph.Accounts)
	assert.Equal(t, http.StatusNotFound, get("/api/v1/clusters/c2", nil))
	var f dossier.Fingerprint
	require.Equal(t, http.StatusOK, get("/api/v1/fingerprints/d1", &f))
	assert.Equal(t, "a1", f.Users[0].Account)
	assert.Equal(t, http.StatusNotFound, get("/api/v1/fingerprints/d2", nil))
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("bo"), http.MethodGet, "/api/v1/links?account=a1", "", nil))
}

func TestAClaimIsShownAndAudited(t *testing.T) {
	h := build(t)
	require.NoError(t, h.users.PutKey(t.Context(), "second", keyOf("second"), "administrator"))
	flag(t, h, "a1", "")
	var queue struct {
		Cases []struct {
			ID    string
			Claim *struct{ Reviewer string }
		}
	}
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/cases", "", &queue))
	id := queue.Cases[0].ID
	var claim struct {
		Reviewer string
		Mine     bool
	}
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/"+id+"/claim", "", &claim))
	assert.True(t, claim.Mine)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("second"), http.MethodPost, "/api/v1/cases/"+id+"/claim", "", &claim))
	assert.False(t, claim.Mine)
	mine := claim.Reviewer
	require.Equal(t, http.StatusOK, h.call(t, keyOf("second"), http.MethodGet, "/api/v1/cases", "", &queue))
	require.NotNil(t, queue.Cases[0].Claim)
	assert.Equal(t, mine, queue.Cases[0].Claim.Reviewer)
	entries, err := h.users.Entries(t.Context(), console.AuditFilter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 1, "the second took nothing")
	assert.Equal(t, "case.claim", entries[0].Action)
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/nothing/claim", "", nil))
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/cases/"+id+"/claim", "", nil))
}
