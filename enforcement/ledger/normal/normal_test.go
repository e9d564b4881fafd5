package normal_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/normal"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

// start is 08:00 in Shanghai, the day before yesterday; retention keeps it.
var start = time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour)

var period = metrics.Period{From: start, To: start.Add(24 * time.Hour)}

// world is a ledger under test with its roll-ups.
type world struct {
	t       testing.TB
	archive *archive.Archive
	builder *normal.Builder
	reader  *normal.Reader
	records []ledger.Record
}

func newWorld(t testing.TB, o normal.Options) *world {
	t.Helper()
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	b, err := normal.OpenBuilder(supervisor.Writer(), normal.BuilderOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.Migrate(t.Context()))
	r, err := normal.Open(supervisor.Reader(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return &world{t: t, archive: a, builder: b, reader: r}
}

// see notes a request at which the rules saw one value of the feature looks.
func (w *world) see(account string, at time.Duration, looks float64, change ...func(*ingest.Event)) {
	e := &ingest.Event{
		ID: fmt.Sprintf("e-%06d", len(w.records)), Time: start.Add(at), Site: "museum", Gateway: "gw", Boot: "b", Seq: uint64(len(w.records)) + 1,
		Kind: ingest.KindStockRead, Route: "stock", Subject: ingest.Subject{Account: account},
		Decision: ingest.Decision{Action: ingest.Allow, Snapshot: ingest.Snapshot{Names: []string{"looks", "gap"}, Values: []float64{looks, rules.NoValue}}},
		Outcome:  ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200},
	}
	for _, c := range change {
		c(e)
	}
	w.records = append(w.records, ledger.Record{Event: e})
}

func (w *world) label(account string, value enforcement.LabelValue, visit time.Time) {
	w.records = append(w.records, ledger.Record{Label: &enforcement.Label{
		ID: fmt.Sprintf("l-%06d", len(w.records)), Time: start, Site: "museum", Account: account, Value: value,
		Source: enforcement.SourceReport, Actor: "test", VisitDay: visit,
	}})
}

// write stores what was noted, in batches of the given size, and brings the
// roll-ups up to date.
func (w *world) write(batch int) int {
	w.t.Helper()
	for from := 0; from < len(w.records); from += batch {
		require.NoError(w.t, w.archive.Write(w.t.Context(), w.records[from:min(from+batch, len(w.records))]))
	}
	return w.refresh()
}

func (w *world) refresh() int {
	w.t.Helper()
	n, err := w.builder.Refresh(w.t.Context(), start.Add(-time.Hour), start.Add(48*time.Hour))
	require.NoError(w.t, err)
	return n
}

func (w *world) percentiles(by normal.By, q normal.Query) normal.Behaviour {
	w.t.Helper()
	q.Site, q.Period = "museum", period
	b, err := w.reader.Percentiles(w.t.Context(), q, by)
	require.NoError(w.t, err)
	return b
}

func block(e *ingest.Event) {
	e.Decision.Action = ingest.Block
	e.Decision.Hits = []ingest.Hit{{Rule: "fast", Action: ingest.Block, Entity: "account", Key: e.Subject.Account}}
	e.Outcome = ingest.Outcome{Disposition: ingest.DispositionRefused, Status: 403}
}

func degraded(e *ingest.Event) { e.Decision.Degraded = true }

func submit(e *ingest.Event) { e.Kind, e.Route = ingest.KindOrderSubmit, "orders" }

func TestOrdinaryAccounts(t *testing.T) {
	w := newWorld(t, normal.Options{Now: func() time.Time { return start.Add(48 * time.Hour) }})
	for i := range 40 { // clean, highest 1 to 40
		account := fmt.Sprintf("clean-%02d", i)
		w.see(account, time.Hour, float64(i+1))
		w.see(account, time.Hour+time.Minute, 1)
		w.see(account, time.Hour+2*time.Minute, 500, degraded) // an estimate
	}
	w.see("human", time.Hour, 100, block)
	w.label("human", enforcement.LabelHuman, time.Time{})
	w.see("too early a label", time.Hour, 700, block)
	w.label("too early a label", enforcement.LabelHuman, start.Add(47*time.Hour))
	w.see("scalper", time.Hour, 900)
	w.label("scalper", enforcement.LabelScalper, start.Add(47*time.Hour))
	w.see("flagged", time.Hour, 800)
	w.records = append(w.records,
		ledger.Record{Action: &enforcement.Action{
			ID: "a", Time: start.Add(2 * time.Hour), Site: "museum", Kind: enforcement.ActionFlag, Target: enforcement.Target{Entity: "account", Key: "flagged"}, Actor: "enforcer",
		}})
	w.see("found later", time.Hour, 600)
	found := w.records[len(w.records)-1].Event
	w.records = append(w.records, ledger.Record{Verdict: &scoring.Verdict{
		EventID: found.ID, Stage: rules.StageAsync, Time: found.Time, Site: "museum", Kind: found.Kind, Subject: found.Subject, Action: ingest.Flag,
		Hits:     []ingest.Hit{{Rule: "wide", Action: ingest.Flag, Entity: "account", Key: "found later"}},
		Snapshot: ingest.Snapshot{Names: []string{"looks", "wide"}, Values: []float64{600, 3}},
	}})
	w.see("", time.Hour, 400) // nobody is nobody
	w.see("elsewhere", time.Hour, 300, func(e *ingest.Event) { e.Site = "theatre" })
	w.see("observed", time.Hour, 200, func(e *ingest.Event) { e.Decision.Observed = ingest.Block })

	assert.Equal(t, 2, w.write(1000), "one hour of each of two sites")
	b := w.percentiles(normal.ByFeature, normal.Query{})
	assert.Equal(t, normal.Population{
		Ordinary: 41, Human: 1, Clean: 40, Suspect: 4, Scalper: 1, Share: 1, BuiltUntil: start.Add(2 * time.Hour),
	}, b.Population)
	require.Len(t, b.Rows, 1)
	row := b.Rows[0]
	assert.Equal(t, "looks", row.Of)
	assert.EqualValues(t, 41, row.Accounts)
	assert.True(t, row.Enough)
	assert.Equal(t, []normal.Percentile{{5, 3}, {25, 11}, {50, 21}, {75, 31}, {90, 37}, {95, 39}}, row.High)
	assert.Equal(t, []normal.Percentile{{5, 1}, {25, 1}, {50, 1}, {75, 1}, {90, 1}, {95, 1}}, row.Low)

	wide := w.percentiles(normal.ByHour, normal.Query{Feature: "wide"})
	assert.Empty(t, wide.Rows, "only a suspect had it")
}

func TestFiguresStandAfterRepeatsLatenessAndErasure(t *testing.T) {
	w := newWorld(t, normal.Options{})
	for i := range 200 {
		account := fmt.Sprintf("account-%03d", i)
		w.see(account, time.Duration(i%5)*time.Hour+17*time.Hour, float64(i)) // around midnight in Shanghai
		w.see(account, time.Duration(i%5)*time.Hour+17*time.Hour, float64(i)/7, submit)
	}
	require.Positive(t, w.write(1000))
	before := w.everything()
	assert.Zero(t, w.refresh(), "nothing is built again without a reason")
	w.write(7) // the same again, in other batches
	w.write(64)
	assert.Equal(t, before, w.everything())

	days := w.percentiles(normal.ByDay, normal.Query{Feature: "looks"})
	require.Len(t, days.Rows, 1, "17:00 to 22:00 UTC is one day in Shanghai")
	assert.Equal(t, start.Add(24*time.Hour).Format(time.DateOnly), days.Rows[0].Of)
	hours := w.percentiles(normal.ByHour, normal.Query{Feature: "looks", Route: "stock"})
	require.Len(t, hours.Rows, 5)
	assert.Equal(t, "01", hours.Rows[0].Of)
	assert.EqualValues(t, 40, hours.Rows[0].Accounts)
	assert.Empty(t, w.percentiles(normal.ByRoute, normal.Query{Feature: "looks", Kind: ingest.KindStockRead, Route: "orders"}).Rows)

	w.see("late", 17*time.Hour, 5_000)
	assert.Equal(t, 1, w.write(1000))
	late := w.percentiles(normal.ByKind, normal.Query{Feature: "looks"})
	assert.EqualValues(t, 201, late.Population.Ordinary)
	assert.EqualValues(t, 201, late.Rows[1].Accounts)

	require.NoError(t, w.archive.Erase(t.Context(), "museum", "late"))
	assert.Equal(t, 1, w.refresh())
	assert.Equal(t, before, w.everything())
}

// everything is all that can be asked.
func (w *world) everything() []any {
	w.t.Helper()
	var all []any
	for _, by := range []normal.By{normal.ByFeature, normal.ByHour, normal.ByDay, normal.ByRoute, normal.ByKind} {
		all = append(all, w.percentiles(by, normal.Query{Feature: "looks"}))
	}
	s, err := w.reader.Suggest(w.t.Context(), normal.Query{Site: "museum", Period: period}, 0.01)
	require.NoError(w.t, err)
	return append(all, s)
}

func TestSuggestedThreshold(t *testing.T) {
	w := newWorld(t, normal.Options{})
	for i := range 999 {
		account := fmt.Sprintf("account-%03d", i)
		w.see(account, time.Hour, float64(i%10)+1)
		if i < 9 { // beyond the others, on either side
			w.see(account, 2*time.Hour, 1234.5+float64(i))
		}
		if i < 100 {
			w.label(account, enforcement.LabelHuman, time.Time{})
		}
	}
	for i := range 50 {
		account := fmt.Sprintf("scalper-%03d", i)
		w.see(account, time.Hour, 20+float64(i))
		w.label(account, enforcement.LabelScalper, time.Time{})
	}
	w.see("blocked", time.Hour, 2_000, block)
	w.write(1000)
	ask := func(budget float64) (above, below normal.Suggestion) {
		s, err := w.reader.Suggest(t.Context(), normal.Query{Site: "museum", Period: period, Feature: "looks"}, budget)
		require.NoError(t, err)
		require.Len(t, s.Suggestions, 2)
		require.Equal(t, normal.Above, s.Suggestions[0].Direction)
		return s.Suggestions[0], s.Suggestions[1]
	}
	above, below := ask(0.01) // (9+1)/(999+1)
	assert.True(t, above.Enough)
	assert.Equal(t, "looks > 10", above.When)
	assert.InDelta(t, 0.01, above.Expected, 1e-12)
	assert.Equal(t, []uint64{9, 999}, []uint64{above.FalsePositive.Numerator, above.FalsePositive.Denominator})
	assert.Less(t, above.FalsePositive.Low, 0.009)
	assert.Greater(t, above.FalsePositive.High, 0.01)
	assert.False(t, above.Proven)
	assert.Equal(t, []uint64{9, 100}, []uint64{above.Human.Numerator, above.Human.Denominator})
	assert.Equal(t, []uint64{50, 50}, []uint64{above.Caught.Numerator, above.Caught.Denominator})
	assert.True(t, above.Caught.Enough)
	assert.EqualValues(t, 1, above.Suspects.Numerator)
	assert.Equal(t, "known(looks) and looks < 1", below.When)
	assert.Zero(t, below.FalsePositive.Numerator)

	above, _ = ask(0.0099) // one account fewer: the most extreme are rounded up to 1240 and 1250
	assert.Equal(t, 1240.0, above.Threshold)
	assert.EqualValues(t, 3, above.FalsePositive.Numerator, "exactly those above 1240")
	above, _ = ask(0.1)
	assert.Equal(t, 10.0, above.Threshold)
	assert.True(t, above.Proven)

	above, _ = ask(0.0009)
	assert.False(t, above.Enough)
	assert.Contains(t, above.Why, "999 ordinary accounts, at least 1111")
	assert.Empty(t, above.When)
	none, err := w.reader.Suggest(t.Context(), normal.Query{Site: "museum", Period: period, Feature: "gap"}, 0.01)
	require.NoError(t, err)
	assert.Contains(t, none.Suggestions[0].Why, "no value")
}

func TestSamples(t *testing.T) {
	w := newWorld(t, normal.Options{MaxRows: 1000})
	for i := range 4_000 {
		w.see(fmt.Sprintf("account-%04d", i), time.Hour, float64(i%100))
	}
	w.write(10_000)
	b := w.percentiles(normal.ByFeature, normal.Query{Feature: "looks"})
	assert.InDelta(t, 0.25, b.Population.Share, 0.08)
	assert.InDelta(t, 4_000*b.Population.Share, float64(b.Population.Ordinary), 150)
	for _, p := range b.Rows[0].High {
		assert.InDelta(t, p.Level, p.Value+1, 5)
	}
}

func TestRefusedQueries(t *testing.T) {
	r, err := normal.Open(&clickhouse.Options{}, normal.Options{})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		query normal.Query
		by    normal.By
		want  string
	}{
		"backwards":    {normal.Query{Period: metrics.Period{From: start, To: start}}, normal.ByFeature, "does not end after it begins"},
		"too long":     {normal.Query{Period: metrics.Period{From: start, To: start.Add(40 * 24 * time.Hour)}}, normal.ByFeature, "40 days"},
		"unknown kind": {normal.Query{Period: period, Kind: "tea"}, normal.ByFeature, `kind "tea"`},
		"unknown by":   {normal.Query{Period: period, Feature: "looks"}, "moon", `by "moon"`},
		"no feature":   {normal.Query{Period: period}, normal.ByHour, "needs a feature"},
		"long name":    {normal.Query{Period: period, Feature: string(make([]byte, 201))}, normal.ByHour, "at most 200"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Percentiles(t.Context(), c.query, c.by)
			require.ErrorIs(t, err, normal.ErrInvalidQuery)
			assert.ErrorContains(t, err, c.want)
		})
	}
	for _, budget := range []float64{0, -1, 0.6} {
		_, err := r.Suggest(t.Context(), normal.Query{Period: period}, budget)
		require.ErrorIs(t, err, normal.ErrInvalidQuery)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	w := newWorld(t, normal.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, w.builder.Run(ctx))
}
