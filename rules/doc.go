// Package rules is the second room of the house: the language in which
// analysts say what scalping looks like.
//
// It owns the document (Ruleset, Feature, Rule), its compilation into a
// Program, evaluation, explanation and lint. It counts nothing and stores
// nothing: feature values come from scoring, documents from rules/source. It
// knows ingest (whose events it describes) and nothing downstream.
//
// # The language
//
// A condition is an expression of github.com/expr-lang/expr over the features
// that the ruleset declares (numbers) and the fields of the event (Fields lists
// them with their types). Of expr it has:
//
//	== != < <= > >=                       numbers, texts; == != also truth values
//	and or not, && || !, c ? a : b
//	+ - * /                               numbers are float64
//	x in [a, b], x not in [a, b]          literals only
//	contains startsWith endsWith matches  texts; the pattern is a literal
//	known(x)                              whether a feature has a value
//	abs(x) min(a, b) max(a, b)
//
// and nothing that loops, reads the clock or can fail at run time, so that a
// rule is a total function of the event and its feature values. A feature that
// has nothing to say is NoValue (-1): "x > n" is then false, "x < n" is true
// and wants "known(x)"; Lint finds where it was forgotten.
//
// Fields that only the response tells (accepted, status, …) can be used by
// rules of the asynchronous stage and in the filters of features that are not
// in-line. The field degraded says that the counters are one process's own, for
// rules that conclude from what was not seen.
//
// # Use
//
//	p, err := rules.Load("museum.yaml", data, rules.Options{}) // or Decode, Compile
//	values := make([]float64, len(p.Features()))              // filled by scoring
//	matches, err := p.Evaluate(ev, event, values, rules.StageInline, rules.Acting, nil)
package rules
