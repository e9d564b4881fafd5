package life

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"fairgate/rules"
)

// weight is the share of the accounts that a rule acts on.
func weight(r *rules.Rule) float64 {
	switch r.Mode {
	case rules.ModeLive:
		return 1
	case rules.ModeCanary:
		return r.Share
	default:
		return 0
	}
}

func diffRules(current, next []rules.Rule) ([]Change, error) {
	old := map[string]*rules.Rule{}
	for i := range current {
		old[current[i].ID] = &current[i]
	}
	var out []Change
	for i := range next {
		r := &next[i]
		before, ok := old[r.ID]
		delete(old, r.ID)
		if !ok {
			change := Change{Subject: SubjectRule, Op: Added, Name: r.ID, Effect: Neutral, After: r.Mode}
			if weight(r) > 0 {
				change.Effect = Stronger
			}
			out = append(out, change)
			continue
		}
		change, err := diffRule(before, r)
		if err != nil {
			return nil, err
		}
		if len(change.Fields) > 0 {
			out = append(out, change)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		change := Change{Subject: SubjectRule, Op: Removed, Name: id, Effect: Neutral, Before: old[id].Mode}
		if weight(old[id]) > 0 {
			change.Effect = Weaker
		}
		out = append(out, change)
	}
	return out, nil
}

// diffRule judges the fields of one rule. The rule is stronger where one field
// is, whatever the others are.
func diffRule(before, after *rules.Rule) (Change, error) {
	change := Change{Subject: SubjectRule, Op: Changed, Name: after.ID, Effect: Neutral, Before: before.Mode, After: after.Mode}
	var err error
	if change.Fields, err = fieldsOf(before, after); err != nil {
		return change, err
	}
	for i := range change.Fields {
		f := &change.Fields[i]
		f.Effect = judge(f.Field, before, after)
		switch {
		case f.Effect == Stronger:
			change.Effect = Stronger
		case f.Effect == Weaker && change.Effect == Neutral:
			change.Effect = Weaker
		}
	}
	return change, nil
}

// judge says what another value of one field does.
func judge(field string, before, after *rules.Rule) Effect {
	was, is := weight(before), weight(after)
	if field == "mode" || field == "share" {
		return direction(was, is)
	}
	if is == 0 {
		return Neutral // it acts on nobody; what ceased to act is told by its mode
	}
	switch field {
	case "description", "owner", "scenarios", "messages":
		return Neutral
	case "action":
		return direction(before.Action.Severity(), after.Action.Severity())
	case "score":
		return direction(before.Score, after.Score)
	case "ttl":
		return direction(before.TTL, after.TTL)
	case "cases":
		if keeps(before.Cases.MustFire, after.Cases.MustFire) && keeps(before.Cases.MustNotFire, after.Cases.MustNotFire) {
			return Neutral // examples were added, or none is needed
		}
		return Stronger
	default:
		return Stronger
	}
}

// direction says what more of something that bites does.
func direction[T cmp.Ordered](before, after T) Effect {
	switch {
	case after < before:
		return Weaker
	case after > before:
		return Stronger
	default:
		return Neutral
	}
}

// keeps reports whether every example of before is still there.
func keeps(before, after []rules.Case) bool {
	for i := range before {
		if !slices.ContainsFunc(after, func(c rules.Case) bool { return reflect.DeepEqual(c, before[i]) }) {
			return false
		}
	}
	return true
}
