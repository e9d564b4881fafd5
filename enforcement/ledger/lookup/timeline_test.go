package lookup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/ingest"
)

func TestTimeline(t *testing.T) {
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	r, err := lookup.Open(supervisor.Reader())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })

	now := time.Now().UTC().Truncate(time.Millisecond)
	event := func(id, account string, age time.Duration) *ingest.Event {
		e := full(id, now.Add(-age))
		e.Subject.Account, e.Decision.Receipt, e.Order.ID = account, "FG-"+id, "order-"+id
		return e
	}
	newest, middle, old := event("e3", "u1", time.Minute), event("e2", "u1", time.Hour), event("e1", "u1", 40*24*time.Hour)
	neighbour := event("e4", "u2", time.Minute)
	neighbour.Subject.Phone, neighbour.Subject.Documents = "q", []string{"z"}
	elsewhere := event("e5", "u1", time.Minute)
	elsewhere.Site = "theatre"
	intent := *newest
	intent.Outcome = ingest.Outcome{}
	require.NoError(t, a.Write(t.Context(), []ledger.Record{{Event: newest}, {Event: middle}, {Event: old}, {Event: neighbour}, {Event: elsewhere}}))
	require.NoError(t, a.Write(t.Context(), []ledger.Record{{Event: &intent}}))

	ids := func(s lookup.Search) []string {
		found, err := r.Timeline(t.Context(), "museum", s)
		require.NoError(t, err)
		out := []string{}
		for _, e := range found {
			out = append(out, e.ID)
		}
		return out
	}
	assert.Equal(t, []string{"e3", "e2"}, ids(lookup.Search{By: lookup.ByAccount, Values: []string{"u1"}}), "one row an event, the newest first, a month back")
	assert.Equal(t, []string{"e3"}, ids(lookup.Search{By: lookup.ByAccount, Values: []string{"u1"}, Limit: 1}))
	assert.Equal(t, []string{"e2"}, ids(lookup.Search{By: lookup.ByAccount, Values: []string{"u1"}, Before: newest.Time}))
	assert.Equal(t, []string{"e3", "e2", "e1"}, ids(lookup.Search{By: lookup.ByAccount, Values: []string{"u1"}, Since: now.AddDate(-1, 0, 0)}))
	assert.Equal(t, []string{"e2"}, ids(lookup.Search{By: lookup.ByReceipt, Values: []string{"FG-e2"}}))
	assert.Equal(t, []string{"e4"}, ids(lookup.Search{By: lookup.ByOrder, Values: []string{"order-e4"}}))
	assert.Equal(t, []string{"e4"}, ids(lookup.Search{By: lookup.ByPhone, Values: []string{"before rotation", "q"}}))
	assert.Equal(t, []string{"e4"}, ids(lookup.Search{By: lookup.ByDocument, Values: []string{"z"}}))
	assert.Empty(t, ids(lookup.Search{By: lookup.ByDocument, Values: []string{"'); DROP TABLE events --"}}))

	found, err := r.Timeline(t.Context(), "museum", lookup.Search{By: lookup.ByReceipt, Values: []string{"FG-e3"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"fast"}, found[0].Rules)
	assert.Equal(t, uint16(201), found[0].Status, "what became of it, not the intent")
	assert.Equal(t, newest.Time, found[0].Time)

	for _, bad := range []lookup.Search{
		{By: "name", Values: []string{"x"}}, {By: lookup.ByAccount}, {By: lookup.ByAccount, Values: []string{"x"}, Limit: 501}, {By: lookup.ByAccount, Values: []string{"x"}, Limit: -1},
	} {
		_, err := r.Timeline(t.Context(), "museum", bad)
		require.ErrorIs(t, err, lookup.ErrInvalidSearch)
	}
}
