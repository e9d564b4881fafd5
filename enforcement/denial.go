package enforcement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Denial asks the lists to deny a target.
type Denial struct {
	Site   string // empty: every site (operators only)
	Target Target
	// Account is the account behind the event where the target is something
	// else (its device, its session): clearing the account lifts the entry.
	Account string
	Source  EntrySource
	Rule    string // EntryByRule only
	Ruleset string
	// Class is what the visitor may learn; Reason is the note for operators.
	Class   ingest.Reason
	Reason  string
	Actor   string // "enforcer" or an operator's user name
	EventID string // the deciding event, where there is one
	At      time.Time
	// TTL is how long from At the entry stands; 0: until it is lifted
	// (operators only).
	TTL time.Duration
	// Repeat says how long the block of a repeat offender stands instead; nil:
	// as long as any. EntryByRule only.
	Repeat *ingest.Repeat
}

// ErrBadDenial is wrapped by every error of Denial.Validate.
var ErrBadDenial = errors.New("bad denial")

// Validate reports every field that makes the denial impossible.
func (d Denial) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrBadDenial}, args...)...))
	}
	if d.Target.Key == "" || len(d.Target.Key) > MaxKey {
		bad("key has %d bytes, want 1 to %d", len(d.Target.Key), MaxKey)
	}
	if !d.Target.Valid() {
		bad("entity %q is unknown", d.Target.Entity)
	}
	if !d.Source.Valid() {
		bad("source %q is unknown", d.Source)
	}
	if !d.Class.Valid() {
		bad("class %q is unknown", d.Class)
	}
	if d.Actor == "" {
		bad("actor is missing")
	}
	if d.At.IsZero() || d.TTL < 0 {
		bad("at %v with ttl %v", d.At, d.TTL)
	}
	switch {
	case d.Source == EntryByRule && (d.Rule == "" || d.Site == "" || d.TTL == 0):
		bad("a rule's entry needs rule %q, site %q and ttl %v", d.Rule, d.Site, d.TTL)
	case d.Source == EntryByRule && !Blockable(d.Target.Entity):
		bad("entity %q cannot be blocked by a rule", d.Target.Entity)
	case d.Repeat != nil && !validRepeat(d):
		bad("repeat within %d s with steps of %v s after ttl %v", d.Repeat.Within, d.Repeat.TTL, d.TTL)
	case d.Source == EntryByHand && d.Reason == "":
		bad("an operator's entry needs a reason")
	}
	return errors.Join(errs...)
}

// validRepeat reports that every step of the escalation stands longer than the
// one before it, and none longer than a rule's block may.
func validRepeat(d Denial) bool {
	before := d.TTL
	for _, seconds := range d.Repeat.TTL {
		if seconds > int64(rules.MaxTTL/time.Second) {
			return false
		}
		ttl := time.Duration(seconds) * time.Second
		if ttl <= before {
			return false
		}
		before = ttl
	}
	return d.Source == EntryByRule && len(d.Repeat.TTL) > 0 && len(d.Repeat.TTL) <= rules.MaxRepeatSteps &&
		d.Repeat.Within > 0 && d.Repeat.Within <= int64(rules.MaxRepeatWithin/time.Second)
}

// Denied is what became of a Denial.
type Denied struct {
	EntryID string
	// EventID is the event that the entry rests on: the one that first caused
	// it.
	EventID string
	// Stands is false where an exception or an earlier clearing of the target
	// forbids the entry.
	Stands bool
	// Changed says that the entry is new or was extended by this call.
	Changed bool
}

// Lists is the deny list as the Enforcer needs it; *lists.Service is one.
type Lists interface {
	// Deny denies targets, all or none, and says what became of each. A repeat
	// extends an entry and never shortens it.
	Deny(ctx context.Context, denials []Denial) ([]Denied, error)
	// Standing reports whether one of the targets is denied for the site by an
	// entry that has not ended by at, and returns it.
	Standing(ctx context.Context, site string, targets []Target, at time.Time) (Denial, bool, error)
	// Excused reports whether an exception, or a clearing after at, takes the
	// rule's matches for the target away.
	Excused(ctx context.Context, site string, target Target, rule string, at time.Time) (bool, error)
}
