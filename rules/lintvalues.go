package rules

import (
	"slices"
	"strings"
)

// valuesOnly follows how a condition comes out where all its features have a
// value. "c >= 0" tells nobody from anybody then, although it is not true of
// who has no c; and "c < 0" holds for nobody that anything was counted of.
type valuesOnly struct {
	rule       string
	names      []string
	slots      []int
	some, none bool
}

// valuesOnly begins to follow a rule. A condition that asks for the missing
// value in so many words (known, or == -1) says what it means and is left
// alone, as is one that reads no feature.
func (b *workbench) valuesOnly(t *trial) *valuesOnly {
	v := &valuesOnly{rule: t.rule.ID}
	meant := strings.Contains(t.rule.When, "known(") || slices.ContainsFunc(t.bounds, func(x bound) bool {
		return (x.op == "==" || x.op == "!=") && x.constant == NoValue
	})
	if meant || t.opaque {
		return v
	}
	for _, slot := range t.slots {
		if slot < len(b.all.ruleset.Features) {
			v.slots = append(v.slots, slot)
			v.names = append(v.names, b.all.ruleset.Features[slot].Name)
		}
	}
	return v
}

// saw takes one situation in.
func (v *valuesOnly) saw(ev *Evaluator, holds bool) {
	if slices.ContainsFunc(v.slots, func(slot int) bool { return ev.values[slot] == NoValue }) {
		return
	}
	v.some, v.none = v.some || holds, v.none || !holds
}

// open reports that more situations could tell more.
func (v *valuesOnly) open() bool { return len(v.slots) > 0 && (!v.some || !v.none) }

// findings is what is found once every situation was seen.
func (v *valuesOnly) findings() []Finding {
	names := strings.Join(v.names, ", ")
	switch {
	case len(v.slots) == 0 || v.some == v.none:
		return nil
	case v.some:
		return []Finding{{Kind: FindingAlwaysTrue, Rule: v.rule, Text: "the condition is true for every value of " + names +
			"; if only those who have a value are meant, write known(" + v.names[0] + ")."}}
	default:
		return []Finding{{Kind: FindingNeverTrue, Rule: v.rule, Text: "the condition is true for no value of " + names +
			"; if those who have none are meant, write not known(" + v.names[0] + ")."}}
	}
}
