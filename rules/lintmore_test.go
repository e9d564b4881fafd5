package rules

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

// findings lints and keeps what is of the kind, as "rule: text".
func findings(tb testing.TB, p *Program, kinds ...FindingKind) []string {
	tb.Helper()
	out := []string{}
	for _, f := range linted(tb, p) {
		for _, k := range kinds {
			if f.Kind == k {
				out = append(out, f.String())
			}
		}
	}
	return out
}

func TestLintThresholds(t *testing.T) {
	t.Parallel()
	features := []Feature{
		count("c1m", EntityAccount),
		{Name: "rhythm", Entity: EntityAccount, Window: time.Hour, Aggregate: AggRegularity},
		{Name: "since", Entity: EntityAccount, Window: 10 * time.Minute, Aggregate: AggSinceLast},
	}
	for when, want := range map[string]string{
		"rhythm < 0":                  "rhythm < 0 can only be where it has no value; if that is meant, write not known(rhythm).",
		"c1m > 3 and rhythm < -1":     "rhythm < -1 cannot be: regularity begins at 0, and is -1 where there is nothing to say.",
		"c1m == 2.5":                  "c1m == 2.5 cannot be: count gives whole numbers.",
		"c1m == -2":                   "c1m == -2 cannot be: count begins at 0, and is -1 where there is nothing to say.",
		"since >= 601":                "since >= 601 cannot be: since_last over 10m ends at 600.",
		"since > 600 or c1m > 3":      "since > 600 cannot be: since_last over 10m ends at 600.",
		"900 < since":                 "since > 900 cannot be: since_last over 10m ends at 600.",
		"2 * since >= 1300":           "since >= 650 cannot be: since_last over 10m ends at 600.",
		"since >= 600 and c1m == -1":  "",
		"rhythm == -1 and c1m > 4":    "",
		"c1m >= 4096":                 "",
		"since < 5 and known(since)":  "",
		"not known(rhythm) or c1m==0": "",
	} {
		got := findings(t, compiledRules(t, features, rule("r", when)), FindingUnreachable)
		if want == "" {
			assert.Empty(t, got, when)
		} else {
			assert.Equal(t, []string{"r: " + want}, got, when)
		}
	}
}

func TestLintKnowsWhatFieldsCanBe(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]FindingKind{
		"hour > 23":                                 FindingNeverTrue,
		"weekday >= 1":                              FindingAlwaysTrue,
		"weekday == 0":                              FindingNeverTrue,
		"minute < 60":                               FindingAlwaysTrue,
		`not has_account and account == "a"`:        FindingNeverTrue,
		`has_account or account == ""`:              FindingAlwaysTrue,
		"documents < 0":                             FindingNeverTrue,
		"days_ahead == -1 or days_ahead > 3":        "",
		"device_age_seconds < 0":                    "",
		"second < 0.5 and minute == 0 and hour > 7": "",
	} {
		got := map[FindingKind]bool{}
		for _, f := range linted(t, compiledRules(t, nil, rule("r", when))) {
			got[f.Kind] = true
		}
		delete(got, FindingIncomplete)
		if want == "" {
			assert.Empty(t, got, when)
		} else {
			assert.Equal(t, map[FindingKind]bool{want: true}, got, when)
		}
	}
	for when, want := range map[string]FindingKind{
		"accepted and status == 404":                     FindingNeverTrue,
		"accepted and status != 429":                     "",
		`accepted and disposition == "refused"`:          FindingNeverTrue,
		`accepted or disposition in ["failed", "", "x"]`: "",
	} {
		got := findings(t, compiledRules(t, nil, rule("r", when, func(r *Rule) { r.Stage = StageAsync })), FindingNeverTrue, FindingAlwaysTrue)
		assert.Len(t, got, map[bool]int{true: 1}[want != ""], when)
	}
}

