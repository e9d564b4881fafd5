package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestLintKnowsTheRangeOfEveryAggregate(t *testing.T) {
	t.Parallel()
	orders := []ingest.Kind{ingest.KindOrderSubmit}
	features := []Feature{
		{Name: "share", Entity: EntityPool, Window: time.Hour, Aggregate: AggShare, Of: FieldASN},
		{Name: "other", Entity: EntityDevice, Events: orders, Window: time.Hour, Aggregate: AggSinceOther},
		{Name: "age", Entity: EntityDevice, Window: time.Hour, Aggregate: AggAge},
		{Name: "places", Entity: EntityDevice, Window: time.Hour, Aggregate: AggSum, Of: FieldPositions},
		{Name: "crowd", Entity: EntityPool, Window: time.Hour, Aggregate: AggCount, Precision: PrecisionBucketed},
		{Name: "each", Aggregate: AggRatio, Of: "places", Over: "crowd"},
		{Name: "more", Entity: EntityPool, Window: time.Hour, Aggregate: AggChange},
	}
	for when, want := range map[string]FindingKind{
		"share >= 1":                       "",
		"share > 1":                        FindingUnreachable,
		"other > 3600":                     FindingUnreachable,
		"other > 3599":                     "",
		"age > 86400":                      "", // longer than the window: never idle for so long
		"age < 60":                         FindingNoValue,
		"places > 4096":                    "",
		"crowd > 1000000":                  "",
		"each > 500":                       "",
		"each < 0.1":                       FindingNoValue,
		"more > 30 and known(more)":        "",
		"share > 0.5 and share < 0.5":      FindingNeverTrue,
		"known(age) and age >= 0 or true":  FindingAlwaysTrue,
		"crowd > 5000 and crowd < 1000":    FindingNeverTrue,
		"known(share) and share <= 1":      "",
		"each > 3 and places > 3 and more": "refused",
	} {
		p, err := Compile(&Ruleset{Name: "t", Features: features, Rules: []Rule{rule("r", when)}}, Options{})
		if want == "refused" {
			require.Error(t, err, when)
			continue
		}
		require.NoError(t, err, when)
		var got []FindingKind
		for _, f := range linted(t, p) {
			if f.Kind != FindingUnusedFeature && f.Kind != FindingIncomplete {
				got = append(got, f.Kind)
			}
		}
		if want == "" {
			assert.Empty(t, got, when)
		} else {
			assert.Equal(t, []FindingKind{want}, got, when)
		}
	}
	// More than the counters keep is refused where it is exact.
	_, err := Compile(&Ruleset{Name: "t", Features: features, Rules: []Rule{rule("r", "places > 5000")}}, Options{})
	require.ErrorContains(t, err, "places is compared with 5000, but counters keep at most 4096")
}
