package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestLint(t *testing.T) {
	t.Parallel()
	features := []Feature{
		count("c1m", EntityAccount),
		{Name: "c1h", Entity: EntityAccount, Window: time.Hour, Aggregate: AggCount},
		{Name: "rhythm", Entity: EntityAccount, Window: time.Hour, Aggregate: AggRegularity},
		{Name: "since", Entity: EntityAccount, Window: 10 * time.Minute, Aggregate: AggSinceLast},
	}
	action := func(a ingest.Action) func(*Rule) { return func(r *Rule) { r.Action = a } }
	tests := []struct {
		name  string
		rules []Rule
		want  map[string]FindingKind
	}{
		{"sound", []Rule{rule("a", "c1m > 10"), rule("b", `c1h > 30 and rhythm < 0.2 and known(rhythm)`)}, nil},
		{"never", []Rule{rule("a", "c1m > 10 and c1m < 10")}, map[string]FindingKind{"a": FindingNeverTrue}},
		{"never across windows", []Rule{rule("a", "c1m > 10 and c1h < 5")}, map[string]FindingKind{"a": FindingNeverTrue}},
		{"never between texts", []Rule{rule("a", `country == "CN" and country == "FR"`)}, map[string]FindingKind{"a": FindingNeverTrue}},
		{"never for its kinds", []Rule{rule("a", `kind == "stock.read"`, func(r *Rule) {
			r.Events = []ingest.Kind{ingest.KindOrderSubmit}
		})}, map[string]FindingKind{"a": FindingNeverTrue}},
		{"narrow gap is found", []Rule{rule("a", "rhythm > 0.2 and rhythm < 0.21")}, nil},
		{"pattern is not judged", []Rule{rule("a", `user_agent matches "^curl/[78]"`)}, nil},
		{"always", []Rule{rule("a", "c1m >= -1")}, map[string]FindingKind{"a": FindingAlwaysTrue}},
		{"always by two halves", []Rule{rule("a", "c1m > 5 or c1m <= 5")}, map[string]FindingKind{"a": FindingAlwaysTrue}},
		{"unreachable time", []Rule{rule("a", "since > 900")}, map[string]FindingKind{"a": FindingUnreachable}},
		{"unreachable rhythm", []Rule{rule("a", "rhythm > 5")}, map[string]FindingKind{"a": FindingUnreachable}},
		{"unreachable count", []Rule{rule("a", "c1m > 4096")}, map[string]FindingKind{"a": FindingUnreachable}},
		{"fires without a value", []Rule{rule("a", "c1m > 4 and rhythm < 0.2")}, map[string]FindingKind{"a": FindingNoValue}},
		{"means the missing value", []Rule{rule("a", "c1m > 4 and (rhythm < 0.2 or rhythm == -1)")}, nil},
		{"hidden", []Rule{rule("a", "c1m > 5"), rule("b", "c1m > 10")}, map[string]FindingKind{"b": FindingHidden}},
		{"hidden by the more severe", []Rule{rule("a", "c1m > 10"), rule("b", "c1m > 5", action(ingest.Block))}, map[string]FindingKind{"a": FindingHidden}},
		{"milder does not hide", []Rule{rule("a", "c1m > 5"), rule("b", "c1m > 10", action(ingest.Block))}, nil},
		{"twins", []Rule{rule("a", "c1m > 5"), rule("b", "not (c1m <= 5)")}, map[string]FindingKind{"b": FindingHidden}},
		{"other entity", []Rule{rule("a", "c1m > 5"), rule("b", "c1m > 10", func(r *Rule) { r.On = EntityDevice })}, nil},
		{"other upper end", []Rule{rule("a", "c1m > 5 and c1m != 50"), rule("b", "c1m > 5 and c1m < 100")}, nil},
		{"shadow does not hide", []Rule{rule("a", "c1m > 5", func(r *Rule) { r.Mode = ModeShadow }), rule("b", "c1m > 10")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := map[string]FindingKind{}
			for _, f := range linted(t, compiledRules(t, features, tt.rules...)) {
				if f.Kind != FindingUnusedFeature && f.Kind != FindingIncomplete {
					got[f.Rule] = f.Kind
				}
			}
			if tt.want == nil {
				tt.want = map[string]FindingKind{}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestLintFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, []Feature{count("unused", EntityAccount)}, rule("a", "hour > 3"))
	var got []FindingKind
	for _, f := range linted(t, p) {
		got = append(got, f.Kind)
	}
	assert.Equal(t, []FindingKind{FindingIncomplete, FindingUnusedFeature}, got)
}

// linted is everything that Lint finds.
func linted(tb testing.TB, p *Program) []Finding {
	tb.Helper()
	found, err := Lint(tb.Context(), p, LintOptions{})
	require.NoError(tb, err)
	return found
}
