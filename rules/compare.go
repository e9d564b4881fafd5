package rules

// arithmetic compiles + - * /, and is nil for other operators. Division by
// zero gives an infinity or not-a-number, with which every comparison but !=
// behaves as IEEE 754 says.
func arithmetic(op string, l, r number) number {
	switch op {
	case "+":
		return func(ev *Evaluator) float64 { return l(ev) + r(ev) }
	case "-":
		return func(ev *Evaluator) float64 { return l(ev) - r(ev) }
	case "*":
		return func(ev *Evaluator) float64 { return l(ev) * r(ev) }
	case "/":
		return func(ev *Evaluator) float64 { return l(ev) / r(ev) }
	default:
		return nil
	}
}

// comparison compiles the comparison of two numbers, and is nil for other
// operators. A feature against a constant, by far the most frequent, costs one
// call.
func comparison(op string, l, r value) truth {
	if l.fixed && !r.fixed {
		l, r, op = r, l, mirrored(op)
	}
	switch {
	case l.slot >= 0 && r.fixed:
		return compareSlot(op, l.slot, r.num)
	case r.fixed:
		return compareConstant(op, l.n, r.num)
	default:
		return compareNumbers(op, l.n, r.n)
	}
}

func mirrored(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	default:
		return op
	}
}

func compareSlot(op string, s int, c float64) truth {
	switch op {
	case "==":
		return func(ev *Evaluator) bool { return ev.values[s] == c }
	case "!=":
		return func(ev *Evaluator) bool { return ev.values[s] != c }
	case "<":
		return func(ev *Evaluator) bool { return ev.values[s] < c }
	case "<=":
		return func(ev *Evaluator) bool { return ev.values[s] <= c }
	case ">":
		return func(ev *Evaluator) bool { return ev.values[s] > c }
	case ">=":
		return func(ev *Evaluator) bool { return ev.values[s] >= c }
	default:
		return nil
	}
}

func compareConstant(op string, l number, c float64) truth {
	switch op {
	case "==":
		return func(ev *Evaluator) bool { return l(ev) == c }
	case "!=":
		return func(ev *Evaluator) bool { return l(ev) != c }
	case "<":
		return func(ev *Evaluator) bool { return l(ev) < c }
	case "<=":
		return func(ev *Evaluator) bool { return l(ev) <= c }
	case ">":
		return func(ev *Evaluator) bool { return l(ev) > c }
	case ">=":
		return func(ev *Evaluator) bool { return l(ev) >= c }
	default:
		return nil
	}
}

func compareNumbers(op string, l, r number) truth {
	switch op {
	case "==":
		return func(ev *Evaluator) bool { return l(ev) == r(ev) }
	case "!=":
		return func(ev *Evaluator) bool { return l(ev) != r(ev) }
	case "<":
		return func(ev *Evaluator) bool { return l(ev) < r(ev) }
	case "<=":
		return func(ev *Evaluator) bool { return l(ev) <= r(ev) }
	case ">":
		return func(ev *Evaluator) bool { return l(ev) > r(ev) }
	case ">=":
		return func(ev *Evaluator) bool { return l(ev) >= r(ev) }
	default:
		return nil
	}
}
