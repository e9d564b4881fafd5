package rulesets_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

// TestShippedRulesets compiles every file, runs its examples and its lint.
func TestShippedRulesets(t *testing.T) {
	t.Parallel()
	docs, err := source.NewFiles(rulesets.Files).Load(t.Context())
	require.NoError(t, err)
	for _, doc := range docs {
		t.Run(doc.Name, func(t *testing.T) {
			t.Parallel()
			p, err := rules.Load(doc.Origin, doc.Data, rules.Options{})
			require.NoError(t, err)
			assert.Equal(t, doc.Name, p.Ruleset().Name, "the file is named for the ruleset")
			for _, r := range rules.RunCases(p) {
				assert.True(t, r.OK(), "%s, case %q: %s", r.Rule, r.Case, r.Detail)
			}
			found, err := rules.Lint(t.Context(), p, rules.LintOptions{})
			require.NoError(t, err)
			for _, f := range found {
				assert.Fail(t, "lint", f.String())
			}
		})
	}
	names, err := fs.Glob(rulesets.Files, "*.yaml")
	require.NoError(t, err)
	assert.Contains(t, names, source.DefaultName+".yaml")
}

func museum(tb testing.TB) *rules.Program {
	tb.Helper()
	data, err := fs.ReadFile(rulesets.Files, "museum.yaml")
	require.NoError(tb, err)
	p, err := rules.Load("museum.yaml", data, rules.Options{})
	require.NoError(tb, err)
	return p
}

// TestMuseumCoversTheScenarios holds the ruleset to what it says it covers.
func TestMuseumCoversTheScenarios(t *testing.T) {
	t.Parallel()
	acting, cohorts := map[string]bool{}, map[string]bool{}
	for _, r := range museum(t).Ruleset().Rules {
		for _, s := range r.Scenarios {
			acting[s] = acting[s] || r.Action.Severity() >= ingest.Challenge.Severity()
		}
		for _, c := range r.Cases.MustNotFire {
			name, _, _ := strings.Cut(c.Name, " ")
			cohorts[name] = true
		}
	}
	for _, s := range []string{"S1", "S2", "S3", "S4", "S5", "S7", "S9", "S10", "S11", "S15", "S16"} {
		assert.True(t, acting[s], "%s is answered by a challenge or a block", s)
	}
	for _, h := range []string{"H1", "H2", "H4", "H9"} {
		assert.True(t, cohorts[h], "%s is among the examples that must not fire", h)
	}
}

// TestMuseumIsCheap bounds the series that one event touches on the visitor's
// path: those that screening counts or reads.
func TestMuseumIsCheap(t *testing.T) {
	t.Parallel()
	p := museum(t)
	for kind, most := range map[ingest.Kind]int{ingest.KindStockRead: 9, ingest.KindOrderSubmit: 26, ingest.KindSessionCreate: 6} {
		series := map[string]bool{}
		for i, f := range p.Features() {
			counted := f.Stage == rules.StageInline && (len(f.Events) == 0 || slices.Contains(f.Events, kind))
			if counted || slices.Contains(p.Reads(rules.StageInline, kind), i) {
				series[seriesOf(f)] = true
			}
		}
		assert.LessOrEqual(t, len(series), most, "%s touches %v", kind, series)
	}
}

func seriesOf(f rules.Feature) string {
	events := make([]string, len(f.Events))
	for i, k := range f.Events {
		events[i] = string(k)
	}
	slices.Sort(events)
	return strings.Join([]string{string(f.Entity), strings.Join(events, ","), f.Where, string(f.Of)}, "|")
}

func BenchmarkMuseum(b *testing.B) {
	p := museum(b)
	values := make([]float64, len(p.Features()))
	for i := range values {
		values[i] = 1
	}
	e := &ingest.Event{Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: "a1", Device: "d1"}}
	ev := rules.NewEvaluator()
	var out []rules.Match
	b.ReportAllocs()
	for b.Loop() {
		out, _ = p.Evaluate(ev, e, values, rules.StageInline, rules.Acting, out[:0])
	}
}
