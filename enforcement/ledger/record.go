package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
	"fairgate/scoring"
)

// DefaultRetention is how long rows are kept, by the time of what they tell:
// the law asks for six months (up to 184 days) at least.
const DefaultRetention = 190 * 24 * time.Hour

// Kind is what a Record holds. It is also the name of its table.
type Kind string

// Kinds of records.
const (
	KindEvent   Kind = "events"
	KindVerdict Kind = "verdicts"
	KindAction  Kind = "actions"
	KindOutcome Kind = "outcomes"
	KindLabel   Kind = "labels"
)

// Kinds lists every Kind.
func Kinds() []Kind { return []Kind{KindEvent, KindVerdict, KindAction, KindOutcome, KindLabel} }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool {
	switch k {
	case KindEvent, KindVerdict, KindAction, KindOutcome, KindLabel:
		return true
	default:
		return false
	}
}

// Record is one thing kept. Exactly one field is set. A Record is not to be
// changed once it was handed over.
type Record struct {
	Event   *ingest.Event
	Verdict *scoring.Verdict
	Action  *enforcement.Action
	Outcome *outcome.Record
	Label   *enforcement.Label
}

// Kind tells which field is set; empty when none is.
func (r Record) Kind() Kind {
	switch {
	case r.Event != nil:
		return KindEvent
	case r.Verdict != nil:
		return KindVerdict
	case r.Action != nil:
		return KindAction
	case r.Outcome != nil:
		return KindOutcome
	case r.Label != nil:
		return KindLabel
	default:
		return ""
	}
}

// ErrInvalidRecord is wrapped by every error of Decode and Validate.
var ErrInvalidRecord = errors.New("invalid record")

// Decode reads a record of the given kind from its JSON on the event log and
// validates it. Fields it does not know are passed over: a newer writer may
// have added them.
func Decode(kind Kind, data []byte) (Record, error) {
	var r Record
	var target any
	switch kind {
	case KindEvent:
		r.Event = &ingest.Event{}
		target = r.Event
	case KindVerdict:
		r.Verdict = &scoring.Verdict{}
		target = r.Verdict
	case KindAction:
		r.Action = &enforcement.Action{}
		target = r.Action
	case KindOutcome:
		r.Outcome = &outcome.Record{}
		target = r.Outcome
	case KindLabel:
		r.Label = &enforcement.Label{}
		target = r.Label
	default:
		return Record{}, fmt.Errorf("%w: kind %q is unknown", ErrInvalidRecord, kind)
	}
	if err := json.Unmarshal(data, target); err != nil {
		return Record{}, fmt.Errorf("%w: decode %s: %w", ErrInvalidRecord, kind, err)
	}
	if err := r.Validate(); err != nil {
		return Record{}, err
	}
	return r, nil
}

// Validate reports every field without which the record could be neither
// stored nor found again.
func (r Record) Validate() error {
	var errs []error
	need := func(field, value string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("%w: %s.%s is empty", ErrInvalidRecord, r.Kind(), field))
		}
	}
	at := func(field string, t time.Time) {
		if !Storable(t) {
			errs = append(errs, fmt.Errorf("%w: %s.%s %q is not a time between 1970 and 2100", ErrInvalidRecord, r.Kind(), field, t.Format(time.RFC3339)))
		}
	}
	switch {
	case r.Event != nil:
		need("id", r.Event.ID)
		at("time", r.Event.Time)
	case r.Verdict != nil:
		need("event_id", r.Verdict.EventID)
		need("stage", string(r.Verdict.Stage))
		at("time", r.Verdict.Time)
	case r.Action != nil:
		need("id", r.Action.ID)
		need("kind", string(r.Action.Kind))
		at("time", r.Action.Time)
	case r.Outcome != nil:
		need("id", r.Outcome.ID)
		need("order_id", r.Outcome.OrderID)
		at("occurred_at", r.Outcome.OccurredAt)
	case r.Label != nil:
		need("id", r.Label.ID)
		need("account", r.Label.Account)
		at("time", r.Label.Time)
		if !r.Label.Value.Valid() {
			errs = append(errs, fmt.Errorf("%w: labels.value %q is unknown", ErrInvalidRecord, r.Label.Value))
		}
	default:
		errs = append(errs, fmt.Errorf("%w: it is empty", ErrInvalidRecord))
	}
	return errors.Join(errs...)
}

// Storable reports whether t can be kept as a DateTime64(3) that partitions
// sensibly.
func Storable(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2100 && t.UnixMilli() >= 0 }
