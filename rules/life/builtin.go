package life

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fairgate/rules"
)

// Cases is the gate of the examples: none may come out wrong that was right
// before, or that belongs to what becomes stronger. It cannot be overridden,
// since an example that no longer holds can be removed, which shows in the
// changes.
type Cases struct{}

// Check runs the examples of both versions.
func (Cases) Check(_ context.Context, current, next *rules.Program) ([]Objection, error) {
	known := map[rules.CaseResult]bool{}
	if current != nil {
		for _, r := range rules.RunCases(current) {
			known[r] = true
		}
	}
	stronger, err := becomesStronger(current, next)
	if err != nil {
		return nil, err
	}
	var out []Objection
	for _, r := range rules.RunCases(next) {
		if !r.OK() && (!known[r] || stronger[r.Rule]) {
			out = append(out, Objection{
				Kind: ObjectionCases, Rule: r.Rule, Text: fmt.Sprintf("Example %q of rule %q: %s.", r.Case, r.Rule, r.Detail),
			})
		}
	}
	return out, nil
}

// Lint is the gate of what lint finds that it did not find before, or finds
// about what becomes stronger. A person who sees why it is meant may override
// it. It is safe for concurrent use; the zero value is usable.
type Lint struct {
	mu sync.Mutex
	// recent are the findings of the last programs: a large ruleset takes a
	// while, and the one in force is asked about again and again.
	recent []linted
}

type linted struct {
	program  string
	findings []rules.Finding
}

// lints is how many programs' findings are kept.
const lints = 8

// findings lints a program once; who asks meanwhile waits.
func (l *Lint) findings(ctx context.Context, p *rules.Program) ([]rules.Finding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.recent, func(x linted) bool { return x.program == p.Version() }); i >= 0 {
		return l.recent[i].findings, nil
	}
	found, err := rules.Lint(ctx, p, rules.LintOptions{})
	if err != nil {
		return nil, err
	}
	if len(l.recent) == lints {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	l.recent = append(l.recent, linted{p.Version(), found})
	return found, nil
}

// Check compares what lint finds in both versions.
func (l *Lint) Check(ctx context.Context, current, next *rules.Program) ([]Objection, error) {
	known := map[string]bool{}
	if current != nil {
		found, err := l.findings(ctx, current)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			known[f.String()] = true
		}
	}
	found, err := l.findings(ctx, next)
	if err != nil {
		return nil, err
	}
	stronger, err := becomesStronger(current, next)
	if err != nil {
		return nil, err
	}
	var out []Objection
	for _, f := range found {
		if f.Kind == rules.FindingBoundary {
			continue // the rule does what it says; its cases could hold it better
		}
		if !known[f.String()] || stronger[f.Rule] {
			out = append(out, Objection{Kind: ObjectionLint, Rule: f.Rule, Text: f.String(), Overridable: true})
		}
	}
	return out, nil
}

// becomesStronger names the rules and features that a publication makes
// stronger.
func becomesStronger(current, next *rules.Program) (map[string]bool, error) {
	var before *rules.Ruleset
	if current != nil {
		before = current.Ruleset()
	}
	changes, err := Diff(before, next.Ruleset())
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i := range changes {
		if changes[i].Effect == Stronger {
			out[changes[i].Name] = true
		}
	}
	return out, nil
}

// watched objects to rules that leave shadow after less than the least time.
type watched struct {
	least time.Duration
	now   func() time.Time
	steps func(ctx context.Context, rule string) ([]Step, error)
}

func (w watched) objections(ctx context.Context, changes []Change) ([]Objection, error) {
	var out []Objection
	for _, rule := range leaving(changes) {
		steps, err := w.steps(ctx, rule)
		if err != nil {
			return nil, err
		}
		until := observedSince(steps).Add(w.least)
		if w.now().Before(until) {
			out = append(out, Objection{
				Kind: ObjectionLife, Rule: rule, Overridable: true, Until: until.UTC(),
				Text: fmt.Sprintf("Rule %q was observed for less than %s.", rule, rules.FormatDuration(w.least)),
			})
		}
	}
	return out, nil
}
