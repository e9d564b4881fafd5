package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// maxRegularity is the largest coefficient of variation that the intervals
// between RegularityEvents events can have: all but one of them zero.
func maxRegularity() float64 { return math.Sqrt(RegularityEvents - 1) }

// unbounded stands for the largest value of features that have none: ages and
// the latencies of a month are far below it.
const unbounded = 1e12

// reach is the largest value that a feature can have; the least is 0.
func reach(f *Feature, limit int) float64 {
	switch f.Aggregate {
	case AggRegularity:
		return maxRegularity()
	case AggSinceFirst, AggSinceLast, AggSinceOther:
		return f.Window.Seconds()
	case AggShare:
		return 1
	case AggSum, AggAge, AggRatio, AggChange:
		return unbounded
	default:
		if f.Bucketed() {
			return unbounded
		}
		return float64(limit)
	}
}

// collectTexts finds the literals that text fields meet, and reports whether
// there is a pattern among them.
func collectTexts(tree ast.Node, texts map[string][]any) (opaque bool) {
	walk(tree, func(n ast.Node) {
		b, ok := n.(*ast.BinaryNode)
		if !ok {
			return
		}
		opaque = opaque || b.Operator == "matches"
		var names, literals []string
		walk(b, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.IdentifierNode:
				names = append(names, n.Value)
			case *ast.StringNode:
				literals = append(literals, n.Value)
			}
		})
		if len(names) != 1 {
			return
		}
		for _, s := range literals {
			if !slices.Contains(texts[names[0]], any(s)) {
				texts[names[0]] = append(texts[names[0]], s, "x"+s+"x")
			}
		}
	})
	return opaque
}

// seriesOf names what a feature counts, apart from the window.
func seriesOf(f *Feature) string {
	kinds := slices.Sorted(slices.Values(f.Events))
	return fmt.Sprint(f.Entity, kinds, strings.TrimSpace(f.Where), f.Aggregate, f.Of, f.Stage, f.Bucketed())
}
