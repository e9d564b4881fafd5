package metrics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

// fired is a refusal that a rule brought about.
func fired(action ingest.Action, rule string) func(*ingest.Event) {
	return func(e *ingest.Event) {
		refusedBy(action)(e)
		e.Decision.Hits = []ingest.Hit{{Rule: rule, Action: action, Entity: "account", Key: e.Subject.Account}}
	}
}

func passed(e *ingest.Event) { e.Decision.Passed = true }

// hours writes what two hours are like, and returns the reader.
func hours(t *testing.T) *metrics.Reader {
	t.Helper()
	b := newBook(t)
	old := start.AddDate(0, 0, -30)
	submit := ingest.KindOrderSubmit
	for _, human := range []string{"h1", "h2", "h3"} {
		b.label(human, enforcement.LabelHuman, "", old)
	}
	for _, scalper := range []string{"s1", "s2"} {
		b.label(scalper, enforcement.LabelScalper, "", old)
	}
	b.event("h1", submit, "d1", ordered("o1"))
	b.event("h2", submit, "d1", fired(ingest.Block, "rotation"))
	b.event("s1", submit, "d1", ordered("o2"))
	b.event("x", submit, "d1", fired(ingest.Block, "rotation"))
	b.event("s2", submit, "d1", fired(ingest.Challenge, "pace"))
	b.now = start.Add(time.Hour)
	b.event("h3", submit, "d2", fired(ingest.Challenge, "pace"))
	b.event("h3", submit, "d2", func(e *ingest.Event) { ordered("o3")(e); passed(e) })
	b.event("h1", ingest.KindStockRead, "", answered(200))
	b.event("s1", submit, "d2", fired(ingest.Block, "rotation"))
	b.event("s1", submit, "d2", func(e *ingest.Event) { fired(ingest.Block, "rotation")(e); e.Order.Pool = "annex" })
	b.fate("o3", outcome.Withdrawn)
	r, _ := b.open()
	return r
}

// share is a figure's counts.
func share(f metrics.Figure) [2]float64 {
	return [2]float64{float64(f.Numerator), float64(f.Denominator)}
}

func TestSeries(t *testing.T) {
	r := hours(t)
	points, err := r.Series(t.Context(), period, metrics.SeriesFilter{Filter: metrics.Filter{Site: "museum"}, Step: metrics.Hourly})
	require.NoError(t, err)
	require.Len(t, points, 2)
	assert.Equal(t, start, points[0].At)
	assert.Equal(t, start.Add(time.Hour), points[1].At)
	assert.Equal(t, [2]float64{1, 2}, share(points[0].FalsePositive), "h2 was blocked")
	assert.Equal(t, [2]float64{0, 2}, share(points[0].Challenged))
	assert.Equal(t, [2]float64{1, 2}, share(points[0].Miss), "s1 kept a ticket")
	assert.Equal(t, [2]float64{1, 1}, share(points[1].FalsePositive), "h3's place was withdrawn; h1 only looked")
	assert.Equal(t, [2]float64{1, 1}, share(points[1].Challenged))
	assert.Equal(t, [2]float64{0, 1}, share(points[1].Miss))
	assert.Equal(t, [2]float64{2, 2}, share(points[1].Interception), "two pools, two intents")
	assert.False(t, points[0].Miss.Enough, "two accounts are too few")

	days, err := r.Series(t.Context(), period, metrics.SeriesFilter{Filter: metrics.Filter{Site: "museum"}, Step: metrics.Daily})
	require.NoError(t, err)
	require.Len(t, days, 1)
	assert.Equal(t, [2]float64{2, 3}, share(days[0].FalsePositive))
	q, err := r.Quality(t.Context(), period, metrics.Filter{Site: "museum"})
	require.NoError(t, err)
	assert.Equal(t, share(q.FalsePositive), share(days[0].FalsePositive), "one day is the whole")
	assert.Equal(t, share(q.Challenged), share(days[0].Challenged))
	assert.Equal(t, share(q.Miss), share(days[0].Miss))
	assert.Equal(t, share(q.Interception), share(days[0].Interception))

	pools, err := r.Series(t.Context(), period, metrics.SeriesFilter{Filter: metrics.Filter{Site: "museum"}, Step: metrics.Daily, ByPool: true})
	require.NoError(t, err)
	require.Len(t, pools, 2)
	assert.Equal(t, []string{"annex", "hall"}, []string{pools[0].Pool, pools[1].Pool})
	assert.Equal(t, [2]float64{1, 1}, share(pools[0].Interception))

	there, err := r.Series(t.Context(), period, metrics.SeriesFilter{Filter: metrics.Filter{Site: "museum"}, Step: metrics.Daily, Zone: "Asia/Shanghai"})
	require.NoError(t, err)
	assert.Equal(t, start.Add(-8*time.Hour), there[0].At, "the venue's midnight")
}

func TestSeriesRefusals(t *testing.T) {
	r := hours(t)
	long := metrics.Period{From: start, To: start.AddDate(0, 0, 15)}
	for _, f := range []metrics.SeriesFilter{{Step: "week"}, {Step: metrics.Hourly}} {
		_, err := r.Series(t.Context(), long, f)
		require.ErrorIs(t, err, metrics.ErrInvalidSeries)
	}
	backwards := metrics.Period{From: start, To: start}
	_, err := r.Series(t.Context(), backwards, metrics.SeriesFilter{Step: metrics.Daily})
	require.ErrorIs(t, err, metrics.ErrInvalidPeriod)
	_, err = r.Rules(t.Context(), backwards, metrics.Filter{})
	require.ErrorIs(t, err, metrics.ErrInvalidPeriod)
	_, err = r.Challenges(t.Context(), backwards, metrics.Filter{})
	require.ErrorIs(t, err, metrics.ErrInvalidPeriod)
}

func TestRulesAndChallenges(t *testing.T) {
	r := hours(t)
	rules, err := r.Rules(t.Context(), period, metrics.Filter{Site: "museum"})
	require.NoError(t, err)
	require.Len(t, rules, 1, "a challenge is no block")
	assert.Equal(t, "rotation", rules[0].Rule)
	assert.Equal(t, [2]float64{1, 3}, share(rules[0].People))
	assert.Equal(t, [2]float64{1, 2}, share(rules[0].Scalpers))
	assert.EqualValues(t, 1, rules[0].Unlabelled)

	funnel, err := r.Challenges(t.Context(), period, metrics.Filter{Site: "museum"})
	require.NoError(t, err)
	assert.Equal(t, []metrics.Funnel{{Verdict: "human", Shown: 1, Solved: 1}, {Verdict: "scalper", Shown: 1, Abandoned: 1}}, funnel)
}

// BenchmarkSeries reads the same events as a series by hour, the rules and the
// challenges.
func BenchmarkSeries(b *testing.B) {
	reader := busy(b)
	b.Run("hours", func(b *testing.B) {
		for b.Loop() {
			_, err := reader.Series(b.Context(), period, metrics.SeriesFilter{Step: metrics.Hourly})
			require.NoError(b, err)
		}
	})
	b.Run("rules", func(b *testing.B) {
		for b.Loop() {
			_, err := reader.Rules(b.Context(), period, metrics.Filter{})
			require.NoError(b, err)
		}
	})
	b.Run("challenges", func(b *testing.B) {
		for b.Loop() {
			_, err := reader.Challenges(b.Context(), period, metrics.Filter{})
			require.NoError(b, err)
		}
	})
}
