package enforcement

import (
	"context"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Delivery is one message of the verdict topic. Handle is the source's own.
type Delivery struct {
	Value  []byte // scoring.Verdict as JSON
	Handle any
}

// Source delivers verdicts at least once.
type Source interface {
	// Fetch returns the next delivery and does not commit it.
	Fetch(ctx context.Context) (Delivery, error)
	// Commit marks deliveries, in the order of Fetch, as done.
	Commit(ctx context.Context, deliveries ...Delivery) error
}

// DeadLetters takes what cannot be enforced, with the reason.
type DeadLetters interface {
	Bury(ctx context.Context, d Delivery, reason error) error
}

// Cases is the review queue as the Enforcer needs it; *cases.Service is one.
type Cases interface {
	// Record opens or extends the cases of the findings. A finding that was
	// recorded before changes nothing.
	Record(ctx context.Context, findings []Finding) error
}

// Finding is what one verdict adds to the case of its subject.
type Finding struct {
	Site    string
	Target  Target // the account, or what acted where no account is known
	EventID string
	Stage   rules.Stage
	Time    time.Time // of the event
	Kind    ingest.Kind
	Order   string
	Receipt string
	Ruleset string
	Score   float64
	// Cluster is the group of linked accounts that the account belongs to.
	Cluster string
	// Hits are those that act, the excused ones left out.
	Hits []ingest.Hit
	// Features are the values that the rules saw, those without a value left
	// out.
	Features map[string]float64
}

// Opens reports whether the finding opens a case: a flag or a block does, a
// challenge is only added to a case that is open already.
func (f Finding) Opens() bool {
	for _, h := range f.Hits {
		if h.Action == ingest.Flag || h.Action == ingest.Block {
			return true
		}
	}
	return false
}

// Sweep asks to take back what an account holds: its held and provisional
// orders.
type Sweep struct {
	Site    string
	Account string
	Target  Target // what was blocked: the account, or a device or session of it
	Rule    string
	Ruleset string
	EventID string // the event that caused it; one sweep an event
	Receipt string
	Class   ingest.Reason // given to the booking system as the reason code
	At      time.Time     // of the event
}

// Sweeps is the durable queue of sweeps; *cases.Withdrawals is one.
type Sweeps interface {
	// Request queues sweeps. One that was queued before changes nothing.
	Request(ctx context.Context, sweeps []Sweep) error
}

// Considered is a decision that the audit sample may draw.
type Considered struct {
	Site    string
	Account string
	EventID string
	Time    time.Time // of the event
	Action  ingest.Action
	Score   float64 // 0 to 100
	// VisitDay is the day that was booked for; zero: none.
	VisitDay time.Time
}

// Sampler draws accounts for the audit sample; *cases.Sampler is one.
type Sampler interface {
	// Consider looks at decisions that were taken. A repeat changes nothing.
	Consider(ctx context.Context, decisions []Considered) error
}
