package metrics_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/digest"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

// dice makes a ledger of three days at random.
type dice struct {
	*rand.Rand
	n int
}

func (d *dice) pick(of ...string) string { return of[d.IntN(len(of))] }

func (d *dice) account() string { return fmt.Sprintf("a%02d", d.IntN(60)) }

func (d *dice) event() ledger.Record {
	d.n++
	e := &ingest.Event{
		ID: fmt.Sprintf("e-%06d", d.n), Time: start.Add(time.Duration(d.IntN(72*3600)) * time.Second), Site: d.pick("museum", "museum", "theatre"),
		Gateway: "gw", Boot: "b1", Seq: uint64(d.n),
		Kind:    ingest.Kind(d.pick("order.submit", "order.submit", "order.pay", "stock.read", "stock.read", "page.read", "order.read", "beacon")),
		Subject: ingest.Subject{Account: d.account()}, Order: ingest.Order{Pool: d.pick("hall", "annex", ""), Day: d.pick("d1", "d2")},
		Decision: ingest.Decision{Action: ingest.Allow, Passed: d.IntN(8) == 0},
		Outcome:  ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: []int{200, 201, 409, 502}[d.IntN(4)]},
	}
	if d.IntN(20) == 0 {
		e.Subject.Account = ""
	}
	switch d.IntN(10) {
	case 0, 1:
		fired(ingest.Block, d.pick("pace", "rotation"))(e)
	case 2:
		fired(ingest.Challenge, "pace")(e)
	case 3:
		e.Outcome = ingest.Outcome{}
	case 4:
		e.Outcome.Disposition = ingest.DispositionFailed
	}
	if e.Kind == ingest.KindOrderSubmit && e.Outcome.Disposition == ingest.DispositionForwarded {
		e.Order.ID = fmt.Sprintf("o%03d", d.IntN(300))
		e.Outcome.OrderState = d.pick("held", "confirmed", "")
	}
	return ledger.Record{Event: e}
}

func (d *dice) fate() ledger.Record {
	d.n++
	return ledger.Record{Outcome: &outcome.Record{
		ID: fmt.Sprintf("r-%06d", d.n), Type: outcome.Type(d.pick(string(outcome.Held), string(outcome.Confirmed), string(outcome.Withdrawn), string(outcome.HoldExpired))),
		OccurredAt: start.Add(time.Duration(d.IntN(72*3600)) * time.Second), Site: d.pick("museum", "theatre"), OrderID: fmt.Sprintf("o%03d", d.IntN(300)),
	}}
}

func (d *dice) label() ledger.Record {
	d.n++
	l := &enforcement.Label{
		ID: fmt.Sprintf("l-%06d", d.n), Time: start.Add(time.Duration(d.n) * time.Second), Site: d.pick("museum", "theatre"), Account: d.account(),
		Value:  enforcement.LabelValue(d.pick("human", "human", "scalper", "unknown")),
		Source: enforcement.LabelSource(d.pick("report", "outcome", "review")), Actor: "test", Operator: d.pick("", "", "gang"),
	}
	if d.IntN(4) == 0 {
		l.Source, l.Inclusion, l.Week = enforcement.SourceSample, 0.25, start.AddDate(0, 0, -int(start.Weekday()+6)%7)
	}
	return ledger.Record{Label: l}
}

func many(n int, one func() ledger.Record) []ledger.Record {
	list := make([]ledger.Record, n)
	for i := range list {
		list[i] = one()
	}
	return list
}

// figures are all that a reader can say of the three days.
func figures(t *testing.T, r *metrics.Reader) map[string]any {
	t.Helper()
	out := map[string]any{}
	odd := metrics.Period{From: start.Add(7*time.Hour + 13*time.Minute), To: start.Add(70*time.Hour + 29*time.Minute)}
	for _, f := range []metrics.Filter{{}, {Site: "museum", Pool: "hall"}} {
		q, err := r.Quality(t.Context(), odd, f)
		require.NoError(t, err)
		q.AsOf = time.Time{}
		rules, err := r.Rules(t.Context(), odd, f)
		require.NoError(t, err)
		funnel, err := r.Challenges(t.Context(), odd, f)
		require.NoError(t, err)
		points, err := r.Series(t.Context(), odd, metrics.SeriesFilter{Filter: f, Step: metrics.Daily, Zone: "Asia/Shanghai", ByPool: f.Pool == ""})
		require.NoError(t, err)
		out[f.Pool] = []any{q, rules, funnel, points}
	}
	return out
}

