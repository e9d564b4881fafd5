package rules

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"fairgate/ingest"
)

// FindingKind classifies what lint found.
type FindingKind string

// Kinds of findings.
const (
	FindingNeverTrue     FindingKind = "never_true"     // the condition cannot hold
	FindingAlwaysTrue    FindingKind = "always_true"    // the condition holds for every event
	FindingUnreachable   FindingKind = "unreachable"    // a threshold outside a feature's range
	FindingHidden        FindingKind = "hidden"         // another rule does at least as much
	FindingNoValue       FindingKind = "no_value"       // holds because a feature has nothing to say
	FindingUnusedFeature FindingKind = "unused_feature" // declared and read by no rule
	FindingIncomplete    FindingKind = "incomplete"     // no owner, case, message or reason
	FindingBoundary      FindingKind = "boundary"       // a threshold that no case holds in its place
	FindingNoBand        FindingKind = "no_band"        // a weak signal that no band looks at
)

// FindingKinds lists every kind.
func FindingKinds() []FindingKind {
	return []FindingKind{
		FindingNeverTrue, FindingAlwaysTrue, FindingUnreachable, FindingHidden, FindingNoValue, FindingUnusedFeature,
		FindingIncomplete, FindingBoundary, FindingNoBand,
	}
}

// Valid reports whether k is one of FindingKinds.
func (k FindingKind) Valid() bool { return slices.Contains(FindingKinds(), k) }

// Advice reports that the rule does what it says all the same, and only what
// people and tests need around it is wanting.
func (k FindingKind) Advice() bool {
	return k == FindingUnusedFeature || k == FindingIncomplete || k == FindingBoundary
}

// Finding is a warning about a ruleset that compiles.
type Finding struct {
	Kind FindingKind `json:"kind"`
	Rule string      `json:"rule"` // id of the rule or band, or name of the feature
	Text string      `json:"text"` // a sentence
	// Cases are those that would settle the finding; none where lint knows none.
	Cases Cases `json:"cases,omitzero"`
}

// String gives "rule: sentence".
func (f Finding) String() string { return f.Rule + ": " + f.Text }

// LintOptions adjust Lint. The zero value is usable.
type LintOptions struct {
	// Progress is told how many of the rules are done, from several goroutines
	// at once; nil: nobody is.
	Progress func(done, all int)
}

