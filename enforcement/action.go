package enforcement

import (
	"fmt"
	"time"

	"fairgate/rules"
)

// Target is whom an action is about.
type Target struct {
	Entity rules.Entity `json:"entity"`
	Key    string       `json:"key"`
}

// String gives "entity:key".
func (t Target) String() string { return fmt.Sprintf("%s:%s", t.Entity, t.Key) }

// MaxKey is the longest key of a target, in bytes.
const MaxKey = 256

// Valid reports whether the target's entity is one that lists can hold.
func (t Target) Valid() bool {
	switch t.Entity {
	case rules.EntityAccount, rules.EntityDevice, rules.EntitySession, rules.EntityIP, rules.EntitySubnet,
		rules.EntityASN, rules.EntityDocument, rules.EntityPhone:
		return true
	case rules.EntityPool:
		return false
	default:
		return false
	}
}

// ActionKind is a thing that enforcement or an operator did.
type ActionKind string

// Kinds of actions.
const (
	ActionBlock     ActionKind = "block"     // put on the deny list
	ActionUnblock   ActionKind = "unblock"   // taken off it
	ActionFlag      ActionKind = "flag"      // a case was opened or extended
	ActionWithdraw  ActionKind = "withdraw"  // a hold or provisional place was taken back
	ActionReinstate ActionKind = "reinstate" // and given back
	ActionNone      ActionKind = "none"      // tried and refused by the booking system
)

// Action is the durable record of something done. It is published on the
// actions topic and kept in the ledger.
type Action struct {
	ID      string     `json:"id"` // UUIDv7; the same action repeated keeps its id
	Time    time.Time  `json:"time"`
	Site    string     `json:"site"`
	Kind    ActionKind `json:"kind"`
	Target  Target     `json:"target"`
	Order   string     `json:"order,omitempty"`
	Rule    string     `json:"rule,omitempty"`
	Ruleset string     `json:"ruleset,omitempty"`
	EventID string     `json:"event_id,omitempty"` // the deciding event
	// Actor is "enforcer" or an operator's user name.
	Actor  string `json:"actor"`
	Detail string `json:"detail,omitempty"`
}

// Valid reports whether k is a known kind.
func (k ActionKind) Valid() bool {
	switch k {
	case ActionBlock, ActionUnblock, ActionFlag, ActionWithdraw, ActionReinstate, ActionNone:
		return true
	default:
		return false
	}
}

// ActorEnforcer is the actor of everything that no person did.
const ActorEnforcer = "enforcer"

// LabelValue is what an account turned out to be.
type LabelValue string

// Label values. An account without a label is never assumed human.
const (
	LabelHuman   LabelValue = "human"
	LabelScalper LabelValue = "scalper"
	LabelUnknown LabelValue = "unknown"
)

// Valid reports whether v is one of the three.
func (v LabelValue) Valid() bool {
	return v == LabelHuman || v == LabelScalper || v == LabelUnknown
}

// LabelSource says where a label came from.
type LabelSource string

// Label sources.
const (
	SourceReview    LabelSource = "review"    // an operator confirmed or cleared
	SourceAppeal    LabelSource = "appeal"    // an appeal was decided
	SourceSample    LabelSource = "sample"    // the audit sample
	SourceChallenge LabelSource = "challenge" // a challenge result
	SourceOutcome   LabelSource = "outcome"   // check-in mismatch, no-show
	SourceReport    LabelSource = "report"    // resale report, or fed in from outside
)

// Valid reports whether s is a known source.
func (s LabelSource) Valid() bool {
	switch s {
	case SourceReview, SourceAppeal, SourceSample, SourceChallenge, SourceOutcome, SourceReport:
		return true
	default:
		return false
	}
}

// Hint reports whether a label of the source only hints at what the account is:
// it counts where no person has said anything.
func (s LabelSource) Hint() bool { return s == SourceChallenge || s == SourceOutcome }

// Label is a piece of truth about an account.
type Label struct {
	ID      string      `json:"id"` // UUIDv7
	Time    time.Time   `json:"time"`
	Site    string      `json:"site"`
	Account string      `json:"account"`
	Value   LabelValue  `json:"value"`
	Source  LabelSource `json:"source"`
	Actor   string      `json:"actor"`
	Reason  string      `json:"reason,omitempty"`
	// Operator names who stands behind several accounts, where that became
	// known; empty: the account itself.
	Operator string `json:"operator,omitempty"`
	// VisitDay is the last day the label speaks about; it is mature seven days
	// after. Zero: mature at once.
	VisitDay time.Time `json:"visit_day,omitzero"`
	// Inclusion is the probability, above 0 and at most 1, with which the account
	// was drawn to be labelled; 0: it was not drawn, and the label says nothing
	// about other accounts. Week is the Monday (UTC) of the week that it was drawn
	// in; zero: the label is one of a census of any time.
	Inclusion float64   `json:"inclusion,omitempty"`
	Week      time.Time `json:"week,omitzero"`
}

// Week is the Monday, 00:00 UTC, of the week that t lies in: accounts are drawn
// for the audit sample anew in each.
func Week(t time.Time) time.Time {
	t = t.UTC().Truncate(24 * time.Hour)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}
