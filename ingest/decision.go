package ingest

import "context"

// Action is what the edge does with a request.
type Action string

// Actions, from the mildest to the most severe.
const (
	Allow     Action = "allow"
	Flag      Action = "flag"
	Challenge Action = "challenge"
	Block     Action = "block"
)

// Valid reports whether a is one of the four actions.
func (a Action) Valid() bool { return a.Severity() >= 0 }

// Severity orders actions: allow 0, flag 1, challenge 2, block 3, unknown -1.
func (a Action) Severity() int {
	switch a {
	case Allow:
		return 0
	case Flag:
		return 1
	case Challenge:
		return 2
	case Block:
		return 3
	default:
		return -1
	}
}

// Reason is one of at most five classes that a refused visitor may learn. It
// never names a rule.
type Reason string

// The reason classes.
const (
	ReasonNone     Reason = ""
	ReasonPace     Reason = "pace"     // too many requests in too short a time
	ReasonIdentity Reason = "identity" // documents, accounts or devices do not fit together
	ReasonClient   Reason = "client"   // what speaks does not look like a browser or app
	ReasonReview   Reason = "review"   // an earlier decision about this account stands
	ReasonService  Reason = "service"  // the site admits nobody right now (fail mode closed)
)

// Valid reports whether r is a known class.
func (r Reason) Valid() bool {
	switch r {
	case ReasonNone, ReasonPace, ReasonIdentity, ReasonClient, ReasonReview, ReasonService:
		return true
	default:
		return false
	}
}

// Decision is what the edge must do about one event, and why. It travels with
// the event, so that the async stages and the ledger see what was decided and
// from which feature values.
type Decision struct {
	Action Action `json:"action,omitempty"`
	// Observed is the action that would have been taken where the route or
	// site is in observe mode; Action is then allow.
	Observed Action `json:"observed,omitempty"`
	Reason   Reason `json:"reason,omitempty"`
	// Receipt is the opaque number that a refused visitor can appeal with.
	Receipt string `json:"receipt,omitempty"`
	// Ruleset is the version (content hash) that decided.
	Ruleset string `json:"ruleset,omitempty"`
	// Hits are the in-line rules that fired, live and canary ones, and
	// "list:…" entries. Operators see them, visitors never.
	Hits []Hit `json:"hits,omitempty"`
	// Score is the sum of the scores of the hits, 0 to 100.
	Score float64 `json:"score,omitempty"`
	// Snapshot holds the feature values the rules saw.
	Snapshot Snapshot `json:"snapshot,omitzero"`
	// Degraded says that counters or lists were not the fleet's own.
	Degraded bool `json:"degraded,omitempty"`
	// Passed says that a challenge had been asked for and a valid pass met it.
	Passed bool `json:"passed,omitempty"`
	// Ticket goes to a challenged visitor, who gives it back when asking for the
	// challenge: by it that knows how much is wanted. It is not recorded.
	Ticket string `json:"-"`
}

// Hit is one rule that fired.
type Hit struct {
	Rule   string `json:"rule"`
	Action Action `json:"action"`
	// Entity and Key name whom the rule acts on (on: account → "account").
	Entity string  `json:"entity"`
	Key    string  `json:"key"`
	Score  float64 `json:"score,omitempty"`
	// TTL is for how many seconds the action is to stand; 0: this request.
	TTL int64 `json:"ttl,omitempty"`
	// Repeat says how long the block of a repeat offender stands instead of
	// TTL; nil: as long. It is shared and must not be changed.
	Repeat *Repeat `json:"repeat,omitempty"`
	Reason Reason  `json:"reason,omitempty"`
	// From is set where the hit is a score band: the sum of the scores that it
	// begins at. Of several bands that were reached the highest acts.
	From float64 `json:"from,omitempty"`
	// Again says that a pass which came with the request does not meet this
	// challenge: the rule asks because of how the last one was met.
	Again bool `json:"again,omitempty"`
	// Shadow hits are recorded and never act.
	Shadow bool `json:"shadow,omitempty"`
}

// Repeat escalates the blocks of one target by one rule: the second within the
// last Within seconds stands for TTL[0] seconds, the third for TTL[1], and
// those after the last step for as long as that.
type Repeat struct {
	Within int64   `json:"within"`
	TTL    []int64 `json:"ttl"`
}

// Snapshot is the vector of feature values at one moment. Names and Values
// have the same length; Names is shared between snapshots of one ruleset and
// must not be changed.
type Snapshot struct {
	Names  []string  `json:"names,omitempty"`
	Values []float64 `json:"values,omitempty"`
}

// IsZero reports an empty snapshot.
func (s Snapshot) IsZero() bool { return len(s.Values) == 0 }

// Screener decides what the edge must do. Implementations are safe for
// concurrent use, honour the context's deadline, and never return an invalid
// Decision: when an engine is away they answer as the route's fail mode says
// and set Degraded.
type Screener interface {
	// Screen counts e and decides about it, in at most one round trip to the
	// shared counters in the normal case. It fills nothing but its result and
	// e.Pass.
	Screen(ctx context.Context, e *Event, policy Policy) Decision
	// Observe counts what only the response tells (e.Outcome). It is called
	// off the visitor's path, once per completed event.
	Observe(ctx context.Context, e *Event) error
}

// FailMode is what a route does when screening cannot be done properly.
type FailMode string

// Fail modes.
const (
	FailDegraded FailMode = "degraded" // in-process counters, list snapshots
	FailOpen     FailMode = "open"     // let everything pass
	FailClosed   FailMode = "closed"   // let nothing pass
)

// Valid reports whether m is a known mode.
func (m FailMode) Valid() bool { return m == FailDegraded || m == FailOpen || m == FailClosed }

// Policy is what the route table says about screening a request, with the
// pass that the visitor presented.
type Policy struct {
	Observe  bool
	FailMode FailMode
	// Pass is the raw challenge pass from the request, or empty.
	Pass string
}

// Recorder takes events to the log. Implementations are safe for concurrent
// use.
type Recorder interface {
	// Intend makes the intent durable before it returns (group commit, a few
	// milliseconds). An error means that the intent is not on disk.
	Intend(ctx context.Context, e *Event) error
	// Complete records the finished event. For an event that was intended it
	// completes the intent; for others at most one second of them may be lost
	// in a crash. It does not wait for the disk; an error means the event was
	// not taken and has been counted.
	Complete(ctx context.Context, e *Event) error
}
