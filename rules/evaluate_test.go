package rules

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func testEvent() *ingest.Event {
	return &ingest.Event{
		ID: "e1", Time: time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC), Kind: ingest.KindOrderSubmit,
		Subject: ingest.Subject{Account: "a1", Device: "d1", Documents: []string{"x", "y"}},
		Client:  ingest.Client{IP: netip.MustParseAddr("192.0.2.7"), UserAgent: "Mozilla/5.0"},
		Order:   ingest.Order{Pool: "p1", Day: "2026-07-08", Positions: 2},
	}
}

func compiledRules(tb testing.TB, features []Feature, list ...Rule) *Program {
	tb.Helper()
	p, err := Compile(&Ruleset{Name: "test", Features: features, Rules: list}, Options{})
	require.NoError(tb, err)
	return p
}

func count(name string, entity Entity) Feature {
	return Feature{Name: name, Entity: entity, Window: time.Minute, Aggregate: AggCount}
}

func rule(id, when string, change ...func(*Rule)) Rule {
	r := Rule{ID: id, When: when, On: EntityAccount, Action: ingest.Challenge}
	for _, c := range change {
		c(&r)
	}
	return r
}

func fired(t *testing.T, p *Program, e *ingest.Event, values []float64, which Which) []string {
	t.Helper()
	matches, err := p.Evaluate(NewEvaluator(), e, values, StageInline, which, nil)
	require.NoError(t, err)
	ids := []string{}
	for _, m := range matches {
		ids = append(ids, m.Rule.ID)
	}
	return ids
}

// What is only told afterwards nobody screens, whatever a rule says of kinds.
func TestInlineRulesNeverMeetWhatIsOnlyTold(t *testing.T) {
	t.Parallel()
	p, err := Compile(&Ruleset{
		Name: "test", Features: []Feature{count("reads", EntityAccount)},
		Rules: []Rule{rule("inline", "reads > 0"), rule("shadow", "reads > 0", func(r *Rule) { r.Mode = ModeShadow }), rule("async", "reads > 0", func(r *Rule) { r.Stage = StageAsync })},
	}, Options{})
	require.NoError(t, err)
	for _, k := range append(ingest.Kinds(), "shop.visit") {
		e := &ingest.Event{Kind: k, Subject: ingest.Subject{Account: "a"}}
		if k.Told() {
			assert.Empty(t, fired(t, p, e, []float64{1}, Acting), k)
			assert.Empty(t, fired(t, p, e, []float64{1}, Shadow), k)
			assert.Empty(t, p.Reads(StageInline, k))
		} else {
			assert.Equal(t, []string{"inline"}, fired(t, p, e, []float64{1}, Acting), k)
			assert.Equal(t, []string{"shadow"}, fired(t, p, e, []float64{1}, Shadow), k)
		}
		matches, err := p.Evaluate(NewEvaluator(), e, []float64{1}, StageAsync, Acting, nil)
		require.NoError(t, err)
		assert.Len(t, matches, 1, k)
	}
}

func TestEvaluateExpressions(t *testing.T) {
	t.Parallel()
	features := []Feature{count("reads", EntityAccount), count("other", EntityDevice)}
	tests := []struct {
		when string
		want bool
	}{
		{"reads > 4", true},
		{"reads > 5", false},
		{"5 <= reads and not (other > 0)", true},
		{"other == -1", true},
		{"known(reads) && !known(other)", true},
		{"reads / 2 >= 2.5", true},
		{"max(reads, other) == 5 and min(reads, other) == -1 and abs(other) == 1", true},
		{"(reads > 100 ? reads : other) < 0", true},
		{"reads in [3, 5]", true},
		{"reads not in [3, 5]", false},
		{`kind == "order.submit"`, true},
		{`kind in ["stock.read", "page.read"]`, false},
		{"hour == 8 and minute == 30", true}, // UTC+8
		{"weekday == 3", true},
		{"days_ahead == 7", true},
		{"documents == 2 and positions == 2", true},
		{"device_age_seconds == -1", true},
		{"has_account and has_device and not phone_known", true},
		{`ip == "192.0.2.7"`, true},
		{`user_agent startsWith "Mozilla" and user_agent contains "5" and user_agent endsWith ".0"`, true},
		{`user_agent matches "^Moz.+/[0-9]"`, true},
		{`day >= "2026-07-08" and day < "2026-07-09"`, true},
	}
	for _, tt := range tests {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			p := compiledRules(t, features, rule("r", tt.when), rule("all", "reads > -9 and other > -9"))
			got := fired(t, p, testEvent(), []float64{5, NoValue}, Acting)
			assert.Equal(t, tt.want, got[0] == "r", got)
		})
	}
}

func TestEvaluateSelectsByModeStageAndKind(t *testing.T) {
	t.Parallel()
	mode := func(m Mode) func(*Rule) { return func(r *Rule) { r.Mode = m } }
	p := compiledRules(t, nil,
		rule("live", "true"),
		rule("shadow", "true", mode(ModeShadow)),
		rule("draft", "true", mode(ModeDraft)),
		rule("retired", "true", mode(ModeRetired)),
		rule("async", "true", func(r *Rule) { r.Stage = StageAsync }),
		rule("other_kind", "true", func(r *Rule) { r.Events = []ingest.Kind{ingest.KindStockRead} }),
		rule("this_kind", "true", func(r *Rule) { r.Events = []ingest.Kind{ingest.KindOrderSubmit} }),
	)
	assert.Equal(t, []string{"live", "this_kind"}, fired(t, p, testEvent(), nil, Acting))
	assert.Equal(t, []string{"shadow"}, fired(t, p, testEvent(), nil, Shadow))
	e := testEvent()
	e.Kind = "unheard.of"
	assert.Equal(t, []string{"live"}, fired(t, p, e, nil, Acting))
}

