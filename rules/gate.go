package rules

import (
	"math"

	"github.com/expr-lang/expr/ast"
)

// gate is a range in which a feature must lie for a rule to fire: what a
// conjunct such as "account_orders_1m > 20" says. It is necessary, not
// sufficient: whatever passes all of its rule's gates is still evaluated whole.
type gate struct {
	slot     int32
	last     bool    // of its rule
	low, top float64 // both included
}

// gateSet holds the rules of one kind of event, stage and half with their gates
// in one piece of memory, in the order of the rules. Most rules do not fire, and
// most of those are told apart here, by reading on: the closures of a thousand
// rules lie all over the heap, which costs more than what they compute.
type gateSet struct {
	rules []*compiled
	gates []gate
}

// add appends a rule. One without a gate gets one that lets everything pass.
func (s *gateSet) add(c *compiled) {
	s.rules = append(s.rules, c)
	gates := c.gates
	if len(gates) == 0 {
		gates = []gate{{slot: -1}}
	}
	s.gates = append(s.gates, gates...)
	s.gates[len(s.gates)-1].last = true
}

// pass appends to out the places in rules of those whose gates the values pass.
func (s *gateSet) pass(values []float64, out []int32) []int32 {
	rule, open := int32(0), true
	for i := range s.gates {
		g := &s.gates[i]
		if open && g.slot >= 0 {
			v := values[g.slot]
			open = v >= g.low && v <= g.top
		}
		if g.last {
			if open {
				out = append(out, rule)
			}
			rule, open = rule+1, true
		}
	}
	return out
}

// gates lists what the conjuncts of a condition that compare a bare feature with
// a constant ask of it, one for each feature. Conditions are total and change
// nothing, so where one conjunct is false the others need not be looked at,
// whatever their order.
func (b *builder) gates(n ast.Node) []gate {
	var out []gate
	b.eachGate(n, func(g gate) {
		for i := range out {
			if out[i].slot == g.slot {
				out[i].low, out[i].top = math.Max(out[i].low, g.low), math.Min(out[i].top, g.top)
				return
			}
		}
		out = append(out, g)
	})
	return out
}

func (b *builder) eachGate(n ast.Node, found func(gate)) {
	node, ok := n.(*ast.BinaryNode)
	if !ok {
		return
	}
	switch node.Operator {
	case "and", "&&":
		b.eachGate(node.Left, found)
		b.eachGate(node.Right, found)
	case "<", "<=", ">", ">=", "==":
		l, lerr := b.build(node.Left)
		r, rerr := b.build(node.Right)
		if lerr != nil || rerr != nil || l.typ != TypeNumber || r.typ != TypeNumber {
			return
		}
		op := node.Operator
		if l.fixed {
			l, r, op = r, l, mirrored(op)
		}
		if l.slot >= 0 && r.fixed {
			found(gateOf(op, l.slot, r.num))
		}
	}
}

func gateOf(op string, slot int, c float64) gate {
	g := gate{slot: int32(slot), low: math.Inf(-1), top: math.Inf(1)} //nolint:gosec // a slot is an index of a few features
	switch op {
	case "<":
		g.top = math.Nextafter(c, math.Inf(-1))
	case "<=":
		g.top = c
	case ">":
		g.low = math.Nextafter(c, math.Inf(1))
	case ">=":
		g.low = c
	case "==":
		g.low, g.top = c, c
	}
	return g
}
