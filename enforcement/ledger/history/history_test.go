package history_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/history"
	"fairgate/ingest"
	"fairgate/rules"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

// start gives an empty ledger, and a reader of its history.
func start(t testing.TB, o history.Options) (*chdb.Supervisor, *archive.Archive, *history.Reader) {
	t.Helper()
	s := chdbtest.Start(t)
	a, err := archive.Open(s.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	r, err := history.Open(s.Reader(), o)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return s, a, r
}

// begin is a moment that retention keeps.
func begin() time.Time { return time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Hour) }

func traffic(n int) []*ingest.Event {
	var list []*ingest.Event
	for e := range backtesttest.Events(backtesttest.Traffic{Seed: 3, Start: begin(), Accounts: 400, Rate: 20}, n) {
		list = append(list, e)
	}
	return list
}

func write(t testing.TB, a *archive.Archive, events []*ingest.Event) {
	t.Helper()
	records := make([]ledger.Record, len(events))
	for i, e := range events {
		records[i] = ledger.Record{Event: e}
	}
	require.NoError(t, a.Write(t.Context(), records))
}

// read gives the whole history from begin on.
func read(t testing.TB, r *history.Reader, needs backtest.Needs) []ingest.Event {
	t.Helper()
	var all []ingest.Event
	for events, err := range r.Events(t.Context(), begin(), begin().Add(48*time.Hour), needs, func() []ingest.Event { return nil }) {
		require.NoError(t, err)
		all = append(all, events...)
	}
	return all
}

func TestHistoryIsWhatWasWrittenOnceAndInOrder(t *testing.T) {
	for _, piece := range []int{100, 1 << 16} {
		t.Run(fmt.Sprint("piece ", piece), func(t *testing.T) {
			_, a, r := start(t, history.Options{Piece: piece})
			events := traffic(3000)
			write(t, a, events[1500:])
			write(t, a, events[:1600]) // late, and a hundred of them again
			intent := *events[7]
			intent.Outcome, intent.Order.ID = ingest.Outcome{Disposition: ingest.DispositionUnknown}, ""
			write(t, a, []*ingest.Event{&intent}) // delivered after its completion
			got := read(t, r, backtest.Needs{})
			require.Len(t, got, len(events))
			for i, want := range events {
				require.Equal(t, stored(want), got[i], "event %d", i)
			}
		})
	}
}

// stored is the part of an event that history brings back.
func stored(e *ingest.Event) ingest.Event {
	out := *e
	out.Gateway, out.Boot, out.Seq = "", "", 0
	out.Decision = ingest.Decision{Action: e.Decision.Action}
	out.Outcome.Latency, out.Outcome.Screening = 0, 0
	return out
}

func TestOnlyWhatRulesLookAtIsRead(t *testing.T) {
	_, a, r := start(t, history.Options{})
	write(t, a, traffic(50))
	p, err := rules.Load("r.yaml", []byte("name: r\nfeatures: []\nrules:\n  - {id: tool, when: user_agent contains \"http\", on: account, action: flag}\n"), rules.Options{})
	require.NoError(t, err)
	for _, e := range read(t, r, backtest.NeedsOf(p)) {
		assert.NotEmpty(t, e.Client.UserAgent)
		assert.NotEmpty(t, e.Subject.Account)
		assert.Empty(t, e.Path)
		assert.False(t, e.Client.IP.IsValid())
		assert.Nil(t, e.Subject.Documents)
	}
}

func TestSeveralSitesShareOneHistory(t *testing.T) {
	_, a, r := start(t, history.Options{Piece: 64})
	events := traffic(400)
	for i, e := range events {
		if i%3 == 0 {
			e.Site = "zoo"
		}
	}
	write(t, a, events)
	got := read(t, r, backtest.Needs{})
	require.Len(t, got, len(events))
	for i := range got {
		require.Equal(t, events[i].ID, got[i].ID)
		require.Equal(t, events[i].Site, got[i].Site)
	}
}

func TestExtent(t *testing.T) {
	_, a, r := start(t, history.Options{})
	x, err := r.Extent(t.Context(), begin(), begin().Add(time.Hour))
	require.NoError(t, err)
	assert.Zero(t, x)
	events := traffic(100)
	write(t, a, events)
	x, err = r.Extent(t.Context(), events[10].Time, events[99].Time)
	require.NoError(t, err)
	assert.Equal(t, backtest.Extent{Events: 89, First: events[10].Time, Last: events[98].Time}, x)
}