func TestEvaluateNeedsTheKey(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, nil, rule("on_account", "true"), rule("on_device", "true", func(r *Rule) { r.On = EntityDevice }))
	e := testEvent()
	e.Subject.Account, e.Subject.Claimed = "", "a1"
	ev := NewEvaluator()
	matches, err := p.Evaluate(ev, e, nil, StageInline, Acting, nil)
	require.NoError(t, err)
	require.Len(t, matches, 1, "a claimed account is nobody's key")
	assert.Equal(t, "d1", matches[0].Key)
	require.Len(t, ev.Keyless(), 1)
	assert.Equal(t, "on_account", ev.Keyless()[0].ID)
}

func TestEvaluateRefusesForeignValues(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, []Feature{count("reads", EntityAccount)}, rule("r", "reads > 1"))
	_, err := p.Evaluate(NewEvaluator(), testEvent(), []float64{1, 2}, StageInline, Acting, nil)
	require.ErrorIs(t, err, ErrValues)
}

func TestDegradedHoldsForOneEvaluate(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, nil, rule("absent", "not degraded"))
	ev := NewEvaluator()
	for i, set := range []bool{true, false, true} {
		if set {
			ev.SetDegraded(true)
		}
		matches, err := p.Evaluate(ev, testEvent(), nil, StageInline, Acting, nil)
		require.NoError(t, err)
		assert.Equal(t, set, len(matches) == 0, "call %d", i)
	}
	e := testEvent()
	e.Decision.Degraded = true
	assert.Empty(t, fired(t, p, e, nil, Acting))
}

func TestCanaryShareGrowsMonotonically(t *testing.T) {
	t.Parallel()
	shares := []float64{0, 0.01, 0.1, 0.5, 0.9, 1}
	before := map[string]bool{}
	for _, share := range shares {
		p := compiledRules(t, nil, rule("canary", "true", func(r *Rule) { r.Mode, r.Share = ModeCanary, share }))
		acting := 0
		for i := range 10_000 {
			e := testEvent()
			e.Subject.Account = fmt.Sprintf("account-%d", i)
			a, s := len(fired(t, p, e, nil, Acting)), len(fired(t, p, e, nil, Shadow))
			require.Equal(t, 1, a+s, "acts or shadows, never both or neither")
			if before[e.Subject.Account] {
				require.Equal(t, 1, a, "a growing share never drops anybody")
			}
			before[e.Subject.Account] = a == 1
			acting += a
		}
		assert.InDelta(t, share*10_000, acting, 200)
	}
}

func TestWhereAndReads(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, []Feature{
		{Name: "a", Entity: EntityAccount, Events: []ingest.Kind{ingest.KindStockRead}, Window: time.Minute, Aggregate: AggCount},
		{Name: "unused", Entity: EntityAccount, Window: time.Minute, Aggregate: AggCount},
		{Name: "b", Entity: EntityAccount, Where: "positions >= 2", Window: time.Minute, Aggregate: AggCount},
	}, rule("submit", "a + b > 3", func(r *Rule) { r.Events = []ingest.Kind{ingest.KindOrderSubmit} }), rule("any", "b > 1"))
	assert.Equal(t, []string{"a", "b"}, p.Names())
	e := testEvent()
	assert.False(t, p.Where(0, e))
	assert.True(t, p.Where(1, e))
	e.Kind, e.Order.Positions = ingest.KindStockRead, 1
	assert.True(t, p.Where(0, e))
	assert.False(t, p.Where(1, e))
	assert.Equal(t, []int{0, 1}, p.Reads(StageInline, ingest.KindOrderSubmit))
	assert.Equal(t, []int{1}, p.Reads(StageInline, ingest.KindStockRead))
}

func BenchmarkEvaluate(b *testing.B) {
	features := make([]Feature, 20)
	for i := range features {
		features[i] = count(fmt.Sprintf("f%d", i), EntityAccount)
	}
	values := make([]float64, len(features))
	for i := range values {
		values[i] = float64(i)
	}
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			list := make([]Rule, n)
			for i := range list {
				// Four comparisons, three of them true; one rule in fifty fires.
				list[i] = rule(fmt.Sprintf("r%d", i), fmt.Sprintf(
					`f%d >= %d and f%d < 1000 and kind == "order.submit" and f%d > %d`,
					i%20, i%20, (i+7)%20, (i+3)%20, map[bool]int{true: -1, false: 100}[i%50 == 0]))
			}
			p, err := Compile(&Ruleset{Name: "bench", Features: features, Rules: list}, Options{})
			require.NoError(b, err)
			used := make([]float64, len(p.Features()))
			copy(used, values)
			for i, f := range p.Features() {
				_, _ = fmt.Sscanf(f.Name, "f%f", &used[i])
			}
			ev, e := NewEvaluator(), testEvent()
			var out []Match
			out, err = p.Evaluate(ev, e, used, StageInline, Acting, out)
			require.NoError(b, err)
			require.Len(b, out, (n+49)/50)
			b.ReportAllocs()
			for b.Loop() {
				out, _ = p.Evaluate(ev, e, used, StageInline, Acting, out[:0])
			}
		})
	}
}
