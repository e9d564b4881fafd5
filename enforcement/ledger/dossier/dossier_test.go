package dossier_test

import (
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/dossier"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

var now = time.Now().UTC().Truncate(time.Millisecond)

// seen is a request of an account by a device.
func seen(id, account, device string, ago time.Duration) *ingest.Event {
	return &ingest.Event{
		ID: id, Time: now.Add(-ago), Site: "museum", Kind: ingest.KindOrderSubmit,
		Subject:  ingest.Subject{Account: account, Device: device},
		Client:   ingest.Client{Subnet: "192.0.2.0/24", UserAgent: "ua-" + device, Mobile: true},
		Order:    ingest.Order{ID: "o-" + id, Pool: "hall", Day: "2026-03-03", Positions: 2},
		Decision: ingest.Decision{Action: ingest.Block, Score: 40, Receipt: "FG-1", Hits: []ingest.Hit{{Rule: "fast", Action: ingest.Block}}},
		Outcome:  ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "held"},
	}
}

func open(t *testing.T, records ...ledger.Record) *dossier.Reader {
	t.Helper()
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	require.NoError(t, a.Write(t.Context(), records))
	r, err := dossier.Open(supervisor.Reader(), func() time.Time { return now })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestDossier(t *testing.T) {
	first, second := seen("e1", "a", "d1", 3*time.Hour), seen("e2", "b", "d1", 2*time.Hour)
	intent := *first
	intent.Outcome = ingest.Outcome{}
	third := seen("e3", "b", "d2", time.Hour)
	third.Subject.Documents = []string{"0123456789abcdef"}
	fourth := seen("e4", "c", "d3", time.Minute)
	fourth.Subject.Documents, fourth.Client.Mobile, fourth.Client.IP = third.Subject.Documents, false, netip.MustParseAddr("192.0.2.9")
	refused := seen("e5", "d", "d4", time.Minute) // typed the document and was not taken
	refused.Subject.Documents, refused.Outcome = third.Subject.Documents, ingest.Outcome{Disposition: ingest.DispositionRefused, Status: 403}
	other := seen("e6", "a", "d1", time.Minute)
	other.Site = "theatre"
	action := enforcement.Action{
		ID: "x1", Time: now.Add(-time.Minute), Site: "museum", Kind: enforcement.ActionBlock, Target: enforcement.Target{Entity: "account", Key: "a"},
		Rule: "fast", Actor: "enforcer",
	}
	paid := outcome.Record{ID: "r1", Type: outcome.Held, OccurredAt: now.Add(-2 * time.Hour), Site: "museum", OrderID: "o-e1", AccountID: "a", Pool: "hall", Positions: 2}
	records := []ledger.Record{
		{Event: first},
		{Event: second},
		{Event: third},
		{Event: fourth},
		{Event: refused},
		{Event: other},
		{Event: &intent},
		{Action: &action},
		{Outcome: &paid},
	}
	for i := range 40 { // of a device that is everybody's
		records = append(records, ledger.Record{Event: seen(fmt.Sprintf("w%d", i), fmt.Sprintf("w%d", i), "d9", time.Hour)})
	}
	r := open(t, records...)

	t.Run("timeline", func(t *testing.T) {
		got, err := r.Timeline(t.Context(), "museum", "a", time.Time{}, 10)
		require.NoError(t, err)
		require.Len(t, got, 3, "an intent and its answer are one request, and other sites are not read")
		assert.Equal(t, []dossier.Source{dossier.FromAction, dossier.FromHouse, dossier.FromRequest}, []dossier.Source{got[0].Source, got[1].Source, got[2].Source})
		assert.Equal(t, []string{"fast"}, got[0].Rules)
		assert.Equal(t, dossier.Moment{
			ID: "e1", Source: dossier.FromRequest, Time: first.Time, Kind: "order.submit", Order: "o-e1", Pool: "hall", Day: "2026-03-03", Positions: 2,
			Device: "d1", Subnet: "192.0.2.0/24", State: "held", Action: ingest.Block, Rules: []string{"fast"}, Score: 40, Receipt: "FG-1", Status: 201,
		}, got[2])
		page, err := r.Timeline(t.Context(), "museum", "a", got[0].Time, 1)
		require.NoError(t, err)
		require.Len(t, page, 1)
		assert.Equal(t, got[1], page[0], "the next page begins before the last moment")
		for _, limit := range []int{0, dossier.MaxMoments + 1} {
			_, err = r.Timeline(t.Context(), "museum", "a", time.Time{}, limit)
			require.ErrorIs(t, err, dossier.ErrBadInput)
		}
		_, err = r.Timeline(t.Context(), "museum", "", time.Time{}, 1)
		require.ErrorIs(t, err, dossier.ErrBadInput)
	})

	t.Run("links", func(t *testing.T) {
		g, err := r.Links(t.Context(), "museum", []string{"b"}, 7)
		require.NoError(t, err)
		ids := map[string]dossier.Node{}
		for _, n := range g.Nodes {
			ids[n.ID] = n
		}
		assert.Len(t, g.Nodes, 5, "three accounts, the device and the document that two of them share; not the one that was refused")
		assert.True(t, ids["account:b"].Asked)
		assert.Contains(t, ids, "account:a")
		assert.Contains(t, ids, "account:c")
		assert.Equal(t, dossier.Node{ID: "document:0123456789ab…", Kind: "document", Name: "0123456789ab…", Accounts: 2}, ids["document:0123456789ab…"])
		assert.Len(t, g.Edges, 4)
		assert.False(t, g.Cut)

		g, err = r.Links(t.Context(), "museum", []string{"nobody"}, 7)
		require.NoError(t, err)
		assert.Equal(t, []dossier.Node{{ID: "account:nobody", Kind: dossier.Account, Name: "nobody", Asked: true}}, g.Nodes)
		for _, days := range []int{0, 32} {
			_, err = r.Links(t.Context(), "museum", []string{"b"}, days)
			require.ErrorIs(t, err, dossier.ErrBadInput)
		}
		_, err = r.Links(t.Context(), "museum", nil, 7)
		require.ErrorIs(t, err, dossier.ErrBadInput)
		_, err = r.Links(t.Context(), "museum", make([]string, 0), 7)
		require.ErrorIs(t, err, dossier.ErrBadInput)
	})

	t.Run("fingerprint", func(t *testing.T) {
		f, err := r.Fingerprint(t.Context(), "museum", "d1", 7)
		require.NoError(t, err)
		require.Len(t, f.Users, 2)
		assert.Equal(t, dossier.User{Account: "b", First: second.Time, Last: second.Time, Requests: 1, Orders: 1}, f.Users[0])
		assert.Contains(t, f.Facets, dossier.Facet{Kind: "user_agent", Value: "ua-d1", Accounts: 2, Requests: 2})
		_, err = r.Fingerprint(t.Context(), "museum", "nothing", 7)
		require.ErrorIs(t, err, dossier.ErrUnknownFingerprint)
		_, err = r.Fingerprint(t.Context(), "museum", "", 7)
		require.ErrorIs(t, err, dossier.ErrBadInput)
	})
}

// What a reviewer sees before an opinion is the same for a request that was
// let through and for one that was refused.
func TestFolded(t *testing.T) {
	let := dossier.Moment{Source: dossier.FromRequest, Kind: "order.submit", Pool: "hall", Device: "d", Order: "o", State: "held", Action: ingest.Allow, Status: 201}
	refused := dossier.Moment{
		Source: dossier.FromRequest, Kind: "order.submit", Pool: "hall", Device: "d", Action: ingest.Block, Rules: []string{"r"}, Score: 80, Receipt: "FG", Status: 403, Code: "x",
	}
	a, okA := let.Folded()
	b, okB := refused.Folded()
	assert.True(t, okA && okB)
	assert.Equal(t, a, b)
	for _, gone := range []dossier.Moment{{Source: dossier.FromAction, Kind: "block"}, {Source: dossier.FromHouse, Kind: "order.withdrawn"}, {Source: dossier.FromHouse, Kind: "order.reinstated"}} {
		_, ok := gone.Folded()
		assert.False(t, ok, gone)
	}
	_, ok := dossier.Moment{Source: dossier.FromHouse, Kind: "order.checked_in", State: "checked_in"}.Folded()
	assert.True(t, ok)
}
