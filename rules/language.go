package rules

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"

	"fairgate/ingest"
)

// MaxExpression is the longest expression that is compiled, in bytes.
const MaxExpression = 4096

// vocabulary is what an expression may name. It is not safe for concurrent use.
type vocabulary struct {
	fields   map[string]*EventField
	features map[string]int // index in Ruleset.Features; nil in a feature's own filter
	names    []string
	env      types.Map
	// conf is expr's own form of it. Making one costs more than checking an
	// expression, so all expressions have the same, one after the other.
	conf *conf.Config
	// afterResponse allows fields that only the response tells.
	afterResponse bool
}

func newVocabulary(features []Feature, afterResponse bool) *vocabulary {
	v := &vocabulary{
		fields: map[string]*EventField{}, features: map[string]int{}, env: types.Map{}, afterResponse: afterResponse,
	}
	for _, f := range Fields() {
		v.fields[f.Name] = &f
		v.names = append(v.names, f.Name)
		v.env[f.Name] = map[Type]types.Type{TypeText: types.String, TypeNumber: types.Float64, TypeBool: types.Bool}[f.Type]
	}
	for i, f := range features {
		if _, taken := v.env[f.Name]; taken || !nameFormat.MatchString(f.Name) {
			continue // reported by validate
		}
		v.features[f.Name] = i
		v.names = append(v.names, f.Name)
		v.env[f.Name] = types.Float64
	}
	v.conf = conf.CreateNew()
	for _, o := range v.options() {
		o(v.conf)
	}
	clear(v.conf.Builtins) // the options only say that they are disabled
	return v
}

// nameFormat is the form of feature names and rule ids.
var nameFormat = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// reserved words of the expression language cannot be names.
func reserved() []string {
	return append([]string{
		"and", "or", "not", "in", "matches", "contains", "true", "false", "nil", "let", "if", "else",
	}, functions()...)
}

// functions that expressions may call.
func functions() []string { return []string{"known", "abs", "min", "max"} }

// options are the language: expr with the vocabulary as its only names, a
// boolean result, and of its functions only those that neither read the clock
// nor loop nor allocate.
func (v *vocabulary) options() []expr.Option {
	return []expr.Option{
		expr.Env(v.env), expr.AsBool(), expr.Optimize(false), expr.DisableAllBuiltins(), expr.MaxNodes(1000),
		expr.Function("known", func(p ...any) (any, error) { return p[0].(float64) >= 0, nil }, new(func(float64) bool)),
		expr.Function("abs", func(p ...any) (any, error) { return math.Abs(p[0].(float64)), nil }, new(func(float64) float64)),
		expr.Function("min", func(p ...any) (any, error) { return math.Min(p[0].(float64), p[1].(float64)), nil },
			new(func(float64, float64) float64)),
		expr.Function("max", func(p ...any) (any, error) { return math.Max(p[0].(float64), p[1].(float64)), nil },
			new(func(float64, float64) float64)),
	}
}

// check parses and type-checks an expression. It returns every name that is
// not known at once; type errors come one at a time, as expr reports them.
func (v *vocabulary) check(source string) (ast.Node, error) {
	if strings.TrimSpace(source) == "" {
		return nil, errors.New("expression is empty")
	}
	if len(source) > MaxExpression {
		return nil, fmt.Errorf("expression has %d bytes, at most %d are compiled", len(source), MaxExpression)
	}
	tree, err := v.tree(source)
	if err != nil {
		return nil, oneLine(err)
	}
	return tree, nil
}

