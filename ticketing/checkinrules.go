package ticketing

import (
	"fmt"
	"slices"
	"time"

	"fairgate/ticketing/document"
)

// ReEntry says whether somebody who entered may enter again on the same day.
type ReEntry string

// The kinds of re-entry. The zero value is ReEntryNone.
const (
	ReEntryNone      ReEntry = "none"
	ReEntrySameDay   ReEntry = "same_day"   // also without having been seen to leave
	ReEntryAfterExit ReEntry = "after_exit" // only who was scanned on the way out
)

// Valid reports whether r is one of the known kinds, or empty.
func (r ReEntry) Valid() bool {
	switch r {
	case "", ReEntryNone, ReEntrySameDay, ReEntryAfterExit:
		return true
	}
	return false
}

// CheckInRules are what a pool asks at its gates. The zero value of a field
// means that there is no such rule: then a visitor may enter once, with the
// code or the document, at any gate, while their slot (or day) lasts.
type CheckInRules struct {
	From Clock `json:"from,omitempty"` // nobody enters before this time of the day …
	To   Clock `json:"to,omitempty"`   // … nor from this one on

	FromSeconds int64 `json:"from_seconds,omitempty"` // entry begins so long after the slot's start; negative: before it
	ToSeconds   int64 `json:"to_seconds,omitempty"`   // and ends so long after it; 0 = with the slot

	GraceBeforeSeconds int64 `json:"grace_before_seconds,omitempty"` // who is early by so much is let in all the same …
	GraceAfterSeconds  int64 `json:"grace_after_seconds,omitempty"`  // … and who is late by so much

	ReEntry    ReEntry `json:"re_entry,omitempty"`
	MaxEntries int     `json:"max_entries,omitempty"` // of one ticket in all; 0 = as often as ReEntry allows

	CodeOnly  bool            `json:"code_only,omitempty"` // documents are not scanned here
	Documents []document.Type `json:"documents,omitempty"` // that may be scanned; none named = all
	Gates     []string        `json:"gates,omitempty"`     // where the pool is entered; none named = anywhere

	AdultFirst bool `json:"adult_first,omitempty"` // a minor enters after or with the adult they are tied to
	Together   bool `json:"together,omitempty"`    // one scan admits everybody of a ticket for several persons
}

// Bounds of the rules for check-in.
const (
	maxGrace   = 24 * 60 * 60 // seconds
	maxEntries = 100
	maxGates   = 50
	maxGate    = 64 // bytes
)

// validate names the first field that is wrong.
func (r *CheckInRules) validate() error {
	if r == nil {
		return nil
	}
	const prefix = "rules.check_in."
	for _, clock := range []struct {
		field string
		value Clock
	}{{"from", r.From}, {"to", r.To}} {
		if clock.value == "" {
			continue
		}
		if _, err := ParseClock(string(clock.value)); err != nil {
			return invalidField(prefix+clock.field, "%v", err)
		}
	}
	if r.From != "" && r.To != "" && r.From >= r.To {
		return invalidField(prefix+"to", "want a time after %s, got %s", r.From, r.To)
	}
	for _, bound := range []struct {
		field           string
		value, low, max int64
	}{
		{"from_seconds", r.FromSeconds, -maxGrace, maxGrace},
		{"to_seconds", r.ToSeconds, 0, maxGrace},
		{"grace_before_seconds", r.GraceBeforeSeconds, 0, maxGrace},
		{"grace_after_seconds", r.GraceAfterSeconds, 0, maxGrace},
		{"max_entries", int64(r.MaxEntries), 0, maxEntries},
	} {
		if bound.value < bound.low || bound.value > bound.max {
			return invalidField(prefix+bound.field, "want %d to %d, got %d", bound.low, bound.max, bound.value)
		}
	}
	if r.ToSeconds != 0 && r.ToSeconds <= r.FromSeconds {
		return invalidField(prefix+"to_seconds", "want more than from_seconds, %d, got %d", r.FromSeconds, r.ToSeconds)
	}
	if !r.ReEntry.Valid() {
		return invalidField(prefix+"re_entry", "want none, same_day or after_exit, got %q", shorten(string(r.ReEntry)))
	}
	if r.MaxEntries > 0 && (r.ReEntry == "" || r.ReEntry == ReEntryNone) {
		return invalidField(prefix+"max_entries", "needs re_entry same_day or after_exit")
	}
	return r.validateWhat(prefix)
}

// validateWhat looks at the documents and gates.
func (r *CheckInRules) validateWhat(prefix string) error {
	for i, kind := range r.Documents {
		if !kind.Valid() || slices.Contains(r.Documents[:i], kind) {
			return invalidField(fmt.Sprintf("%sdocuments[%d]", prefix, i), "want a type of document, each once, got %q", shorten(string(kind)))
		}
	}
	if r.CodeOnly && len(r.Documents) > 0 {
		return invalidField(prefix+"documents", "no document is scanned where code_only is set")
	}
	if len(r.Gates) > maxGates {
		return invalidField(prefix+"gates", "want at most %d, got %d", maxGates, len(r.Gates))
	}
	for i, gate := range r.Gates {
		if !ValidGate(gate) || slices.Contains(r.Gates[:i], gate) {
			return invalidField(fmt.Sprintf("%sgates[%d]", prefix, i), "want 1 to %d of a-z, 0-9, _ and -, each gate once, got %q", maxGate, shorten(gate))
		}
	}
	return nil
}

// ValidGate reports whether a text can name a gate: 1 to 64 of a-z, 0-9, _ and
// -.
func ValidGate(gate string) bool { return validPoolID(gate) }

// Window is when a visit may begin: from opens on and before closes, grace
// included. A nil rule set has the whole slot or, without one, the whole day.
func (r *CheckInRules) Window(at Place, slotEnd Clock) (opens, closes time.Time) {
	if r == nil {
		r = &CheckInRules{}
	}
	midnight := at.Date.Start()
	opens, closes = midnight, midnight.AddDate(0, 0, 1)
	if at.Slot != "" {
		start := at.starts()
		opens, closes = start.Add(seconds(r.FromSeconds)), midnight.Add(slotEnd.sinceMidnight())
		if r.ToSeconds > 0 {
			closes = start.Add(seconds(r.ToSeconds))
		}
	}
	if from := midnight.Add(r.From.sinceMidnight()); r.From != "" && from.After(opens) {
		opens = from
	}
	if to := midnight.Add(r.To.sinceMidnight()); r.To != "" && to.Before(closes) {
		closes = to
	}
	return opens.Add(-seconds(r.GraceBeforeSeconds)), closes.Add(seconds(r.GraceAfterSeconds))
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
