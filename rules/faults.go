package rules

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Fault is one thing that is wrong with a condition, and where: characters
// (Unicode code points) of the expression, From inclusive and To exclusive.
type Fault struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Detail string `json:"detail"` // a sentence
	// Suggestion is what may have been meant, to stand in the range's place;
	// empty where nothing is close.
	Suggestion string `json:"suggestion,omitempty"`
}

// Faults says where an expression breaks the language, for editors: every
// unknown name at once, and otherwise the first other fault. It is nil where
// the expression compiles over the features of rs in the stage.
func Faults(rs *Ruleset, stage Stage, source string) []Fault {
	v := newVocabulary(rs.Features, stage == StageAsync)
	tree, err := v.check(source)
	if err == nil {
		_, err = (&builder{vocabulary: v, slot: func(i int) int { return i }}).condition(tree)
	}
	if err == nil {
		return nil
	}
	whole := []Fault{{To: len([]rune(source)), Detail: err.Error()}}
	if strings.TrimSpace(source) == "" || len(source) > MaxExpression {
		return whole
	}
	parsed, parseErr := parser.ParseWithConfig(source, v.conf)
	if at, ok := errors.AsType[*file.Error](parseErr); ok {
		return []Fault{faultAt(source, at)}
	}
	if parseErr != nil {
		return whole
	}
	if names := v.unknownAt(parsed.Node); len(names) > 0 {
		return names
	}
	if at, ok := v.typeFault(source); ok {
		return []Fault{at}
	}
	return whole
}

// unknownAt is a fault for every identifier that means nothing here.
func (v *vocabulary) unknownAt(root ast.Node) []Fault {
	var out []Fault
	callees := map[ast.Node]bool{}
	walk(root, func(n ast.Node) {
		call, ok := n.(*ast.CallNode)
		if !ok {
			return
		}
		callees[call.Callee] = true
		if callee, ok := call.Callee.(*ast.IdentifierNode); ok {
			if near := closest(callee.Value, functions()); near != callee.Value {
				out = append(out, Fault{
					From: callee.Location().From, To: callee.Location().To, Suggestion: near,
					Detail: "\"" + callee.Value + "\" is not a function" + DidYouMean(callee.Value, functions()),
				})
			}
		}
	})
	walk(root, func(n ast.Node) {
		id, ok := n.(*ast.IdentifierNode)
		if !ok || callees[n] {
			return
		}
		if detail := v.fault(id.Value); detail != "" {
			f := Fault{From: id.Location().From, To: id.Location().To, Detail: detail}
			if _, known := v.fields[id.Value]; !known {
				f.Suggestion = closest(id.Value, v.names)
			}
			out = append(out, f)
		}
	})
	return out
}

// typeFault finds where expr's checker stumbles.
func (v *vocabulary) typeFault(source string) (Fault, bool) {
	_, err := v.tree(source)
	if at, ok := errors.AsType[*file.Error](err); ok {
		return faultAt(source, at), true
	}
	return Fault{}, false
}

// faultAt is expr's own error with its range, which is at least a character wide.
func faultAt(source string, at *file.Error) Fault {
	size := len([]rune(source))
	from := max(0, min(at.From, size-1))
	to := min(max(at.To, from+1), size)
	return Fault{From: from, To: to, Detail: at.Message}
}

// closest is the known name that DidYouMean would offer, got itself where it is
// known, or nothing.
func closest(got string, known []string) string {
	_, named, ok := strings.Cut(DidYouMean(got, known), `"`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(named, `"`)
	return name
}
