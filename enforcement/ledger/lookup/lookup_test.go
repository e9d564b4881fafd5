package lookup_test

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

// full is an event with something in every field that is kept.
func full(id string, at time.Time) *ingest.Event {
	return &ingest.Event{
		ID: id, Time: at, Site: "museum", Gateway: "gw", Boot: "b", Seq: 7, Kind: ingest.KindOrderSubmit, Route: "orders", Method: "POST", Path: "/orders",
		Subject: ingest.Subject{
			Account: "u1", Claimed: "c", Session: "s", Device: "d", DeviceIssued: at.Add(-time.Hour), DeviceFresh: true, Documents: []string{"x", "y"}, Phone: "p",
		},
		Client: ingest.Client{
			IP: netip.MustParseAddr("192.0.2.1"), Subnet: "192.0.2.0/24", ASN: 64500, ASOrg: "Example", Country: "CN", Hosting: true,
			UserAgent: "ua", Automation: true, Headers: "h", TLS: "t", Language: "zh",
		},
		Order: ingest.Order{ID: "o1", Pool: "hall", Day: "2026-03-03", Positions: 2},
		Decision: ingest.Decision{
			Action: ingest.Block, Observed: ingest.Block, Reason: ingest.ReasonPace, Receipt: "FG-1", Ruleset: "v1", Score: 40, Degraded: true, Passed: true,
			Hits:     []ingest.Hit{{Rule: "fast", Action: ingest.Block, Entity: "account", Key: "u1", Score: 40, TTL: 60, Reason: ingest.ReasonPace}},
			Snapshot: ingest.Snapshot{Names: []string{"looks"}, Values: []float64{41}},
		},
		Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "held", Code: "ok", Latency: 5, Screening: 3},
	}
}

func TestFind(t *testing.T) {
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	r, err := lookup.Open(supervisor.Reader())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })

	now := time.Now().UTC().Truncate(time.Millisecond)
	seven, err := uuid.NewV7()
	require.NoError(t, err)
	other, err := uuid.NewV7()
	require.NoError(t, err)
	e := full(seven.String(), now)
	intent := *e
	intent.Outcome = ingest.Outcome{}
	verdict := func(stage rules.Stage, event *ingest.Event) *scoring.Verdict {
		return &scoring.Verdict{
			EventID: event.ID, Stage: stage, Time: event.Time, Site: event.Site, Kind: event.Kind, Subject: event.Subject, Order: event.Order,
			Observe: true, Action: ingest.Block, Score: 40, Hits: e.Decision.Hits, Ruleset: "v1", Snapshot: e.Decision.Snapshot, Decision: ingest.Block, Receipt: "FG-1",
		}
	}
	action := enforcement.Action{
		ID: "a1", Time: now.Add(time.Second), Site: "museum", Kind: enforcement.ActionBlock, Target: enforcement.Target{Entity: "account", Key: "u1"},
		Rule: "fast", Ruleset: "v1", EventID: e.ID, Actor: "enforcer", Detail: "d",
	}
	replayed := full(other.String(), now.Add(-48*time.Hour)) // its id tells another time
	named := full("row-17", now.Add(-time.Hour))
	named.Order.ID, named.Decision, named.Outcome, named.Subject.DeviceIssued, named.Client.IP = "", ingest.Decision{}, ingest.Outcome{}, time.Time{}, netip.Addr{}
	elsewhere := full("elsewhere", now)
	elsewhere.Site = "theatre"
	held := outcome.Record{ID: "r1", Type: outcome.Held, OccurredAt: now.Add(time.Minute), Site: "museum", OrderID: "o1"}
	require.NoError(t, a.Write(t.Context(), []ledger.Record{
		{Event: e},
		{Event: replayed},
		{Event: named},
		{Event: elsewhere},
		{Verdict: verdict(rules.StageAsync, e)},
		{Verdict: verdict(rules.StageInline, e)},
		{Verdict: verdict(rules.StageInline, replayed)},
		{Action: &action},
		{Outcome: &held},
	}))
	// A repeat, and the bare intent after the completed event.
	require.NoError(t, a.Write(t.Context(), []ledger.Record{{Event: &intent}, {Verdict: verdict(rules.StageAsync, e)}, {Action: &action}}))

	found, err := r.Find(t.Context(), "museum", e.ID)
	require.NoError(t, err)
	assert.Equal(t, *e, found.Event)
	assert.Equal(t, []scoring.Verdict{*verdict(rules.StageInline, e), *verdict(rules.StageAsync, e)}, found.Verdicts)
	assert.Equal(t, []enforcement.Action{func() enforcement.Action { a := action; a.Ruleset = "v1"; return a }()}, found.Actions)
	assert.Equal(t, []explain.Fate{{Time: held.OccurredAt, Order: "o1", Type: string(held.Type), State: "held"}}, found.Fates)

	found, err = r.Find(t.Context(), "museum", replayed.ID)
	require.NoError(t, err)
	assert.Equal(t, replayed.Time, found.Event.Time)
	assert.Len(t, found.Verdicts, 1)
	assert.Empty(t, found.Actions)
	found, err = r.Find(t.Context(), "museum", "row-17")
	require.NoError(t, err)
	assert.True(t, found.Event.Subject.DeviceIssued.IsZero())
	assert.False(t, found.Event.Client.IP.IsValid())

	for _, id := range []string{"elsewhere", "nothing", uuid.NewString()} {
		_, err = r.Find(t.Context(), "museum", id)
		require.ErrorIs(t, err, explain.ErrUnknownEvent, id)
	}
}
