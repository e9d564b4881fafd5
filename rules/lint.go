package rules

import (
	"fmt"
	"slices"
	"strings"

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
	FindingUnusedFeature FindingKind = "unused_feature" // declared and read by no active rule
	FindingIncomplete    FindingKind = "incomplete"     // no case, message or reason
)

// Finding is a warning about a ruleset that compiles.
type Finding struct {
	Kind FindingKind
	Rule string // id of the rule, or name of the feature
	Text string // a sentence
}

// String gives "rule: sentence".
func (f Finding) String() string { return f.Rule + ": " + f.Text }

// Lint looks for rules that cannot do what their author meant.
//
// Never true, always true, hidden and no_value are found by trying the rule at
// the boundary values of everything it compares (N-1, N, N+1, halfway between
// constants, the ends of a feature's range, nothing). Where those have at most
// 20,000 combinations and every comparison is between one name and a literal,
// that is a proof. Otherwise 20,000 combinations are sampled, the same each
// time: a finding is then strong evidence and silence none. A condition with a
// pattern (matches) is never called never true. Nothing is found about how
// often a rule fires on real traffic; that is what backtests are for.
func Lint(p *Program) []Finding {
	all := p.everything()
	var out []Finding
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		if r.Mode == ModeRetired {
			continue
		}
		c := all.rules[r.ID]
		found := all.lintThresholds(c)
		found = append(found, all.lintTruth(c, len(found) > 0)...)
		if len(found) == 0 && r.Mode.Active() {
			found = append(found, p.lintHidden(all, c, i)...)
		}
		out = append(out, found...)
		out = append(out, lintComplete(r)...)
	}
	for i := range p.ruleset.Features {
		if f := &p.ruleset.Features[i]; !slices.Contains(all.names, f.Name) {
			out = append(out, Finding{FindingUnusedFeature, f.Name, "no rule reads this feature."})
		}
	}
	return out
}

// lintThresholds compares every constant with the range of its feature.
func (p *Program) lintThresholds(c *compiled) []Finding {
	var out []Finding
	for _, b := range c.bounds {
		slot := slices.Index(p.names, b.name)
		if slot < 0 {
			continue
		}
		high := reach(&p.features[slot], p.options.Limit)
		if (b.op == ">" && b.constant >= high) || ((b.op == ">=" || b.op == "==") && b.constant > high) {
			out = append(out, Finding{FindingUnreachable, c.rule.ID, fmt.Sprintf(
				"%s %s %v cannot be: %s over %s ends at %.4g.", b.name, b.op, b.constant,
				p.features[slot].Aggregate, p.features[slot].Window, high)})
		}
	}
	return out
}

// lintTruth tries the condition at its boundary values.
func (p *Program) lintTruth(c *compiled, unreachable bool) []Finding {
	s := p.newSpace(c)
	some, none := false, false
	silent := map[string]bool{} // features without a value, under a "less than"
	s.try(func(now *situation) bool {
		if !s.holds(c, now) {
			none = true
			return true
		}
		some = true
		for _, b := range c.bounds {
			if (b.op == "<" || b.op == "<=") && b.constant > 0 {
				if slot := slices.Index(p.names, b.name); slot >= 0 && now.values[slot] == NoValue && p.decides(s, c, now, slot, b) {
					silent[b.name] = true
				}
			}
		}
		return true
	})
	how := "in a sample of situations"
	if s.complete {
		how = "in no situation that its thresholds can tell apart"
	}
	var out []Finding
	switch {
	case !some && !s.opaque && !unreachable:
		out = append(out, Finding{FindingNeverTrue, c.rule.ID, fmt.Sprintf("the condition was never true %s.", how)})
	case some && !none:
		out = append(out, Finding{
			FindingAlwaysTrue, c.rule.ID, "the condition is true for every event of its kinds; say so with events alone if it is meant.",
		})
	}
	for _, slot := range c.reads {
		if name := p.names[slot]; silent[name] && !mentionsNoValue(c, name) {
			out = append(out, Finding{FindingNoValue, c.rule.ID, fmt.Sprintf(
				"it also fires where %s has no value (%v); add known(%s), or say that it is meant with %s == %v.",
				name, NoValue, name, name, NoValue)})
		}
	}
	return out
}

// decides reports that the absence of the value makes the rule fire: with a
// value past the bound it would not.
func (p *Program) decides(s *space, c *compiled, now *situation, slot int, b bound) bool {
	high := reach(&p.features[slot], p.options.Limit)
	other := &situation{event: now.event, values: slices.Clone(now.values)}
	other.values[slot] = min(b.constant+1, high)
	return !s.holds(c, other)
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

// lintHidden looks for another live rule that fires whenever c does and does
// at least as much to the same entity. Of two that hide each other the later
// is reported.
func (p *Program) lintHidden(all *Program, c *compiled, place int) []Finding {
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		if i == place || r.Mode != ModeLive || !covers(r, c.rule) {
			continue
		}
		other := all.rules[r.ID]
		if !all.implies(c, other) {
			continue
		}
		if p.ruleset.Rules[place].Mode == ModeLive && i > place && covers(c.rule, r) && all.implies(other, c) {
			continue
		}
		return []Finding{{FindingHidden, c.rule.ID, fmt.Sprintf(
			"whenever it fires, %s fires too and does at least as much to the same %s.", r.ID, r.On)}}
	}
	return nil
}

// covers reports that a does at least what b does, wherever b may run.
func covers(a, b *Rule) bool {
	if a.Stage != b.Stage || a.On != b.On || a.Action.Severity() < b.Action.Severity() || a.TTL < b.TTL {
		return false
	}
	if len(a.Events) == 0 {
		return true
	}
	for _, k := range b.Events {
		if !slices.Contains(a.Events, k) {
			return false
		}
	}
	return len(b.Events) > 0
}

// implies reports that b held in every situation tried in which a did.
func (p *Program) implies(a, b *compiled) bool {
	for _, slot := range b.reads {
		if !slices.Contains(a.reads, slot) {
			return false // b depends on something that a leaves open
		}
	}
	for _, f := range b.fields {
		if !slices.Contains(a.fields, f) && !strings.HasPrefix(f, "has_") {
			return false
		}
	}
	s := p.newSpace(a, b)
	if s.opaque {
		return a.rule.When == b.rule.When
	}
	some, all := false, true
	s.try(func(now *situation) bool {
		if s.holds(a, now) {
			some = true
			all = s.holds(b, now)
		}
		return all
	})
	return some && all
}

// lintComplete asks for what operators, visitors and the next analyst need.
func lintComplete(r *Rule) []Finding {
	if !r.Mode.Active() {
		return nil
	}
	var missing []string
	if len(r.Cases.MustFire) == 0 || len(r.Cases.MustNotFire) == 0 {
		missing = append(missing, "cases that must and must not fire")
	}
	if r.Messages.ZH == "" || r.Messages.EN == "" {
		missing = append(missing, "messages in zh and en")
	}
	if r.Reason == ingest.ReasonNone && r.Action != ingest.Flag {
		missing = append(missing, "a reason class")
	}
	if len(missing) == 0 {
		return nil
	}
	return []Finding{{FindingIncomplete, r.ID, "it lacks " + strings.Join(missing, ", ") + "."}}
}
