// Package appeals takes in what refused visitors say against it, and sees to it
// that a person answers in time.
//
// It owns appeals: filing by receipt (enforcement.Receipts), one open appeal a
// subject, the time limit and what happens after it, and the decision. Desk is
// the visitor's side, which the gateway mounts; Service is the operators'. States
// and words are the same whatever the reason, and no rule is ever named.
//
// Many appeals of one cluster or network are looked at together: the queue shows
// them as one, a case names them, and beyond a bound a network has to wait, so
// that a farm cannot bury the others'.
//
// It lifts nothing itself: granting clears the subject through enforcement/cases.
package appeals

import (
	"errors"
	"time"

	"fairgate/enforcement"
)

// State is where an appeal stands.
type State string

// States of an appeal.
const (
	Received State = "received" // a person will look at it
	Granted  State = "granted"  // the restriction was lifted
	Declined State = "declined" // it stays
)

// Valid reports whether s is a known state.
func (s State) Valid() bool { return s == Received || s == Granted || s == Declined }

// Errors of appeals.
var (
	ErrNotFound = errors.New("appeal not found")
	ErrBadInput = errors.New("bad appeal")
	// ErrDecided: somebody decided it already.
	ErrDecided = errors.New("appeal is decided already")
	// ErrSameReviewer: who decided the case does not decide about the appeal.
	ErrSameReviewer = errors.New("who decided about the subject before cannot decide its appeal")
	// ErrCrowded: too many open appeals came from this network.
	ErrCrowded = errors.New("too many open appeals from this network; try again later")
)

// Bounds.
const (
	MaxText    = 1000 // characters of an appeal
	MaxPage    = 500
	maxSubnet  = 1000 // open appeals of one network
	bunchFrom  = 5    // open appeals that are shown and decided together
	maxBunched = 500  // that one decision decides
)

// Appeal is what a visitor said against a refusal.
type Appeal struct {
	ID       string             `json:"id"`
	Site     string             `json:"-"`
	Receipt  string             `json:"receipt"`
	Target   enforcement.Target `json:"subject"`
	Text     string             `json:"text"` // plain text of the visitor
	Language string             `json:"language"`
	State    State              `json:"state"`
	Received time.Time          `json:"received_at"`
	Due      time.Time          `json:"due_at"`
	// Escalated is when it became overdue; zero: it is not.
	Escalated time.Time `json:"escalated_at,omitzero"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	DecidedBy string    `json:"decided_by,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	// Bunch names the cluster or network that it is looked at with, Bunched how
	// many open ones that has.
	Bunch   string `json:"bunch,omitempty"`
	Bunched int    `json:"bunched,omitempty"`
}

// Status is all that a visitor learns.
type Status struct {
	State    State     `json:"state"`
	Received time.Time `json:"received_at"`
	Due      time.Time `json:"due_at"`
	Decided  time.Time `json:"decided_at,omitzero"`
}

// status is what a visitor learns of an appeal.
func (a Appeal) status() Status {
	return Status{State: a.State, Received: a.Received, Due: a.Due, Decided: a.DecidedAt}
}
