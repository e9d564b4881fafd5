package life

import (
	"fmt"
	"slices"
	"time"

	"fairgate/rules"
)

// judged reports whether a rule's field says when and on whom it fires. A rule
// in which one of them changed has not been observed yet.
func judged(field string) bool {
	switch field {
	case "when", "on", "events", "stage":
		return true
	}
	return false
}

// objectToSteps says which changes skip a step of a rule's life. What could
// harm people nobody ever looked at cannot be overridden.
func objectToSteps(changes []Change) []Objection {
	var out []Objection
	for i := range changes {
		c := &changes[i]
		if c.Subject != SubjectRule || c.Op == Removed {
			continue
		}
		if text, overridable := skipped(c); text != "" {
			out = append(out, Objection{Kind: ObjectionLife, Rule: c.Name, Text: text, Overridable: overridable})
		}
	}
	return out
}

// skipped says which step a change skips, or nothing.
func skipped(c *Change) (text string, overridable bool) {
	acts := c.After == rules.ModeLive || c.After == rules.ModeCanary
	switch c.Before {
	case "", rules.ModeDraft:
		if acts {
			return fmt.Sprintf("Rule %q was never observed: it must be in shadow before it can be %s.", c.Name, c.After), false
		}
	case rules.ModeRetired:
		if acts || c.After == rules.ModeDraft {
			return fmt.Sprintf("Rule %q is retired: it can return to shadow only, not to %s.", c.Name, c.After), false
		}
	case rules.ModeShadow:
		switch {
		case acts && slices.ContainsFunc(c.Fields, func(f FieldChange) bool { return judged(f.Field) }):
			return fmt.Sprintf("Rule %q leaves shadow with another condition than was observed.", c.Name), true
		case c.After == rules.ModeLive:
			return fmt.Sprintf("Rule %q goes from shadow to live without a canary.", c.Name), true
		}
	case rules.ModeCanary, rules.ModeLive: // forward by approval, back at any time
	}
	return "", false
}

// leaving lists the rules that leave shadow and will act.
func leaving(changes []Change) []string {
	var out []string
	for i := range changes {
		c := &changes[i]
		if c.Subject == SubjectRule && c.Before == rules.ModeShadow && (c.After == rules.ModeLive || c.After == rules.ModeCanary) {
			out = append(out, c.Name)
		}
	}
	return out
}

// observedSince is since when a rule is evaluated as it is now, from its steps,
// the newest first. The zero time says that no step tells: it is older than
// the stored versions.
func observedSince(steps []Step) time.Time {
	for i := range steps {
		s := &steps[i]
		began := s.After.Active() && !s.Before.Active()
		changed := slices.ContainsFunc(s.Fields, judged)
		if began || changed {
			return s.At
		}
	}
	return time.Time{}
}
