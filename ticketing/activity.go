package ticketing

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Activity is what a pool that visitors sign up for has beside its places: what
// it is, and what it asks them. Texts are shown as they are, in Chinese first.
//
// Its days open for booking by themselves: each so many days ahead at a time of
// day by the pool's rules (Rules.DaysAhead, Rules.DailyOpening), or at the
// moment that the day itself names (DayCapacity.OpensAt). Both are judged by the
// clock at every booking, so that nothing need run for a day to open.
type Activity struct {
	DescriptionZH string  `json:"description_zh,omitempty"`
	DescriptionEN string  `json:"description_en,omitempty"`
	PlaceZH       string  `json:"place_zh,omitempty"`
	PlaceEN       string  `json:"place_en,omitempty"`
	SpeakerZH     string  `json:"speaker_zh,omitempty"`
	SpeakerEN     string  `json:"speaker_en,omitempty"`
	Fields        []Field `json:"fields,omitempty"`
}

// FieldType says what answers a field takes.
type FieldType string

// The types of fields.
const (
	FieldText    FieldType = "text"
	FieldNumber  FieldType = "number"
	FieldChoice  FieldType = "choice" // one of the options
	FieldBoolean FieldType = "boolean"
	FieldDate    FieldType = "date" // YYYY-MM-DD
)

// Valid reports whether t is one of the known types.
func (t FieldType) Valid() bool {
	switch t {
	case FieldText, FieldNumber, FieldChoice, FieldBoolean, FieldDate:
		return true
	}
	return false
}

// FieldPer says how often a field is asked.
type FieldPer string

// How often a field is asked.
const (
	PerOrder    FieldPer = "order" // the default
	PerPosition FieldPer = "position"
)

// Valid reports whether p is one of the known values.
func (p FieldPer) Valid() bool { return p == PerOrder || p == PerPosition }

// Field is one thing that an activity asks. Fields may be changed and dropped
// at any time: every answer is kept with the labels and the type of the field
// it was given to, and stays readable.
type Field struct {
	ID        string    `json:"id"`
	LabelZH   string    `json:"label_zh"`
	LabelEN   string    `json:"label_en"`
	Type      FieldType `json:"type"`
	Per       FieldPer  `json:"per,omitempty"` // empty = PerOrder
	Required  bool      `json:"required,omitempty"`
	Options   []string  `json:"options,omitempty"`    // of a choice
	Min       *float64  `json:"min,omitempty"`        // of a number
	Max       *float64  `json:"max,omitempty"`        // of a number
	MaxLength int       `json:"max_length,omitempty"` // of a text, in characters; 0 = 200
	Personal  bool      `json:"personal,omitempty"`   // answers are sealed and shown masked
}

// per is how often the field is asked.
func (f Field) per() FieldPer {
	if f.Per == "" {
		return PerOrder
	}
	return f.Per
}

// Bounds of an activity.
const (
	maxDescription = 4000 // bytes
	maxWhere       = 200  // bytes, of a place or a speaker
	maxFields      = 20
	maxLabel       = 200 // bytes
	maxOptions     = 50
	maxOption      = 100  // bytes
	maxText        = 1000 // characters
	defaultText    = 200  // characters
	maxNumber      = 1e15 // whole numbers up to here are exact
)

// validate names the first field that is wrong.
func (a Activity) validate() error {
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"description_zh", a.DescriptionZH, maxDescription},
		{"description_en", a.DescriptionEN, maxDescription},
		{"place_zh", a.PlaceZH, maxWhere},
		{"place_en", a.PlaceEN, maxWhere},
		{"speaker_zh", a.SpeakerZH, maxWhere},
		{"speaker_en", a.SpeakerEN, maxWhere},
	} {
		if len(text.value) > text.most || !utf8.ValidString(text.value) {
			return invalidField("activity."+text.field, "want at most %d bytes of text, got %d", text.most, len(text.value))
		}
	}
	if len(a.Fields) > maxFields {
		return invalidField("activity.fields", "want at most %d, got %d", maxFields, len(a.Fields))
	}
	for i, f := range a.Fields {
		name := fmt.Sprintf("activity.fields[%d]", i)
		if err := f.validate(name); err != nil {
			return err
		}
		if slices.ContainsFunc(a.Fields[:i], func(o Field) bool { return o.ID == f.ID }) {
			return invalidField(name+".id", "another field is named %q too", f.ID)
		}
	}
	return nil
}

func (f Field) validate(name string) error {
	if !validPoolID(f.ID) {
		return invalidField(name+".id", "want 1 to 64 of a-z, 0-9, _ and -, got %q", shorten(f.ID))
	}
	for _, label := range []struct{ field, value string }{{"label_zh", f.LabelZH}, {"label_en", f.LabelEN}} {
		if label.value == "" || len(label.value) > maxLabel || !utf8.ValidString(label.value) {
			return invalidField(name+"."+label.field, "want 1 to %d bytes of text, got %d", maxLabel, len(label.value))
		}
	}
	if !f.Type.Valid() {
		return invalidField(name+".type", "want text, number, choice, boolean or date, got %q", shorten(string(f.Type)))
	}
	if !f.per().Valid() {
		return invalidField(name+".per", "want order or position, got %q", shorten(string(f.Per)))
	}
	if f.MaxLength != 0 && f.Type != FieldText {
		return invalidField(name+".max_length", "is for texts, not for a %s", f.Type)
	}
	if f.MaxLength < 0 || f.MaxLength > maxText {
		return invalidField(name+".max_length", "want 1 to %d characters, got %d", maxText, f.MaxLength)
	}
	if err := f.validateOptions(name); err != nil {
		return err
	}
	return f.validateRange(name)
}

func (f Field) validateOptions(name string) error {
	if f.Type != FieldChoice {
		if len(f.Options) > 0 {
			return invalidField(name+".options", "are for choices, not for a %s", f.Type)
		}
		return nil
	}
	if len(f.Options) == 0 || len(f.Options) > maxOptions {
		return invalidField(name+".options", "want 1 to %d, got %d", maxOptions, len(f.Options))
	}
	for i, option := range f.Options {
		field := fmt.Sprintf("%s.options[%d]", name, i)
		if option == "" || len(option) > maxOption || !utf8.ValidString(option) {
			return invalidField(field, "want 1 to %d bytes of text, got %d", maxOption, len(option))
		}
		if slices.Contains(f.Options[:i], option) {
			return invalidField(field, "stands there twice")
		}
	}
	return nil
}

func (f Field) validateRange(name string) error {
	for _, bound := range []struct {
		field string
		value *float64
	}{{"min", f.Min}, {"max", f.Max}} {
		if bound.value == nil {
			continue
		}
		if f.Type != FieldNumber {
			return invalidField(name+"."+bound.field, "is for numbers, not for a %s", f.Type)
		}
		if !(math.Abs(*bound.value) <= maxNumber) { // also not a number
			return invalidField(name+"."+bound.field, "want -1e15 to 1e15")
		}
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		return invalidField(name+".max", "want at least min, %s, got %s", formatNumber(*f.Min), formatNumber(*f.Max))
	}
	return nil
}
