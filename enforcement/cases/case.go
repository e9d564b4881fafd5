package cases

import (
	"errors"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/rules"
)

// Errors of the Service.
var (
	// ErrNotFound: there is no such case.
	ErrNotFound = errors.New("case not found")
	// ErrDecided: the case is in a state that the decision cannot follow.
	ErrDecided = errors.New("case is decided already")
	// ErrBadInput is wrapped where a request misses a field.
	ErrBadInput = errors.New("bad case request")
)

// State is where a case stands.
type State string

// States of a case.
const (
	Open      State = "open"      // waits for a decision
	Watch     State = "watch"     // looked at, left to grow
	Confirmed State = "confirmed" // a scalper
	Cleared   State = "cleared"   // a person, or all of it was undone; a later finding opens a new case
)

// Valid reports whether s is a known state.
func (s State) Valid() bool { return s == Open || s == Watch || s == Confirmed || s == Cleared }

// Bounds of the evidence that a case keeps: the first findings, which made it,
// and the latest.
const (
	keepFirst  = 20
	keepLatest = 30
)

// Case is all that is held against one subject.
type Case struct {
	ID       string             `json:"id"`
	Site     string             `json:"site"`
	Target   enforcement.Target `json:"target"`
	State    State              `json:"state"`
	Severity ingest.Action      `json:"severity"` // the most severe of its hits
	// Rules counts the findings that each rule had a part in.
	Rules    map[string]int `json:"rules"`
	Findings int            `json:"findings"`
	Score    float64        `json:"score"` // the highest, 0 to 100
	// Opened and Updated are the event times of the first and latest finding.
	Opened    time.Time `json:"opened_at"`
	Updated   time.Time `json:"updated_at"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	DecidedBy string    `json:"decided_by,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	// Cluster is the group of linked accounts that the account was last seen in.
	Cluster string `json:"cluster,omitempty"`
	// Version grows with every decision: who decides names the one that was seen.
	Version int64 `json:"version"`
	// Evidence is filled by Get: oldest first, at most 50 findings.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Evidence is one finding as a case keeps it.
type Evidence struct {
	EventID  string             `json:"event_id"`
	Stage    rules.Stage        `json:"stage"`
	Time     time.Time          `json:"time"`
	Kind     ingest.Kind        `json:"kind"`
	Order    string             `json:"order_id,omitempty"`
	Receipt  string             `json:"receipt,omitempty"`
	Ruleset  string             `json:"ruleset"`
	Score    float64            `json:"score"`
	Hits     []ingest.Hit       `json:"hits"`
	Features map[string]float64 `json:"features,omitempty"`
}

// Standing is how an account stands: what denies it, and its case.
type Standing struct {
	Site   string             `json:"site"`
	Target enforcement.Target `json:"target"`
	// Blocks are the active deny entries of the target and, for an account, of
	// the devices and sessions denied because of it.
	Blocks []lists.Entry `json:"blocks,omitempty"`
	Case   *Case         `json:"case,omitempty"`
	// Blind says that the rest is not shown: the account waits for a first opinion
	// of the reader, because it was flagged or because it was drawn.
	Blind bool `json:"blind,omitempty"`
}
