package life

import (
	"context"
	"time"

	"fairgate/rules"
)

// Gate looks at a ruleset that is about to be published and objects to what
// should not go live. Implementations are safe for concurrent use.
type Gate interface {
	// Check compares the version that is to be published with the one in use.
	// current is nil where nothing was in use before. An error says that the
	// gate could not judge; nothing is published then.
	Check(ctx context.Context, current, next *rules.Program) ([]Objection, error)
}

// Objection is one reason against a publication.
type Objection struct {
	Kind    ObjectionKind `json:"kind"`
	Rule    string        `json:"rule,omitempty"`    // id of the rule concerned
	Feature string        `json:"feature,omitempty"` // name of the feature concerned
	Text    string        `json:"text"`              // a sentence
	// Until is when the objection lapses by itself, such as the end of a
	// feature's warm-up; zero where it does not.
	Until time.Time `json:"until,omitzero"`
	// Overridable says that a second person may publish all the same, with a
	// reason.
	Overridable bool `json:"overridable"`
	// Bars says that the version cannot even be proposed: its author can mend it
	// now, and no second person's time is asked for.
	Bars bool `json:"bars_proposal,omitempty"`
	// Harm is what an ObjectionBudget rests on, where there are figures.
	Harm *Harm `json:"harm,omitempty"`
}

// Harm is how many people a version would harm, of those that are known.
type Harm struct {
	People uint64 `json:"people"`
	Of     uint64 `json:"of"`
	// Low and High bound the share with 95 % confidence; Limit is the budget.
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Limit float64 `json:"limit"`
}

// ObjectionKind classifies objections.
type ObjectionKind string

// Kinds of objections.
const (
	ObjectionCompile ObjectionKind = "compile" // the document is not a valid ruleset
	ObjectionCases   ObjectionKind = "cases"   // an example of a rule does not hold
	ObjectionLint    ObjectionKind = "lint"    // a rule cannot do what its author meant
	ObjectionLife    ObjectionKind = "life"    // a rule skips a step of its life
	ObjectionWarming ObjectionKind = "warming" // a feature has not seen its window yet
	ObjectionBudget  ObjectionKind = "budget"  // people would be harmed beyond the budget
)

// ObjectionKinds lists every ObjectionKind.
func ObjectionKinds() []ObjectionKind {
	return []ObjectionKind{
		ObjectionCompile, ObjectionCases, ObjectionLint, ObjectionLife, ObjectionWarming, ObjectionBudget,
	}
}

// Valid reports whether k is one of ObjectionKinds.
func (k ObjectionKind) Valid() bool {
	switch k {
	case ObjectionCompile, ObjectionCases, ObjectionLint, ObjectionLife, ObjectionWarming, ObjectionBudget:
		return true
	}
	return false
}

// Gates asks several gates in turn and is one itself.
type Gates []Gate

// Check joins the objections of all gates, in order.
func (g Gates) Check(ctx context.Context, current, next *rules.Program) ([]Objection, error) {
	var all []Objection
	for _, gate := range g {
		objections, err := gate.Check(ctx, current, next)
		if err != nil {
			return nil, err
		}
		all = append(all, objections...)
	}
	return all, nil
}
