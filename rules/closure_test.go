package rules

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/stretchr/testify/require"
)

// agree compiles source both ways and compares the closure with expr's own
// virtual machine. It reports whether the source was in the language.
func agree(t *testing.T, source string, values []float64) bool {
	t.Helper()
	features := []Feature{count("fa", EntityAccount), count("fb", EntityAccount), count("fc", EntityAccount)}
	v := newVocabulary(features, true)
	tree, err := v.check(source)
	if err != nil {
		return false
	}
	b := &builder{vocabulary: v, slot: func(i int) int { return i }}
	closure, err := b.condition(tree)
	if err != nil {
		return false
	}
	machine, err := expr.Compile(source, v.options()...)
	require.NoError(t, err, source)
	p := compiledRules(t, nil, rule("r", "true"))
	ev := NewEvaluator()
	ev.load(p, testEvent(), values)
	env := map[string]any{}
	for i, f := range features {
		env[f.Name] = values[i]
	}
	for _, f := range Fields() {
		switch f.Type {
		case TypeText:
			env[f.Name] = f.text(ev)
		case TypeNumber:
			env[f.Name] = f.number(ev)
		case TypeBool:
			env[f.Name] = f.truth(ev)
		}
	}
	want, err := expr.Run(machine, env)
	if err != nil {
		return false // the machine can fail where the closure is total: memory, deep stacks
	}
	require.Equal(t, want, closure(ev), "%s with %v", source, values)
	var set gateSet
	set.add(&compiled{gates: b.gates(tree)})
	if passed := len(set.pass(values, nil)) == 1; want == true {
		require.True(t, passed, "the gates of %s keep %v out", source, values)
	}
	return true
}

type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) number(depth int) string {
	if depth <= 0 || g.IntN(3) == 0 {
		return g.pick("fa", "fb", "fc", "hour", "positions", "device_age_seconds", "-1", "0", "3", "2.5", "100")
	}
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("%s(%s, %s)", g.pick("min", "max"), g.number(depth-1), g.number(depth-1))
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", g.truth(depth-1), g.number(depth-1), g.number(depth-1))
	case 2:
		return fmt.Sprintf("-abs(%s)", g.number(depth-1))
	default:
		return fmt.Sprintf("(%s %s %s)", g.number(depth-1), g.pick("+", "-", "*", "/"), g.number(depth-1))
	}
}

func (g generator) truth(depth int) string {
	if depth <= 0 {
		return g.pick("true", "has_account", "hosting", "device_fresh", "known(fa)")
	}
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.truth(depth-1), g.pick("and", "or", "&&", "||", "==", "!="), g.truth(depth-1))
	case 1:
		return fmt.Sprintf("not (%s)", g.truth(depth-1))
	case 2:
		return fmt.Sprintf("%s %s [3, %d, 2.5]", g.number(0), g.pick("in", "not in"), g.IntN(9))
	case 3:
		return fmt.Sprintf(`%s %s "%s"`, g.pick("user_agent", "kind", "account"),
			g.pick("==", "!=", "<", ">=", "contains", "startsWith", "endsWith", "matches"),
			g.pick("order.submit", "Moz", "a1", ".0"))
	default:
		return fmt.Sprintf("%s %s %s", g.number(depth-1), g.pick("<", "<=", ">", ">=", "==", "!="), g.number(depth-1))
	}
}

func TestClosuresAgreeWithTheVirtualMachine(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(7, 7))}
	inLanguage := 0
	for range 3000 {
		values := []float64{float64(g.IntN(7) - 1), float64(g.IntN(200)) / 8, NoValue}
		if agree(t, g.truth(4), values) {
			inLanguage++
		}
	}
	require.Greater(t, inLanguage, 2000, "the generator must mostly write what the language has")
}

func FuzzClosures(f *testing.F) {
	f.Add("fa > 3 and (fb < 2 or not has_account)", 1.0, 2.0)
	f.Add(`kind in ["order.submit"] ? hour > 3 : fa / fb >= 2`, 0.0, 0.0)
	f.Add(`user_agent matches "^M" and abs(fa - 3) in [1, 2]`, 4.0, -1.0)
	f.Fuzz(func(t *testing.T, source string, a, b float64) {
		if math.IsNaN(a) || math.IsNaN(b) {
			return
		}
		agree(t, source, []float64{a, b, NoValue})
	})
}
