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
