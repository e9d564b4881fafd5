package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"fairgate/ingest"
)

// slack is by how much of itself a threshold that is not a whole number is
// moved to see whether a case notices.
const slack = 0.25

// threshold is one comparison of numbers in a condition.
type threshold struct {
	node  *ast.BinaryNode
	names []string // features and fields in it
	edge  float64  // the constant that the first name is compared with
	step  float64  // 1 where everything in it is a whole number
	right float64  // by how much its right side grows to make it stricter
}

// lintBoundaries moves every threshold of the rule, one at a time, and looks
// whether a case comes out differently: one that must fire where the threshold
// is stricter, one that must not fire where it is looser. Where none does, the
// threshold could be mistyped and nobody would notice. A rule without cases is
// said to be incomplete, and a threshold that no case could tell is left alone.
func (b *workbench) lintBoundaries(t *trial) []Finding {
	cases := t.rule.Cases
	if len(cases.MustFire) == 0 || len(cases.MustNotFire) == 0 || b.ended() {
		return nil
	}
	fire, rest := b.vectors(t, cases.MustFire, true), b.vectors(t, cases.MustNotFire, false)
	var out []Finding
	for _, x := range b.thresholds(t) {
		stricter, looser := b.moved(t, x, x.right), b.moved(t, x, -x.right)
		var wanted []string
		var suggested Cases
		if !slices.ContainsFunc(fire, func(v vectors) bool { return !b.holds(stricter, v) }) {
			if c, ok := b.suggest(x, fire, t.when, stricter); ok {
				suggested.MustFire = append(suggested.MustFire, c.named("just inside ", x))
				wanted = append(wanted, "one that must fire at "+c.at())
			}
		}
		if !slices.ContainsFunc(rest, func(v vectors) bool { return b.holds(looser, v) }) {
			if c, ok := b.suggest(x, fire, looser, t.when); ok {
				suggested.MustNotFire = append(suggested.MustNotFire, c.named("just outside ", x))
				wanted = append(wanted, "one that must not at "+c.at())
			}
		}
		if len(wanted) > 0 {
			out = append(out, Finding{Kind: FindingBoundary, Rule: t.rule.ID, Cases: suggested, Text: fmt.Sprintf(
				"no case would notice if %s were a little different; add %s.", x.node.String(), strings.Join(wanted, " and "))})
		}
	}
	return out
}

// vectors is a case as the linter's vectors.
type vectors struct {
	example Case
	values  []float64
	texts   []string
}

// vectors reads the cases that come out as they must.
func (b *workbench) vectors(t *trial, cases []Case, must bool) []vectors {
	ev := NewEvaluator()
	var out []vectors
	for _, c := range cases {
		v := vectors{example: c, values: make([]float64, len(b.ev.values)), texts: make([]string, len(b.ev.texts))}
		for i := range b.all.ruleset.Features {
			v.values[i] = NoValue
			if value, ok := c.Features[b.all.ruleset.Features[i].Name]; ok {
				v.values[i] = value
			}
		}
		ev.load(b.all, caseEvent(c, b.all.loc), nil)
		for i, f := range Fields() {
			switch f.Type {
			case TypeText:
				v.texts[i] = f.text(ev)
			case TypeNumber:
				v.values[b.slotOf(i)] = f.number(ev)
			case TypeBool:
				if f.truth(ev) {
					v.values[b.slotOf(i)] = 1
				}
			}
		}
		if meet(t.rule.Events, []ingest.Kind{c.Kind}) && b.holds(t.when, v) == must {
			out = append(out, v)
		}
	}
	return out
}

func (b *workbench) holds(when truth, v vectors) bool {
	copy(b.ev.values, v.values)
	copy(b.ev.texts, v.texts)
	return when(b.ev)
}

// moved is the condition with one comparison's right side by more.
func (b *workbench) moved(t *trial, x threshold, by float64) truth {
	when, err := (&builder{vocabulary: b.words, slot: func(i int) int { return i }, moved: x.node, by: by}).condition(t.tree)
	if err != nil {
		return t.when // it compiled before
	}
	return when
}

// thresholds lists the comparisons of numbers that have a boundary. Those that
// only ask whether there is a value have none.
func (b *workbench) thresholds(t *trial) []threshold {
	var out []threshold
	walk(t.tree, func(n ast.Node) {
		node, ok := n.(*ast.BinaryNode)
		if !ok {
			return
		}
		x := threshold{node: node, right: 1}
		switch node.Operator {
		case ">", ">=":
		case "<", "<=":
			x.right = -1
		default:
			return
		}
		bounds := b.words.bounds(node)
		if len(bounds) == 0 || asksForValue(bounds) {
			return
		}
		for _, y := range bounds {
			x.names = append(x.names, y.name)
		}
		slices.Sort(x.names)
		x.edge, x.step = bounds[0].constant, 1
		if !b.whole(node) {
			x.step = math.Abs(largest(node)) * slack
		}
		if x.right *= x.step; x.step > 0 {
			out = append(out, x)
		}
	})
	return out
}

