package life

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairgate/rules"
)

// Effect is what a change means for the visitors.
type Effect string

// Effects of a change.
const (
	// Weaker: fewer are acted on, or more mildly.
	Weaker Effect = "weaker"
	// Neutral: nobody notices, such as a rule in shadow or a description.
	Neutral Effect = "neutral"
	// Stronger: more may be acted on, or more sharply; also what cannot be
	// judged, such as another condition.
	Stronger Effect = "stronger"
)

// Valid reports whether e is a known effect.
func (e Effect) Valid() bool { return e == Weaker || e == Neutral || e == Stronger }

// Subject is what a change is about.
type Subject string

// Subjects of changes.
const (
	SubjectRule    Subject = "rule"
	SubjectFeature Subject = "feature"
	// SubjectRuleset is everything else in the document, such as score bands.
	SubjectRuleset Subject = "ruleset"
)

// Op is what happened to a subject.
type Op string

// Ops of changes.
const (
	Added   Op = "added"
	Removed Op = "removed"
	Changed Op = "changed"
)

// Change is one difference between two rulesets.
type Change struct {
	Subject Subject `json:"subject"`
	Op      Op      `json:"op"`
	// Name is the rule's id, the feature's name or the document's field.
	Name   string `json:"name"`
	Effect Effect `json:"effect"`
	// Before and After are a rule's modes; empty for other subjects and where
	// there is no such rule.
	Before rules.Mode    `json:"before,omitempty"`
	After  rules.Mode    `json:"after,omitempty"`
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one field of a Change. The values are JSON, null where the
// field is not given.
type FieldChange struct {
	Field  string          `json:"field"`
	Effect Effect          `json:"effect"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// Instant reports whether one person may publish these changes: none of them
// makes anything stronger.
func Instant(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool { return c.Effect == Stronger })
}

// Diff compares two rulesets with their defaults applied (Program.Ruleset) and
// judges every difference: rules first, then features, then the rest, each in
// the order of next with what was removed at the end. current nil stands for an
// empty one. Texts that differ in comments or order only have no difference.
//
// Fields that this package does not know are compared too, and count as
// stronger.
func Diff(current, next *rules.Ruleset) ([]Change, error) {
	if current == nil {
		current = &rules.Ruleset{}
	}
	before, err := objectOf(current)
	if err != nil {
		return nil, err
	}
	after, err := objectOf(next)
	if err != nil {
		return nil, err
	}
	out, err := diffRules(current.Rules, next.Rules)
	if err != nil {
		return nil, err
	}
	features, err := diffFeatures(current, next)
	if err != nil {
		return nil, err
	}
	out = append(out, features...)
	for _, object := range []map[string]json.RawMessage{before, after} {
		delete(object, "rules")
		delete(object, "features")
	}
	for _, f := range differing(before, after) {
		f.Effect = Stronger
		if f.Field == "name" || f.Field == "description" {
			f.Effect = Neutral
		}
		out = append(out, Change{Subject: SubjectRuleset, Op: Changed, Name: f.Field, Effect: f.Effect, Fields: []FieldChange{f}})
	}
	return out, nil
}

// diffFeatures compares the features of two rulesets. What is added or removed
// speaks through the rules that read it, which differ then.
func diffFeatures(current, next *rules.Ruleset) ([]Change, error) {
	old := map[string]*rules.Feature{}
	for i := range current.Features {
		old[current.Features[i].Name] = &current.Features[i]
	}
	acting, err := readByActing(current, next)
	if err != nil {
		return nil, err
	}
	var out []Change
	for i := range next.Features {
		f := &next.Features[i]
		before, ok := old[f.Name]
		delete(old, f.Name)
		if !ok {
			out = append(out, Change{Subject: SubjectFeature, Op: Added, Name: f.Name, Effect: Neutral})
			continue
		}
		fields, err := fieldsOf(before, f)
		if err != nil {
			return nil, err
		}
		if len(fields) == 0 {
			continue
		}
		change := Change{Subject: SubjectFeature, Op: Changed, Name: f.Name, Effect: Neutral, Fields: fields}
		for i := range change.Fields {
			field := &change.Fields[i]
			field.Effect = Neutral
			if field.Field != "description" && acting(f.Name) {
				field.Effect, change.Effect = Stronger, Stronger
			}
		}
		out = append(out, change)
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		out = append(out, Change{Subject: SubjectFeature, Op: Removed, Name: name, Effect: Neutral})
	}
	return out, nil
}

// readByActing tells of a feature whether an acting rule of either ruleset
// reads it, directly or through another feature. It looks for the name as a
// word anywhere in them, and so rather says yes.
func readByActing(rulesets ...*rules.Ruleset) (func(name string) bool, error) {
	words := map[string]bool{}
	add := func(v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("compare rulesets: %w", err)
		}
		for _, word := range strings.FieldsFunc(string(text), notOfName) {
			words[word] = true
		}
		return nil
	}
	for _, rs := range rulesets {
		for i := range rs.Rules {
			if weight(&rs.Rules[i]) == 0 {
				continue
			}
			bare := rs.Rules[i] // its examples and texts may name anything
			bare.Cases, bare.Messages, bare.Description = rules.Cases{}, rules.Messages{}, ""
			if err := add(bare); err != nil {
				return nil, err
			}
		}
		for again, read := true, map[string]bool{}; again; {
			again = false
			for i := range rs.Features {
				f := rs.Features[i]
				if !words[f.Name] || read[f.Name] {
					continue
				}
				f.Description = ""
				read[f.Name], again = true, true
				if err := add(f); err != nil {
					return nil, err
				}
			}
		}
	}
	return func(name string) bool { return words[name] }, nil
}

// notOfName reports characters that no feature's name has.
func notOfName(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// fieldsOf compares two values field by field in their JSON form.
func fieldsOf(before, after any) ([]FieldChange, error) {
	b, err := objectOf(before)
	if err != nil {
		return nil, err
	}
	a, err := objectOf(after)
	if err != nil {
		return nil, err
	}
	return differing(b, a), nil
}

// objectOf is a value's fields as JSON.
func objectOf(v any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("compare rulesets: %w", err)
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("compare rulesets: %w", err)
	}
	return out, nil
}

// differing lists the fields whose JSON differs, by name. Both sides come from
// json.Marshal, which writes maps in order, so equal bytes are equal values.
func differing(before, after map[string]json.RawMessage) []FieldChange {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var out []FieldChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		b, a := orNull(before[name]), orNull(after[name])
		if !bytes.Equal(b, a) {
			out = append(out, FieldChange{Field: name, Before: b, After: a})
		}
	}
	return out
}

func orNull(v json.RawMessage) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}