func TestLabelsAndClearings(t *testing.T) {
	_, a, r := start(t, history.Options{})
	at := begin()
	label := func(id, account string, value enforcement.LabelValue, source enforcement.LabelSource, minute int, visit time.Time) ledger.Record {
		return ledger.Record{Label: &enforcement.Label{
			ID: id, Time: at.Add(time.Duration(minute) * time.Minute), Site: "museum", Account: account, Value: value, Source: source, VisitDay: visit,
		}}
	}
	unblock := func(id string, target enforcement.Target, minute int) ledger.Record {
		return ledger.Record{Action: &enforcement.Action{
			ID: id, Time: at.Add(time.Duration(minute) * time.Minute), Site: "museum", Kind: enforcement.ActionUnblock, Target: target, Actor: "li",
		}}
	}
	device := enforcement.Target{Entity: rules.EntityDevice, Key: "d"}
	require.NoError(t, a.Write(t.Context(), []ledger.Record{
		label("1", "anna", enforcement.LabelScalper, enforcement.SourceReport, 1, time.Time{}),
		label("2", "anna", enforcement.LabelHuman, enforcement.SourceAppeal, 5, time.Time{}),
		label("3", "bert", enforcement.LabelScalper, enforcement.SourceReport, 2, time.Time{}),
		label("4", "cora", enforcement.LabelHuman, enforcement.SourceReport, 3, at.Add(time.Hour)), // not mature
		unblock("a", device, 5), unblock("b", device, 9),
	}))
	labels := map[string]enforcement.LabelValue{}
	require.NoError(t, r.Labels(t.Context(), func(site, account string, v enforcement.LabelValue) { labels[site+"/"+account] = v }))
	assert.Equal(t, map[string]enforcement.LabelValue{"museum/anna": "human", "museum/bert": "scalper"}, labels)

	list, err := r.Clearings(t.Context(), at.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, list, 3)
	assert.ElementsMatch(t, []backtest.Clearing{
		{At: at.Add(5 * time.Minute), Target: enforcement.Target{Entity: rules.EntityAccount, Key: "anna"}, Whole: true},
		{At: at.Add(5 * time.Minute), Target: device, Whole: true},
	}, list[:2])
	assert.Equal(t, backtest.Clearing{At: at.Add(9 * time.Minute), Target: device}, list[2])
}

func TestALedgerThatEndsInTheMiddleIsSaid(t *testing.T) {
	s, a, r := start(t, history.Options{Piece: 100, Patience: time.Millisecond})
	write(t, a, traffic(2000))
	p, err := rules.Load("r.yaml", backtesttest.Ruleset(5, 1, 1), rules.Options{})
	require.NoError(t, err)
	broken := breaking{Reader: r, after: 500, end: func() { require.NoError(t, s.Stop(context.Background())) }}
	_, err = backtest.Compare(t.Context(), &broken, p, nil, backtest.Options{From: begin(), To: begin().Add(48 * time.Hour)})
	var stopped *backtest.Stopped
	require.ErrorAs(t, err, &stopped)
	require.ErrorContains(t, err, "read history: ")
	require.ErrorContains(t, err, "begins anew")
	assert.EqualValues(t, 2000, stopped.At.Total)
	assert.Less(t, stopped.At.Events, uint64(2000))
}

// breaking ends the engine after some events.
type breaking struct {
	*history.Reader
	after int
	end   func()
}

func (b *breaking) Events(ctx context.Context, from, to time.Time, needs backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		for events, err := range b.Reader.Events(ctx, from, to, needs, spare) {
			if b.after > 0 {
				if b.after -= len(events); b.after <= 0 {
					b.end()
				}
			}
			if !yield(events, err) {
				return
			}
		}
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	_, err := history.Open(&clickhouse.Options{Protocol: clickhouse.Native, Addr: []string{"127.0.0.1:9000"}}, history.Options{})
	require.ErrorIs(t, err, history.ErrProtocol)
	r, err := history.Open(&clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"127.0.0.1:1"}}, history.Options{Patience: time.Millisecond})
	require.NoError(t, err)
	_, err = r.Extent(t.Context(), begin(), begin().Add(time.Hour))
	require.ErrorContains(t, err, "look how far the ledger goes: ask the ledger at 127.0.0.1:1")
}