// asksForValue reports a comparison that is known(x) or its opposite.
func asksForValue(bounds []bound) bool {
	x := bounds[0]
	switch x.op {
	case ">=", "<":
		return len(bounds) == 1 && x.constant <= 0 && x.constant > NoValue
	case ">", "<=":
		return len(bounds) == 1 && x.constant < 0 && x.constant >= NoValue
	default:
		return false
	}
}

// whole reports that both sides can only be whole numbers.
func (b *workbench) whole(root ast.Node) bool {
	whole := true
	walk(root, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.FloatNode:
			whole = whole && n.Value == math.Trunc(n.Value)
		case *ast.BinaryNode:
			whole = whole && n.Operator != "/"
		case *ast.IdentifierNode:
			if i, ok := b.words.features[n.Value]; ok {
				whole = whole && wholeFeature(&b.all.ruleset.Features[i])
			} else if _, _, _, is := fieldRange(n.Value); b.words.fields[n.Value] != nil {
				whole = whole && is
			}
		}
	})
	return whole
}

// wholeFeature reports that a feature's values are whole numbers.
func wholeFeature(f *Feature) bool {
	return f.Aggregate.counts() && (f.Aggregate != AggSum || f.Of != FieldLatency)
}

// largest is the largest literal of a comparison.
func largest(root ast.Node) float64 {
	most := 0.0
	walk(root, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.IntegerNode:
			most = max(most, math.Abs(float64(n.Value)))
		case *ast.FloatNode:
			most = max(most, math.Abs(n.Value))
		}
	})
	return most
}

// suggestion is a case with one value changed.
type suggestion struct {
	example Case
	name    string
	value   float64
	field   bool
}

// suggest looks for a case in which holds is true and fails is not, by moving
// what the threshold compares in one of the known cases.
func (b *workbench) suggest(x threshold, known []vectors, holds, fails truth) (suggestion, bool) {
	for _, v := range known {
		for _, name := range x.names {
			slot, field := b.place(name)
			was := v.values[slot]
			for _, value := range b.near(x, name, v) {
				v.values[slot] = value
				if b.holds(holds, v) && !b.holds(fails, v) {
					v.values[slot] = was
					return suggestion{example: v.example, name: name, value: value, field: field}, true
				}
			}
			v.values[slot] = was
		}
	}
	return suggestion{}, false
}

// place is where a name stands among the numbers, and whether it is a field.
func (b *workbench) place(name string) (slot int, field bool) {
	if i, ok := b.words.features[name]; ok {
		return i, false
	}
	return b.slotOf(slices.IndexFunc(b.fields, func(f EventField) bool { return f.Name == name })), true
}

// near lists values of a name around the place where the comparison changes,
// the other names as they are in the case.
func (b *workbench) near(x threshold, name string, v vectors) []float64 {
	edge := x.edge
	l, lok := b.words.linear(x.node.Left)
	r, rok := b.words.linear(x.node.Right)
	if l.add(r, -1); lok && rok && l.factors[name] != 0 {
		rest := l.shift
		for other, factor := range l.factors {
			if place, _ := b.place(other); other != name {
				rest += factor * v.values[place]
			}
		}
		edge = -rest / l.factors[name]
	}
	low, high := 0.0, 0.0
	if i, ok := b.words.features[name]; ok {
		high = reach(&b.all.ruleset.Features[i], b.all.options.Limit)
	} else {
		low, high, _, _ = fieldRange(name)
	}
	var out []float64
	for _, by := range []float64{0, 1, -1, 0.5, -0.5} {
		if value := round(edge + by*x.step); value >= low && value <= high {
			out = append(out, value)
		}
	}
	return out
}

// round keeps six digits, so that a suggestion reads well.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// at says where the suggestion lies.
func (s suggestion) at() string { return fmt.Sprintf("%s %v", s.name, s.value) }

// named is the suggestion as a case.
func (s suggestion) named(prefix string, x threshold) Case {
	c := s.example
	c.Name = prefix + x.node.String()
	if s.field {
		if c.Event = maps.Clone(c.Event); c.Event == nil {
			c.Event = map[string]any{}
		}
		c.Event[s.name] = s.value
		return c
	}
	if c.Features = maps.Clone(c.Features); c.Features == nil {
		c.Features = map[string]float64{}
	}
	c.Features[s.name] = s.value
	return c
}
