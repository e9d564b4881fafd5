package rules

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"fairgate/ingest"
)

// maxSamples is how many situations lint looks at for one rule.
const maxSamples = 20_000

// maxRegularity is the largest coefficient of variation that the intervals
// between RegularityEvents events can have: all but one of them zero.
func maxRegularity() float64 { return math.Sqrt(RegularityEvents - 1) }

// variable is a feature or field with the values worth trying.
type variable struct {
	name   string
	slot   int         // of a feature, otherwise -1
	field  *EventField // of a field, otherwise nil
	values []any       // float64, string or bool
}

// situation is one assignment of values to what a rule reads.
type situation struct {
	event  ingest.Event
	values []float64
}

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

// space is everything that lint tries for one rule.
type space struct {
	program   *Program
	variables []variable
	complete  bool // every combination is tried
	opaque    bool // a pattern is involved, for which no texts can be made up
}

// newSpace finds the boundary values of what the rules read: around every
// constant, between neighbouring constants, and at the ends of the range.
func (p *Program) newSpace(rules ...*compiled) *space {
	s := &space{program: p}
	constants := map[string][]float64{}
	texts := map[string][]any{}
	var slots []int
	var fields []string
	for _, c := range rules {
		for _, b := range c.bounds {
			constants[b.name] = append(constants[b.name], b.constant)
		}
		s.opaque = collectTexts(c.tree, texts) || s.opaque
		slots, fields = append(slots, c.reads...), append(fields, c.fields...)
	}
	slices.Sort(slots)
	for _, slot := range slices.Compact(slots) {
		f := &p.features[slot]
		s.variables = append(s.variables, variable{
			name: f.Name, slot: slot, values: around(constants[f.Name], reach(f, p.options.Limit), f.Aggregate.counts(), NoValue),
		})
	}
	for _, f := range Fields() {
		if slices.Contains(fields, f.Name) {
			s.variables = append(s.variables, variable{
				name: f.Name, slot: -1, field: &f, values: fieldValues(&f, constants[f.Name], texts[f.Name], rules[0].rule),
			})
		}
	}
	size := 1
	for _, v := range s.variables {
		size = min(size*len(v.values), maxSamples+1)
	}
	s.complete = size <= maxSamples
	return s
}

func fieldValues(f *EventField, constants []float64, texts []any, r *Rule) []any {
	switch {
	case f.Name == "kind":
		kinds := r.Events
		if len(kinds) == 0 {
			kinds = ingest.Kinds()
		}
		out := make([]any, len(kinds))
		for i, k := range kinds {
			out[i] = string(k)
		}
		return out
	case f.Type == TypeBool:
		return []any{false, true}
	case f.Type == TypeText:
		return append(texts, "", "something else")
	default:
		return around(constants, math.MaxInt32, false, 0)
	}
}

// around lists the values at which a comparison with one of the constants can
// change, from 0 to high, and nothing.
func around(constants []float64, high float64, whole bool, nothing float64) []any {
	list := []float64{nothing, 0, high}
	slices.Sort(constants)
	for i, c := range constants {
		list = append(list, c-1, c, c+1)
		if i > 0 {
			list = append(list, (constants[i-1]+c)/2)
		}
		if !whole {
			list = append(list, c-c/1000, c+c/1000, c/2)
		}
	}
	out := []any{}
	slices.Sort(list)
	for _, v := range slices.Compact(list) {
		if whole {
			v = math.Round(v)
		}
		if (v >= 0 && v <= high) || v == nothing {
			if !slices.Contains(out, any(v)) {
				out = append(out, v)
			}
		}
	}
	return out
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

// try visits situations until visit returns false: all combinations where
// there are few enough, otherwise a sample that is the same every time.
func (s *space) try(visit func(*situation) bool) {
	pick := make([]int, len(s.variables))
	if !s.complete {
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable sample, no secret
		for range maxSamples {
			for i, v := range s.variables {
				pick[i] = random.IntN(len(v.values))
			}
			if !s.visit(pick, visit) {
				return
			}
		}
		return
	}
	for {
		if !s.visit(pick, visit) {
			return
		}
		i := 0
		for ; i < len(pick); i++ {
			if pick[i]++; pick[i] < len(s.variables[i].values) {
				break
			}
			pick[i] = 0
		}
		if i == len(pick) {
			return
		}
	}
}

func (s *space) visit(pick []int, visit func(*situation) bool) bool {
	now := &situation{event: *caseEvent(Case{}, s.program.loc), values: s.program.noValues()}
	for i, v := range s.variables {
		if v.field != nil {
			v.field.set(&now.event, v.values[pick[i]], s.program.loc)
		} else {
			now.values[v.slot], _ = v.values[pick[i]].(float64)
		}
	}
	return !s.possible(now) || visit(now)
}

// possible rejects what cannot be: a longer window over the same events that
// counts fewer of them.
func (s *space) possible(now *situation) bool {
	for i, a := range s.variables {
		for _, b := range s.variables[:i] {
			if a.slot < 0 || b.slot < 0 {
				continue
			}
			x, y := &s.program.features[a.slot], &s.program.features[b.slot]
			if !x.Aggregate.counts() || seriesOf(x) != seriesOf(y) {
				continue
			}
			if c := cmp.Compare(x.Window, y.Window); c != 0 && cmp.Compare(now.values[a.slot], now.values[b.slot]) == -c {
				return false
			}
		}
	}
	return true
}

// seriesOf names what a feature counts, apart from the window.
func seriesOf(f *Feature) string {
	kinds := slices.Sorted(slices.Values(f.Events))
	return fmt.Sprint(f.Entity, kinds, strings.TrimSpace(f.Where), f.Aggregate, f.Of, f.Stage, f.Bucketed())
}

func (s *space) holds(c *compiled, now *situation) bool {
	ev := Evaluator{}
	ev.load(s.program, &now.event, now.values)
	return c.when(&ev)
}