// TestCondensedFiguresEqualThoseOfTheEvents makes a ledger at random, adds to it
// late events, repeats, completed intents and new labels, and erases, and after
// each step compares the figures of condensed hours with those of the events.
func TestCondensedFiguresEqualThoseOfTheEvents(t *testing.T) {
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	now := start.Add(71*time.Hour + 30*time.Minute)
	open := func(plain bool) *metrics.Reader {
		r, err := metrics.Open(supervisor.Reader(), metrics.Options{Now: func() time.Time { return now }, Plain: plain})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, r.Close()) })
		return r
	}
	plain, condensed := open(true), open(false)
	d := &dice{Rand: rand.New(rand.NewPCG(4, 2))}
	events := many(2500, d.event)
	write := func(records ...ledger.Record) { require.NoError(t, a.Write(t.Context(), records)) }
	write(append(append(events, many(400, d.fate)...), many(60, d.label)...)...)
	whole := metrics.Period{From: start, To: start.Add(72 * time.Hour)}
	q, err := condensed.Quality(t.Context(), whole, metrics.Filter{})
	require.NoError(t, err)
	assert.Zero(t, q.AsOf, "nothing is condensed, and there are not even tables")

	b, err := digest.OpenBuilder(supervisor.Writer(), digest.BuilderOptions{Now: func() time.Time { return now }, Chunk: 500})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.Migrate(t.Context()))
	refresh := func(want int) {
		t.Helper()
		now = now.Add(time.Second)
		hours, err := b.Refresh(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, hours)
	}
	refresh(71)
	q, err = condensed.Quality(t.Context(), whole, metrics.Filter{})
	require.NoError(t, err)
	require.Equal(t, now, q.AsOf, "the condensed hours were read")
	before := figures(t, plain)
	assert.Equal(t, before, figures(t, condensed))
	refresh(0)
	for _, step := range []metrics.SeriesFilter{{Step: metrics.Hourly}, {Step: metrics.Daily, Zone: "Asia/Kolkata"}} {
		want, err := plain.Series(t.Context(), whole, step)
		require.NoError(t, err)
		points, err := condensed.Series(t.Context(), whole, step)
		require.NoError(t, err)
		assert.Equal(t, want, points, step.Zone)
	}

	write(many(20, d.label)...)
	write(many(50, d.fate)...)
	assert.NotEqual(t, before, figures(t, plain), "labels and fates change figures")
	assert.Equal(t, figures(t, plain), figures(t, condensed), "and need no condensing")

	write(events[:300]...) // again, as they were
	refresh(0)

	late := d.event()
	late.Event.Time, late.Event.Subject.Account, late.Event.Site = start.Add(90*time.Minute), "a01", "museum"
	fired(ingest.Block, "late")(late.Event)
	write(late)
	refresh(1)
	assert.Equal(t, figures(t, plain), figures(t, condensed), "a late event")

	intent := events[0]
	for _, e := range events {
		if e.Event.Outcome.Disposition == "" && e.Event.Subject.Account != "" && e.Event.Time.Before(start.Add(70*time.Hour)) {
			intent = e
		}
	}
	completed := *intent.Event
	completed.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201}
	write(ledger.Record{Event: &completed})
	refresh(1)
	assert.Equal(t, figures(t, plain), figures(t, condensed), "an intent that was completed")

	require.NoError(t, a.Erase(t.Context(), "museum", "a01"))
	now = now.Add(time.Second)
	hours, err := b.Refresh(t.Context())
	require.NoError(t, err)
	assert.Positive(t, hours)
	assert.Equal(t, figures(t, plain), figures(t, condensed), "an erasure")
	refresh(0)

	now = start.Add(73 * time.Hour)
	refresh(1)
	assert.Equal(t, figures(t, plain), figures(t, condensed), "the last hour has finished")
}