func TestLintBoundaries(t *testing.T) {
	t.Parallel()
	features := []Feature{
		count("reads", EntityAccount), count("books", EntityAccount),
		{Name: "pace", Entity: EntityAccount, Window: time.Hour, Aggregate: AggRegularity},
	}
	reads := func(values ...float64) []Case {
		var out []Case
		for _, v := range values {
			out = append(out, Case{Kind: ingest.KindStockRead, Event: map[string]any{"account": "a"}, Features: map[string]float64{"reads": v, "pace": 0.3}})
		}
		return out
	}
	tests := []struct {
		name, when string
		fire, rest []Case
		want       []string
	}{
		{"both sides are held", "reads > 10", reads(11), reads(10), nil},
		{"at least", "reads >= 10", reads(10, 50), reads(9, 0), nil},
		{"mirrored", "10 < reads", reads(11), reads(10), nil},
		{"no case inside", "reads > 10", reads(12), reads(10), []string{"reads > 10 were a little different; add one that must fire at reads 11."}},
		{"no case outside", "reads > 10", reads(11), reads(9), []string{"reads > 10 were a little different; add one that must not at reads 10."}},
		{"neither", "reads > 10", reads(500), reads(1), []string{"reads > 10 were a little different; add one that must fire at reads 11 and one that must not at reads 10."}},
		{"a case that comes out wrong holds nothing", "reads > 10", reads(10, 12), reads(11, 10), []string{"reads > 10 were a little different; add one that must fire at reads 11."}},
		{"not by a hair", "known(pace) and pace < 0.3 or reads > 10", reads(11), reads(10), nil},
		{"a part of it", "reads - documents > 10", reads(11), reads(10), nil},
		{"asks only for a value", "reads >= 0 and pace > -1", reads(1), reads(-1), nil},
		{"no effect", "reads > 10 and reads > 5", reads(11), reads(10), nil},
		{"no cases at all", "reads > 10", nil, nil, nil},
		{"texts and equality have no boundary", `reads == 3 and country != "CN"`, reads(3), reads(4), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := compiledRules(t, features, rule("r", tt.when, func(r *Rule) { r.Cases = Cases{MustFire: tt.fire, MustNotFire: tt.rest} }))
			want := []string{}
			for _, w := range tt.want {
				want = append(want, "r: no case would notice if "+w)
			}
			assert.Equal(t, want, findings(t, p, FindingBoundary))
		})
	}
}

// TestSuggestedCasesSettleTheFinding adds what lint asks for and lints again.
func TestSuggestedCasesSettleTheFinding(t *testing.T) {
	t.Parallel()
	features := []Feature{
		count("reads", EntityAccount), count("books", EntityAccount),
		{Name: "pace", Entity: EntityAccount, Window: time.Hour, Aggregate: AggRegularity},
	}
	r := rule("r", "max(reads, books) > 10 and known(pace) and pace < 0.4 and (books - documents >= 3 or positions > 5 or device_age_seconds < 10)",
		func(r *Rule) {
			r.Cases = Cases{
				MustFire: []Case{{
					Kind: ingest.KindOrderSubmit, Event: map[string]any{"account": "a", "documents": 2.0, "device_age_seconds": 90.0},
					Features: map[string]float64{"reads": 3, "books": 40, "pace": 0.1},
				}},
				MustNotFire: []Case{{Kind: ingest.KindOrderSubmit, Event: map[string]any{"account": "a"}}},
			}
		})
	for round := range 4 {
		p := compiledRules(t, features, r)
		for _, c := range RunCases(p) {
			require.True(t, c.OK(), "%+v", c)
		}
		left := 0
		for _, f := range linted(t, p) {
			if f.Kind == FindingBoundary {
				left++
				r.Cases.MustFire = append(r.Cases.MustFire, f.Cases.MustFire...)
				r.Cases.MustNotFire = append(r.Cases.MustNotFire, f.Cases.MustNotFire...)
			}
		}
		if left == 0 {
			require.Positive(t, round)
			text, err := r.Cases.YAML()
			require.NoError(t, err)
			again, err := Decode("c", []byte("name: x\nrules:\n  - id: r\n    cases:\n      "+strings.ReplaceAll(text, "\n", "\n      ")))
			require.NoError(t, err)
			assert.Equal(t, r.Cases, again.Rules[0].Cases, "they can be pasted into a ruleset")
			return
		}
	}
	t.Fatal("the suggestions do not settle the findings")
}

