package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

// scored is a ruleset whose rules score 30 and 40, with bands from 30 and 70.
func scored(tb testing.TB, change func(*Ruleset)) *Program {
	tb.Helper()
	rs := &Ruleset{
		Name: "test", Features: []Feature{count("reads", EntityAccount), count("books", EntityAccount)},
		Rules: []Rule{
			rule("many_reads", "reads > 5", func(r *Rule) { r.Action, r.Score = ActionScore, 30 }),
			rule("many_books", "books > 5", func(r *Rule) { r.Score = 40 }),
		},
		Bands: []Band{
			{ID: "high", From: 70, On: EntityAccount, Action: ingest.Block, Messages: Messages{EN: "{score}: {rules} {other"}},
			{ID: "low", From: 30, On: EntityAccount, Action: ingest.Flag},
		},
	}
	if change != nil {
		change(rs)
	}
	p, err := Compile(rs, Options{})
	require.NoError(tb, err)
	return p
}

func TestBandsAddUp(t *testing.T) {
	t.Parallel()
	p := scored(t, nil)
	for _, tt := range []struct {
		name   string
		values []float64
		before float64
		want   []string
	}{
		{"nothing", []float64{0, 0}, 0, []string{}},
		{"one weak signal", []float64{6, 0}, 0, []string{"many_reads", "low"}},
		{"one that acts by itself", []float64{0, 6}, 0, []string{"many_books", "low"}},
		{"both", []float64{6, 6}, 0, []string{"many_reads", "many_books", "low", "high"}},
		{"with what was scored before", []float64{6, 0}, 40, []string{"many_reads", "low", "high"}},
		{"before alone", []float64{0, 0}, 30, []string{"low"}},
	} {
		ev := NewEvaluator()
		for range 2 { // the score is for one call
			ev.SetScore(tt.before)
			matches, err := p.Evaluate(ev, testEvent(), tt.values, StageInline, Acting, nil)
			require.NoError(t, err)
			ids := []string{}
			for _, m := range matches {
				ids = append(ids, m.Rule.ID)
				assert.Equal(t, map[string]float64{"low": 30, "high": 70}[m.Rule.ID], m.From)
			}
			assert.Equal(t, tt.want, ids, tt.name)
		}
		matches, err := p.Evaluate(ev, testEvent(), []float64{0, 0}, StageInline, Acting, nil)
		require.NoError(t, err)
		assert.Empty(t, matches)
	}
}

func TestBandWithoutAKeyRests(t *testing.T) {
	t.Parallel()
	p := scored(t, func(rs *Ruleset) { rs.Bands[0].On = EntitySession })
	ev := NewEvaluator()
	ev.SetScore(70)
	matches, err := p.Evaluate(ev, testEvent(), []float64{0, 0}, StageInline, Acting, nil)
	require.NoError(t, err)
	require.Len(t, matches, 1)
	assert.Equal(t, "high", ev.Keyless()[0].ID)
}

func TestExplainBand(t *testing.T) {
	t.Parallel()
	p := scored(t, nil)
	snapshot := ingest.Snapshot{Names: p.Names(), Values: []float64{6, 9}}
	x, err := Explain(p, "high", testEvent(), snapshot)
	require.NoError(t, err)
	assert.Equal(t, Explanation{
		Rule: "high", Ruleset: p.Version(), When: "score >= 70", Action: ingest.Block, Entity: EntityAccount, Key: "a1",
		From: 70, Score: 70, Contributions: []Contribution{{"many_reads", 30}, {"many_books", 40}},
		Messages: Messages{EN: "70: many_reads 30 + many_books 40 {other"},
	}, x)

	e := testEvent()
	e.Decision.Hits = []ingest.Hit{{Rule: "many_reads", Shadow: true}}
	x, err = Explain(p, "high", e, snapshot)
	require.NoError(t, err)
	assert.Equal(t, []Contribution{{"many_books", 40}}, x.Contributions, "an exception had taken the other away")

	_, err = Explain(p, "middle", e, snapshot)
	require.ErrorIs(t, err, ErrUnknownRule)
}

func TestBandCases(t *testing.T) {
	t.Parallel()
	features := map[string]float64{"reads": 6, "books": 6}
	account := map[string]any{"account": "a1"}
	p := scored(t, func(rs *Ruleset) {
		rs.Rules = append(rs.Rules, rule("draft", "reads > 0", func(r *Rule) { r.Mode, r.Score = ModeDraft, 90 }))
		rs.Bands[0].Cases = Cases{
			MustFire: []Case{
				{Name: "right", Kind: ingest.KindStockRead, Event: account, Features: features},
				{Name: "nobody", Kind: ingest.KindStockRead, Features: features},
				{Name: "too little", Kind: ingest.KindStockRead, Event: account, Features: map[string]float64{"reads": 6}},
			},
			MustNotFire: []Case{{Kind: ingest.KindStockRead, Event: account, Features: features}},
		}
	})
	assert.Equal(t, []CaseResult{
		{Rule: "high", Case: "right", MustFire: true, Fired: true},
		{Rule: "high", Case: "nobody", MustFire: true, Detail: "the score is 0 (no rule fired), the band begins at 70"},
		{Rule: "high", Case: "too little", MustFire: true, Detail: "the score is 30 (many_reads 30), the band begins at 70"},
		{Rule: "high", Case: "number 1", Fired: true, Detail: "the score is 70 (many_reads 30 + many_books 40), the band begins at 70"},
	}, RunCases(p))
}

func TestBandsAreOfTheVersion(t *testing.T) {
	t.Parallel()
	a := scored(t, nil)
	b := scored(t, func(rs *Ruleset) { rs.Bands[0].Stage, rs.Bands[0].Mode = StageInline, ModeLive })
	c := scored(t, func(rs *Ruleset) { rs.Bands[0].From = 71 })
	assert.Equal(t, a.Version(), b.Version())
	assert.NotEqual(t, a.Version(), c.Version())
}

func TestRepeatTravelsWithTheMatch(t *testing.T) { //nolint:paralleltest // it counts allocations
	e := testEvent()
	p := compiledRules(t, nil, rule("r", "hour >= 0", func(r *Rule) {
		r.Action, r.TTL = ingest.Block, time.Hour
		r.Repeat = Repeat{Within: 720 * time.Hour, TTL: []time.Duration{24 * time.Hour, 168 * time.Hour}}
	}))
	ev := NewEvaluator()
	var matches []Match
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		matches, _ = p.Evaluate(ev, e, nil, StageInline, Acting, matches[:0])
	}))
	assert.Equal(t, &ingest.Repeat{Within: 2592000, TTL: []int64{86400, 604800}}, matches[0].Repeat)
}
