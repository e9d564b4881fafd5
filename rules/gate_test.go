package rules

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGatesOfAConjunction(t *testing.T) {
	t.Parallel()
	features := []Feature{count("fa", EntityAccount), count("fb", EntityAccount), count("fc", EntityAccount)}
	above, below := func(c float64) float64 { return math.Nextafter(c, math.Inf(1)) }, func(c float64) float64 { return math.Nextafter(c, math.Inf(-1)) }
	for source, want := range map[string][]gate{
		"fa > 3":                             {{slot: 0, low: above(3), top: math.Inf(1)}},
		"3 < fa and hour > 2":                {{slot: 0, low: above(3), top: math.Inf(1)}},
		"fa >= 3 && fa < 7 and (fb <= 2)":    {{slot: 0, low: 3, top: below(7)}, {slot: 1, low: math.Inf(-1), top: 2}},
		"fc == 2 and fc > 5":                 {{slot: 2, low: above(5), top: 2}}, // never
		"fa > -1 and not (fb > 2)":           {{slot: 0, low: above(-1), top: math.Inf(1)}},
		"fa > 3 or fb > 3":                   nil,
		"fa != 3 and fa > fb and fa + 1 > 2": nil,
		"has_account and fa in [1, 2]":       nil,
	} {
		v := newVocabulary(features, true)
		tree, err := v.check(source)
		require.NoError(t, err, source)
		assert.Equal(t, want, (&builder{vocabulary: v, slot: func(i int) int { return i }}).gates(tree), source)
	}
}

// TestGatesKeepNobodyOutWhoFires holds a program with gates against its own
// rules evaluated whole, for rules of every kind and values at the thresholds.
func TestGatesKeepNobodyOutWhoFires(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	features := []Feature{count("fa", EntityAccount), count("fb", EntityAccount), count("fc", EntityAccount)}
	var list []Rule
	for i := range 300 {
		var parts []string
		for range 1 + random.IntN(4) {
			parts = append(parts, []string{
				fmt.Sprintf("f%c %s %d", 'a'+random.IntN(3), []string{"<", "<=", ">", ">=", "==", "!="}[random.IntN(6)], random.IntN(5)),
				fmt.Sprintf("%d %s f%c", random.IntN(5), []string{"<", "<=", ">", ">="}[random.IntN(4)], 'a'+random.IntN(3)),
				"has_account", "(fa > 1 or fb > 2)", "not (fc == 2)", "fa < fb",
			}[random.IntN(6)])
		}
		list = append(list, rule(fmt.Sprint("r", i), strings.Join(parts, []string{" and ", " && ", " or "}[random.IntN(3)])))
	}
	p, err := Compile(&Ruleset{Name: "gates", Features: features, Rules: list}, Options{})
	require.NoError(t, err)
	require.Len(t, p.Features(), 3)
	e, ev, plain := testEvent(), NewEvaluator(), NewEvaluator()
	fired := 0
	for range 200 {
		values := []float64{float64(random.IntN(7) - 1), float64(random.IntN(7) - 1), float64(random.IntN(7) - 1)}
		var want, got []string
		plain.load(p, e, values)
		for i := range p.ruleset.Rules {
			if c := p.rules[p.ruleset.Rules[i].ID]; c.when(plain) {
				want = append(want, c.rule.ID)
			}
		}
		matches, err := p.Evaluate(ev, e, values, StageInline, Acting, nil)
		require.NoError(t, err)
		for _, m := range matches {
			got = append(got, m.Rule.ID)
		}
		require.Equal(t, want, got, "%v", values)
		fired += len(got)
	}
	require.Positive(t, fired)
}