// Lint looks for rules that cannot do what their author meant.
//
// Never true, always true, hidden and no_value are found by trying the rule at
// the boundary values of everything it compares (N-1, N, N+1, halfway between
// constants, the ends of a feature's range, nothing). Where those have at most
// 20,000 combinations and every comparison is between one name and a literal,
// that is a proof, and only then is it also said what every value of the
// features satisfies, or none. Otherwise 20,000 combinations are sampled, the same each
// time: a finding is then strong evidence and silence none. A condition with a
// pattern (matches) is never called never true. Nothing is found about how
// often a rule fires on real traffic; that is what backtests are for.
//
// Boundary is found by moving each threshold, by one where whole numbers are
// compared and by a quarter elsewhere: a case that must fire has to notice that
// it was moved one way, and one that must not fire that it was moved the other.
//
// It uses every processor, and ends with ctx's error soon after ctx does.
func Lint(ctx context.Context, p *Program, o LintOptions) ([]Finding, error) {
	l, err := newLinter(p)
	if err != nil {
		return nil, err
	}
	found := make([][]Finding, len(l.trials))
	var next, done atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(l.trials)) {
		wait.Go(func() {
			b := l.workbench(ctx)
			for i := int(next.Add(1)) - 1; i < len(l.trials) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				found[i] = b.lint(i)
				if n := done.Add(1); o.Progress != nil {
					o.Progress(int(n), len(l.trials))
				}
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lint %s: %w", p.version, err)
	}
	out := append(slices.Concat(found...), p.lintBands()...)
	for i := range p.ruleset.Features {
		if f := &p.ruleset.Features[i]; !slices.Contains(l.all.names, f.Name) {
			out = append(out, Finding{Kind: FindingUnusedFeature, Rule: f.Name, Text: "no rule reads this feature."})
		}
	}
	return out, nil
}

// lint tries the rule at its place in the document.
func (b *workbench) lint(place int) []Finding {
	t, r := b.trials[place], &b.own.ruleset.Rules[place]
	if r.Mode == ModeRetired {
		return nil
	}
	found := b.lintThresholds(t)
	found = append(found, b.lintTruth(t, len(found) > 0)...)
	if len(found) == 0 && r.Mode.Active() {
		found = append(found, b.lintHidden(t, place)...)
	}
	if r.Mode.Active() {
		found = append(found, lintComplete(r)...)
		found = append(found, b.lintBoundaries(t)...)
	}
	return found
}

// lintThresholds compares every constant with the range of its feature.
func (b *workbench) lintThresholds(t *trial) []Finding {
	var out []Finding
	for _, x := range t.bounds {
		i, ok := b.words.features[x.name]
		if !ok {
			continue
		}
		f := &b.all.ruleset.Features[i]
		high := reach(f, b.all.options.Limit)
		whole := x.constant == math.Trunc(x.constant)
		text := ""
		switch {
		case (x.op == ">" && x.constant >= high) || ((x.op == ">=" || x.op == "==") && x.constant > high):
			text = fmt.Sprintf("%s %s %v cannot be: %s over %s ends at %.4g.", x.name, x.op, x.constant, f.Aggregate, FormatDuration(f.Window), high)
		case (x.op == "<" && x.constant <= NoValue) || (x.op == "<=" && x.constant < NoValue),
			x.op == "==" && x.constant < 0 && x.constant != NoValue:
			text = fmt.Sprintf("%s %s %v cannot be: %s begins at 0, and is %v where there is nothing to say.",
				x.name, x.op, x.constant, f.Aggregate, NoValue)
		case (x.op == "<" && x.constant <= 0) || (x.op == "<=" && x.constant < 0 && x.constant != NoValue):
			text = fmt.Sprintf("%s %s %v can only be where it has no value; if that is meant, write not known(%s).",
				x.name, x.op, x.constant, x.name)
		case x.op == "==" && wholeFeature(f) && !whole:
			text = fmt.Sprintf("%s == %v cannot be: %s gives whole numbers.", x.name, x.constant, f.Aggregate)
		}
		if text != "" {
			out = append(out, Finding{Kind: FindingUnreachable, Rule: t.rule.ID, Text: text})
		}
	}
	return out
}

// lintTruth tries the condition at its boundary values.
func (b *workbench) lintTruth(t *trial, unreachable bool) []Finding {
	s := b.space(t)
	some, none := false, false
	// Features whose absence may make the rule fire, under a "less than".
	doubtful := map[string]bound{}
	for _, x := range t.bounds {
		if _, ok := b.words.features[x.name]; ok && (x.op == "<" || x.op == "<=") && x.constant > 0 && !mentionsNoValue(t.compiled, x.name) {
			if before, again := doubtful[x.name]; !again || before.constant < x.constant {
				doubtful[x.name] = x
			}
		}
	}
	silent := map[string]bool{}
	values := b.valuesOnly(t)
	s.try(func() bool {
		holds := t.when(b.ev)
		values.saw(b.ev, holds)
		if !holds {
			none = true
		} else {
			some = true
			for name, x := range doubtful {
				if slot := b.words.features[name]; b.ev.values[slot] == NoValue && !silent[name] && b.decides(t, slot, x) {
					silent[name] = true
				}
			}
		}
		return !some || !none || len(silent) < len(doubtful) || values.open()
	})
	how := "in none of the situations that were tried"
	if s.complete {
		how = "in no situation that its thresholds can tell apart"
	}
	var out []Finding
	switch {
	case b.ended(): // it was not tried to the end
	case !some && !t.opaque && !unreachable:
		out = append(out, Finding{Kind: FindingNeverTrue, Rule: t.rule.ID, Text: fmt.Sprintf("the condition is true %s.", how)})
	case some && !none:
		out = append(out, Finding{
			Kind: FindingAlwaysTrue, Rule: t.rule.ID,
			Text: "the condition is true for every event of its kinds; say so with events alone if it is meant.",
		})
	case s.complete && some:
		out = append(out, values.findings()...)
	}
	for i := range b.all.ruleset.Features {
		if name := b.all.ruleset.Features[i].Name; silent[name] {
			out = append(out, Finding{Kind: FindingNoValue, Rule: t.rule.ID, Text: fmt.Sprintf(
				"it also fires where %s has no value (%v); add known(%s), or say that it is meant with %s == %v.",
				name, NoValue, name, name, NoValue)})
		}
	}
	return out
}

// decides reports that the absence of the value makes the rule fire: with a
// value past the bound it would not.
func (b *workbench) decides(t *trial, slot int, x bound) bool {
	before := b.ev.values[slot]
	b.ev.values[slot] = min(x.constant+1, reach(&b.all.ruleset.Features[slot], b.all.options.Limit))
	holds := t.when(b.ev)
	b.ev.values[slot] = before
	return !holds
}

// mentionsNoValue reports that the author thought of the missing value.
func mentionsNoValue(c *compiled, name string) bool {
	if strings.Contains(c.rule.When, "known("+name+")") {
		return true
	}
	for _, b := range c.bounds {
		if b.name == name && b.constant <= 0 {
			return true
		}
	}
	return false
}

// lintComplete asks for what operators, visitors and the next analyst need.
func lintComplete(r *Rule) []Finding {
	var missing []string
	if r.Owner == "" {
		missing = append(missing, "an owner")
	}
	if len(r.Cases.MustFire) == 0 || len(r.Cases.MustNotFire) == 0 {
		missing = append(missing, "cases that must and must not fire")
	}
	if r.Messages.ZH == "" || r.Messages.EN == "" {
		missing = append(missing, "messages in zh and en")
	}
	if r.Reason == ingest.ReasonNone && r.Action != ingest.Flag && r.Action != ActionScore {
		missing = append(missing, "a reason class")
	}
	if len(missing) == 0 {
		return nil
	}
	return []Finding{{Kind: FindingIncomplete, Rule: r.ID, Text: "it lacks " + strings.Join(missing, ", ") + "."}}
}
