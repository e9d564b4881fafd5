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
// # Features
//
// A feature is one number counted for an entity, or a pair of two (device+pool),
// over a sliding window of 1 s to 30 days. Its aggregate says how the events
// become a number:
//
//	count distinct of sum of     how many, how many different, how much
//	since_first since_last       seconds since the window's first or last event
//	since_other                  seconds since the entity did something else
//	age                          seconds since it was first seen without a pause
//	regularity                   how even the intervals are
//	share of                     the part of the entity's events like this one
//	change before                against the same window a day (or so) earlier
//	ratio of over                one feature by another
//
// rulesets/FEATURES.md is the reference for analysts, with an example of each.
// What could grow without bound is refused or bounded: windows, the number of
// features, how many members a series keeps, entities that visitors make up
// freely (a claimed name, and pairs of two things that they type unless each was
// accepted), and ratios that lead back to themselves.
//
// # Acting
//
// A rule can decide alone: its action is flag, challenge or block, for this
// request or (blocks) for its ttl, longer for repeat offenders:
//
//	ttl: 1h
//	repeat: {within: 30d, ttl: [24h, 168h]}   # the second block, the third and later
//
// Or it is a weak signal (action: score), which only adds its score to those
// of the other rules that fired for the same event. Bands act on that sum,
// which ends at 100; of the bands of a stage that it reaches the highest acts,
// as a rule of its id would:
//
//	bands:
//	  - {id: doubtful, from: 50, on: account, action: challenge, reason: review}
//	  - {id: sure, from: 80, on: account, action: block, ttl: 1h, reason: review}
//
// In-line bands see the in-line rules. Bands of the asynchronous stage see what
// those scored at screening and the asynchronous rules. What shadow rules would
// add is looked at in shadow only. Where an exception takes a rule's match
// away, its score goes with it.
//
// Tags, scenarios and the owner are for people: to find rules, and whom to ask.
//
// # Use
//
//	p, err := rules.Load("museum.yaml", data, rules.Options{}) // or Decode, Compile
//	values := make([]float64, len(p.Features()))              // filled by scoring
//	matches, err := p.Evaluate(ev, event, values, rules.StageInline, rules.Acting, nil)
package rules
