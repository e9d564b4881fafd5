package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"fairgate/ingest"
)

// Part is one sub-expression of a condition and the value that it has for one
// event. From and To are characters (Unicode code points) of the expression.
type Part struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	Depth int    `json:"depth"` // 0: the whole condition
	Text  string `json:"text"`
	Type  Type   `json:"type"`
	Value string `json:"value"` // "true", a number, or a text
	// Unknown says that it is a feature that has nothing to say (NoValue).
	Unknown bool `json:"unknown,omitempty"`
}

// Trial is how one rule meets one event.
type Trial struct {
	Rule string `json:"rule"`
	// Holds says that the condition is true, Fires that the rule matches: the
	// event is also of a kind that the rule looks at, and has Key.
	Holds bool   `json:"holds"`
	Kind  bool   `json:"kind_matches"`
	Key   string `json:"key,omitempty"`
	Fires bool   `json:"fires"`
	Parts []Part `json:"parts"`
	// Messages are the rule's, with the values filled in.
	Messages Messages `json:"messages"`
}

// Try evaluates one rule of a program, drafts and retired ones included, for an
// event and the feature values that go with it, and tells the value of every
// sub-expression. Features that the snapshot lacks are NoValue. The error is
// ErrUnknownRule.
func Try(p *Program, rule string, e *ingest.Event, s ingest.Snapshot) (Trial, error) {
	all := p.everything()
	c := all.rules[rule]
	if c == nil {
		return Trial{}, fmt.Errorf("%w: %q, version %s", ErrUnknownRule, rule, p.version)
	}
	v := newVocabulary(all.ruleset.Features, true)
	slots := map[int]int{}
	for i, f := range all.ruleset.Features {
		slots[i] = slices.Index(all.names, f.Name)
	}
	tree, err := v.check(c.rule.When)
	if err != nil {
		return Trial{}, fmt.Errorf("condition of %q: %w", rule, err)
	}
	ev := NewEvaluator()
	ev.load(all, e, all.snapshotValues(s))
	out := Trial{Rule: rule, Key: ev.key(c.rule.On), Holds: c.when(ev), Kind: meet(c.rule.Events, []ingest.Kind{e.Kind})}
	out.Fires = out.Holds && out.Kind && out.Key != ""
	b := &builder{vocabulary: v, slot: func(i int) int { return slots[i] }}
	if out.Parts, err = b.parts(nil, tree, c.rule.When, 0, ev); err != nil {
		return Trial{}, fmt.Errorf("condition of %q: %w", rule, err)
	}
	if x, err := Explain(p, rule, e, s); err == nil {
		out.Messages = x.Messages
	}
	return out, nil
}

// Example makes the event and the feature values that a case describes. The
// error lists what the ruleset has not, or not of that type.
func Example(p *Program, k Case) (*ingest.Event, ingest.Snapshot, error) {
	var faults problems
	v := newVocabulary(p.ruleset.Features, true)
	validateCases(&Rule{ID: "example", Cases: Cases{MustFire: []Case{k}}}, "", v, &faults)
	if err := faults.err(); err != nil {
		return nil, ingest.Snapshot{}, err
	}
	s := ingest.Snapshot{}
	for name, value := range k.Features {
		s.Names, s.Values = append(s.Names, name), append(s.Values, value)
	}
	return caseEvent(k, p.loc), s, nil
}

// parts appends what a node and those inside it are worth; bare literals say
// nothing.
func (b *builder) parts(out []Part, n ast.Node, source string, depth int, ev *Evaluator) ([]Part, error) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode, *ast.ArrayNode:
		return out, nil
	}
	v, err := b.build(n)
	if err != nil {
		return out, err
	}
	at := span(n, source)
	part := Part{From: at.From, To: at.To, Depth: depth, Text: n.String(), Type: v.typ}
	switch v.typ {
	case TypeBool:
		part.Value = fmt.Sprintf("%t", v.b(ev))
	case TypeNumber:
		value := v.n(ev)
		part.Value = formatNumber(value)
		part.Unknown = v.slot >= 0 && value < 0
	case TypeText:
		part.Value = clip(v.s(ev))
	}
	out = append(out, part)
	for _, child := range inside(n) {
		if out, err = b.parts(out, child, source, depth+1, ev); err != nil {
			return out, err
		}
	}
	return out, nil
}

// inside lists the direct sub-expressions of a node.
func inside(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.CallNode:
		return n.Arguments
	case *ast.ArrayNode:
		return n.Nodes
	default:
		return nil
	}
}

// span is what a node takes of the source. expr keeps the place of a node's
// operator alone, so that it is widened to its operands, and to the brackets
// that these would leave open.
func span(n ast.Node, source string) file.Location {
	at := n.Location()
	if call, ok := n.(*ast.CallNode); ok {
		at.From = min(at.From, call.Callee.Location().From)
	}
	for _, child := range inside(n) {
		inner := span(child, source)
		at.From, at.To = min(at.From, inner.From), max(at.To, inner.To)
	}
	runes := []rune(source)
	at.From, at.To = max(at.From, 0), min(at.To, len(runes))
	return balanced(runes, at)
}

// balanced widens a range to the brackets that are opened or closed in it alone.
func balanced(source []rune, at file.Location) file.Location {
	open, missing := 0, 0
	for _, r := range source[at.From:at.To] {
		switch r {
		case '(', '[':
			open++
		case ')', ']':
			if open == 0 {
				missing++
			} else {
				open--
			}
		}
	}
	for ; missing > 0; missing-- {
		next := strings.LastIndexAny(string(source[:at.From]), "([")
		if next < 0 {
			break
		}
		at.From = len([]rune(string(source[:at.From])[:next]))
	}
	for ; open > 0; open-- {
		next := slices.IndexFunc(source[at.To:], func(r rune) bool { return r == ')' || r == ']' })
		if next < 0 {
			break
		}
		at.To += next + 1
	}
	return at
}
