package rules

import (
	"fmt"
	"slices"
)

// witnesses is how many situations in which a rule fires are held against the
// rules that may hide it, before any of those is looked at closely; sightings
// is how many situations are tried to find them.
const (
	witnesses = 64
	sightings = 4096
)

// lintHidden looks for another live rule that fires whenever t does and does
// at least as much to the same entity. Of two that hide each other the later
// is reported.
func (b *workbench) lintHidden(t *trial, place int) []Finding {
	live := b.own.ruleset.Rules[place].Mode == ModeLive
	for _, i := range b.suspects(t, place) {
		other := b.trials[i]
		if !b.implies(t, other) || (live && i > place && covers(t.rule, other.rule) && b.implies(other, t)) {
			continue
		}
		text := fmt.Sprintf("whenever it fires, %s fires too and does at least as much to the same %s", other.rule.ID, other.rule.On)
		if len(b.own.ruleset.Bands) > 0 && t.rule.Score > 0 {
			text += "; if only its score is wanted, write action: score"
		}
		return []Finding{{Kind: FindingHidden, Rule: t.rule.ID, Text: text + "."}}
	}
	return nil
}

// suspects lists the rules that may hide t: they do as much, read nothing that
// t leaves open, and fired in every situation tried in which t did.
func (b *workbench) suspects(t *trial, place int) []int {
	var out []int
	for i, other := range b.trials {
		if i != place && b.own.ruleset.Rules[i].Mode == ModeLive && covers(other.rule, t.rule) &&
			within(other.slots, t.slots) && within(other.texts, t.texts) && t.opaque == other.opaque {
			out = append(out, i)
		}
	}
	if len(out) == 0 || t.opaque {
		return out
	}
	tried, fired := 0, 0
	b.space(t).try(func() bool {
		if tried++; t.when(b.ev) {
			fired++
			out = slices.DeleteFunc(out, func(i int) bool { return !b.trials[i].when(b.ev) })
		}
		return len(out) > 0 && fired < witnesses && tried < sightings
	})
	return out
}

// within reports that every element of a is in b.
func within(a, b []int) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// covers reports that a does at least what b does, wherever b may run. A weak
// signal is not covered by anything: its score counts beside the others'.
func covers(a, b *Rule) bool {
	if a.Stage != b.Stage || a.On != b.On || a.Action.Severity() < b.Action.Severity() || a.TTL < b.TTL ||
		a.Action == ActionScore || b.Action == ActionScore {
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

// implies reports that y held in every situation tried in which x did.
func (b *workbench) implies(x, y *trial) bool {
	if x.opaque || y.opaque {
		return x.rule.When == y.rule.When
	}
	some, all := false, true
	b.space(x, y).try(func() bool {
		if x.when(b.ev) {
			some = true
			all = y.when(b.ev)
		}
		return all
	})
	return some && all && !b.ended()
}