// tree is check without its bounds; faults that expr finds keep their place.
func (v *vocabulary) tree(source string) (ast.Node, error) {
	tree, err := parser.ParseWithConfig(source, v.conf)
	if err != nil {
		return nil, err
	}
	if err := v.unknown(tree.Node); err != nil {
		return nil, err
	}
	if _, err := checker.Check(tree, v.conf); err != nil {
		return nil, err
	}
	// What the machine cannot run is none of the language, though it is not the
	// machine that runs it.
	if _, err := compiler.Compile(tree, v.conf); err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// unknown reports every identifier and function that is not in the
// vocabulary, and fields used before they can be known.
func (v *vocabulary) unknown(root ast.Node) error {
	var errs []string
	said := map[string]bool{}
	say := func(name, text string) {
		if !said[name] {
			said[name] = true
			errs = append(errs, text)
		}
	}
	callees := map[ast.Node]bool{} // a walk meets them before their calls
	walk(root, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallNode:
			callees[n.Callee] = true
			if callee, ok := n.Callee.(*ast.IdentifierNode); ok && !slices.Contains(functions(), callee.Value) {
				say(callee.Value, fmt.Sprintf("%q is not a function%s", callee.Value, DidYouMean(callee.Value, functions())))
			}
		case *ast.VariableDeclaratorNode, *ast.PredicateNode, *ast.PointerNode, *ast.BuiltinNode, *ast.MapNode, *ast.MemberNode:
			say(n.String(), fmt.Sprintf("%s is not part of the rule language", clip(n.String())))
		}
	})
	if len(errs) > 0 {
		return errors.New(strings.Join(errs, "; "))
	}
	walk(root, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.IdentifierNode:
			if fault := v.fault(n.Value); fault != "" && !callees[n] {
				say(n.Value, fault)
			}
		case *ast.BinaryNode:
			for _, kind := range kindLiterals(n) {
				if !ingest.Kind(kind).Valid() {
					say("kind "+kind, fmt.Sprintf("kind %q is unknown%s", kind, DidYouMean(kind, ingest.Kinds())))
				}
			}
		}
	})
	if len(errs) == 0 {
		return nil
	}
	return errors.New(strings.Join(errs, "; "))
}

// fault says why an identifier cannot be used, or nothing.
func (v *vocabulary) fault(name string) string {
	if _, ok := v.features[name]; ok {
		return ""
	}
	field, ok := v.fields[name]
	switch {
	case !ok:
		return fmt.Sprintf("%q is neither a declared feature nor an event field%s", name, DidYouMean(name, v.names))
	case field.AfterResponse && !v.afterResponse:
		return fmt.Sprintf("%q is known only after the response and cannot be used in-line", name)
	default:
		return ""
	}
}

// kindLiterals are the texts that the field "kind" is compared with.
func kindLiterals(n *ast.BinaryNode) []string {
	isKind := func(n ast.Node) bool {
		id, ok := n.(*ast.IdentifierNode)
		return ok && id.Value == "kind"
	}
	other := n.Right
	if isKind(n.Right) {
		other = n.Left
	} else if !isKind(n.Left) {
		return nil
	}
	if n.Operator != "==" && n.Operator != "!=" && n.Operator != "in" {
		return nil
	}
	var out []string
	switch other := other.(type) {
	case *ast.StringNode:
		out = append(out, other.Value)
	case *ast.ArrayNode:
		for _, item := range other.Nodes {
			if s, ok := item.(*ast.StringNode); ok {
				out = append(out, s.Value)
			}
		}
	}
	return out
}

// oneLine turns expr's three-line error with its drawing into one line.
func oneLine(err error) error {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Errorf("%s (line %d, column %d of the expression)", at.Message, at.Line, at.Column+1)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(first)
}

// visitor adapts a function to ast.Visitor.
type visitor func(ast.Node)

func (f visitor) Visit(n *ast.Node) { f(*n) }

func walk(root ast.Node, visit func(ast.Node)) { ast.Walk(&root, visitor(visit)) }

// namesIn lists the identifiers of an expression that are features, by their
// index in the ruleset, and those that are fields.
func (v *vocabulary) namesIn(root ast.Node) (features []int, fields []string) {
	walk(root, func(n ast.Node) {
		id, ok := n.(*ast.IdentifierNode)
		if !ok {
			return
		}
		if i, ok := v.features[id.Value]; ok {
			if !slices.Contains(features, i) {
				features = append(features, i)
			}
		} else if _, ok := v.fields[id.Value]; ok && !slices.Contains(fields, id.Value) {
			fields = append(fields, id.Value)
		}
	})
	return features, fields
}