func TestLintBands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Ruleset)
		want   []string
	}{
		{"sound", func(*Ruleset) {}, []string{}},
		{"out of reach", func(rs *Ruleset) { rs.Bands[0].From = 71 }, []string{"high: the band begins at 71, and the rules that count for it score 70 together at most."}},
		{
			"out of reach while a rule is in shadow", func(rs *Ruleset) { rs.Rules[0].Mode = ModeShadow },
			[]string{
				"high: the band begins at 70, and the rules that count for it score 40 together at most.",
				"low: whatever reaches it, a rule does at least as much to the same account: the others score 0 together at most.",
			},
		},
		{"in shadow, a shadow rule counts", func(rs *Ruleset) {
			rs.Rules[0].Mode, rs.Bands[0].Mode, rs.Bands[1].Mode = ModeShadow, ModeShadow, ModeShadow
		}, []string{}},
		{"out of reach for its kinds", func(rs *Ruleset) {
			rs.Bands[0].Events, rs.Rules[0].Events = []ingest.Kind{ingest.KindOrderSubmit}, []ingest.Kind{ingest.KindStockRead}
		}, []string{"high: the band begins at 70, and the rules that count for it score 40 together at most."}},
		{"asynchronous rules come too late", func(rs *Ruleset) { rs.Rules[0].Stage = StageAsync }, []string{
			"high: the band begins at 70, and the rules that count for it score 40 together at most.",
			"low: whatever reaches it, a rule does at least as much to the same account: the others score 0 together at most.",
			"many_reads: no band looks at its score, and it does nothing else.",
		}},
		{"asynchronous bands see both", func(rs *Ruleset) { rs.Bands[0].Stage, rs.Bands[1].Stage = StageAsync, StageAsync }, []string{}},
		{"no band", func(rs *Ruleset) { rs.Bands = nil }, []string{"many_reads: no band looks at its score, and it does nothing else."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, findings(t, scored(t, tt.change), FindingUnreachable, FindingHidden, FindingNoBand))
		})
	}
	assert.Equal(t, []string{
		"high: it lacks an owner, cases that must and must not fire, messages in zh and en, a reason class.",
		"low: it lacks an owner, cases that must and must not fire, messages in zh and en.",
	}, findings(t, scored(t, nil), FindingIncomplete)[2:])
}

func TestHiddenRuleMayStillScore(t *testing.T) {
	t.Parallel()
	p := scored(t, func(rs *Ruleset) {
		rs.Rules = append(rs.Rules, rule("more_books", "books > 9", func(r *Rule) { r.Score = 10 }))
	})
	assert.Equal(t, []string{
		"more_books: whenever it fires, many_books fires too and does at least as much to the same account; if only its score is wanted, write action: score.",
	}, findings(t, p, FindingHidden))
}

func TestFindingKinds(t *testing.T) {
	t.Parallel()
	for _, k := range FindingKinds() {
		assert.True(t, k.Valid())
	}
	assert.False(t, FindingKind("odd").Valid())
	assert.True(t, FindingBoundary.Advice())
	assert.False(t, FindingHidden.Advice())
}

// crowd is a ruleset of n rules that read the same features, so that any of
// them might hide any other.
func crowd(tb testing.TB, n int) *Program {
	tb.Helper()
	features := []Feature{count("a", EntityAccount), count("b", EntityDevice), count("c", EntityIP), count("d", EntityAccount)}
	features[3].Window = time.Hour
	var list []Rule
	for i := range n {
		// Every rule has one threshold that no other one undercuts.
		list = append(list, rule(fmt.Sprintf("r%d", i), fmt.Sprintf("a > %d and b > %d and c > 5 and (d > 40 or d <= 3) and documents < 9", 10+i, 10+n-i)))
	}
	return compiledRules(tb, features, list...)
}

func TestLintEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	began := time.Now()
	p := crowd(t, 300)
	_, err := Lint(ctx, p, LintOptions{Progress: func(done, all int) {
		assert.LessOrEqual(t, done, all)
		if told++; told == 1 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Less(t, time.Since(began), 30*time.Second)
	for _, f := range linted(t, p) {
		assert.Contains(t, []FindingKind{FindingIncomplete}, f.Kind, f.String())
	}
}

func BenchmarkLint(b *testing.B) {
	for _, n := range []int{100, 1000} {
		p := crowd(b, n)
		p.everything()
		b.Run(fmt.Sprintf("%d_rules", n), func(b *testing.B) {
			for b.Loop() {
				linted(b, p)
			}
		})
	}
}
