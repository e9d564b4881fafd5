package rules

import (
	"math"

	"github.com/expr-lang/expr/ast"
)

// bound is one comparison of a feature or numeric field with a constant.
type bound struct {
	name     string
	op       string // as if the name stood on the left; "" where it is only an estimate
	constant float64
}

// bounds lists what every feature and numeric field of an expression is
// compared with. Linear comparisons are solved exactly ("2 * a > 10" bounds a
// by 5). In others (a / b > 5, max(a, b) > 5) each name is said to be compared
// with the largest literal of the comparison.
func (v *vocabulary) bounds(root ast.Node) []bound {
	var out []bound
	walk(root, func(n ast.Node) {
		b, ok := n.(*ast.BinaryNode)
		if !ok {
			return
		}
		switch b.Operator {
		case "<", "<=", ">", ">=", "==", "!=":
			out = append(out, v.solve(b.Operator, b.Left, b.Right)...)
		case "in":
			if list, ok := b.Right.(*ast.ArrayNode); ok {
				for _, item := range list.Nodes {
					out = append(out, v.solve("==", b.Left, item)...)
				}
			}
		}
	})
	return out
}

func (v *vocabulary) numericName(n ast.Node) (string, bool) {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	if _, ok := v.features[id.Value]; ok {
		return id.Value, true
	}
	f, ok := v.fields[id.Value]
	return id.Value, ok && f.Type == TypeNumber
}

func (v *vocabulary) solve(op string, left, right ast.Node) []bound {
	l, lok := v.linear(left)
	r, rok := v.linear(right)
	if !lok || !rok {
		return v.estimate(left, right)
	}
	l.add(r, -1)
	var out []bound
	for name, factor := range l.factors {
		if factor == 0 {
			continue
		}
		b := bound{name: name, op: op, constant: 0 - l.shift/factor} // not -0
		if factor < 0 {
			b.op = mirrored(op)
		}
		if len(l.factors) > 1 {
			b.op = ""
		}
		out = append(out, b)
	}
	return out
}

// estimate serves comparisons that are not linear.
func (v *vocabulary) estimate(sides ...ast.Node) []bound {
	largest := 0.0
	var names []string
	for _, side := range sides {
		walk(side, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.IntegerNode:
				largest = max(largest, math.Abs(float64(n.Value)))
			case *ast.FloatNode:
				largest = max(largest, math.Abs(n.Value))
			default:
				if name, ok := v.numericName(n); ok {
					names = append(names, name)
				}
			}
		})
	}
	out := make([]bound, len(names))
	for i, name := range names {
		out[i] = bound{name: name, constant: largest}
	}
	return out
}

// linear is a sum of names with factors, and a constant.
type linear struct {
	factors map[string]float64
	shift   float64
}

func (l *linear) add(o linear, times float64) {
	l.shift += o.shift * times
	for name, factor := range o.factors {
		l.factors[name] += factor * times
	}
}

func (l *linear) scale(by float64) {
	l.shift *= by
	for name := range l.factors {
		l.factors[name] *= by
	}
}

func (v *vocabulary) linear(n ast.Node) (linear, bool) {
	l := linear{factors: map[string]float64{}}
	switch n := n.(type) {
	case *ast.IntegerNode:
		l.shift = float64(n.Value)
		return l, true
	case *ast.FloatNode:
		l.shift = n.Value
		return l, true
	case *ast.IdentifierNode:
		name, ok := v.numericName(n)
		l.factors[name] = 1
		return l, ok
	case *ast.UnaryNode:
		l, ok := v.linear(n.Node)
		if n.Operator == "-" {
			l.scale(-1)
		}
		return l, ok && (n.Operator == "-" || n.Operator == "+")
	case *ast.BinaryNode:
		return v.linearBinary(n)
	default:
		return l, false
	}
}

func (v *vocabulary) linearBinary(n *ast.BinaryNode) (linear, bool) {
	l, lok := v.linear(n.Left)
	r, rok := v.linear(n.Right)
	if !lok || !rok {
		return l, false
	}
	switch {
	case n.Operator == "+":
		l.add(r, 1)
		return l, true
	case n.Operator == "-":
		l.add(r, -1)
		return l, true
	case n.Operator == "*" && len(r.factors) == 0:
		l.scale(r.shift)
		return l, true
	case n.Operator == "*" && len(l.factors) == 0:
		r.scale(l.shift)
		return r, true
	case n.Operator == "/" && len(r.factors) == 0 && r.shift != 0:
		l.scale(1 / r.shift)
		return l, true
	default:
		return l, false
	}
}
