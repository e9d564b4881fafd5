package enforcement

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// EntryKind is what a list entry does.
type EntryKind string

// Kinds of list entries.
const (
	// EntryDeny blocks its target on every screened route.
	EntryDeny EntryKind = "deny"
	// EntryException removes one rule's matches for its target.
	EntryException EntryKind = "exception"
)

// Valid reports whether k is a known kind.
func (k EntryKind) Valid() bool { return k == EntryDeny || k == EntryException }

// EntrySource says who made a list entry.
type EntrySource string

// Sources of list entries.
const (
	EntryByRule EntrySource = "rule"
	EntryByHand EntrySource = "manual"
)

// Valid reports whether s is a known source.
func (s EntrySource) Valid() bool { return s == EntryByRule || s == EntryByHand }

// Mark is all that the lists say about one target: the copy that lies beside
// the target's counters and is read in the same round trip. Sites share it, as
// they share the counters; each entry names its own.
type Mark struct {
	Entries []MarkEntry `json:"e,omitempty"`
	// Cleared is when an operator of any site last cleared the target: the
	// counters ignore events up to then, and such an event cannot act on the
	// target. Zero: never. It is the since of scoring.EncodeMark.
	Cleared time.Time `json:"-"`
}

// MarkEntry is one active list entry, as short as the wire allows.
type MarkEntry struct {
	ID     string        `json:"i"`
	Site   string        `json:"t,omitempty"` // empty: every site
	Kind   EntryKind     `json:"k"`
	Source EntrySource   `json:"s"`
	Rule   string        `json:"r,omitempty"`
	Reason ingest.Reason `json:"w,omitempty"`
	// Since and Expires bound it in event time, milliseconds since 1970 UTC;
	// Expires 0: no end.
	Since   int64 `json:"f"`
	Expires int64 `json:"x,omitempty"`
}

// Bounds of a mark's entries. A target with more active entries than MaxMarkEntries is
// refused further ones by the lists.
const (
	MaxMarkBytes   = 64 << 10
	MaxMarkEntries = 100
)

// ErrBadMark is wrapped by every error of DecodeMark.
var ErrBadMark = errors.New("bad mark")

// Encode gives the stored form (scoring.EncodeMark, the entries as compact
// JSON), or nil for a mark that says nothing.
func (m Mark) Encode() ([]byte, error) {
	var data []byte
	if len(m.Entries) > 0 {
		var err error
		if data, err = json.Marshal(m); err != nil {
			return nil, fmt.Errorf("encode mark: %w", err)
		}
	}
	return scoring.EncodeMark(m.Cleared, data), nil
}

// DecodeMark reads what Encode wrote. No value is an empty mark.
func DecodeMark(value []byte) (Mark, error) {
	since, data, ok := scoring.DecodeMark(value)
	if !ok {
		return Mark{}, fmt.Errorf("%w: %d bytes without a known head", ErrBadMark, len(value))
	}
	return markOf(since, data)
}

// markOf reads a mark whose head the counters have taken off.
func markOf(since time.Time, data []byte) (Mark, error) {
	m := Mark{Cleared: since}
	if len(data) == 0 {
		return m, nil
	}
	if len(data) > MaxMarkBytes {
		return Mark{}, fmt.Errorf("%w: %d bytes, at most %d", ErrBadMark, len(data), MaxMarkBytes)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return Mark{}, fmt.Errorf("%w: %w", ErrBadMark, err)
	}
	if len(m.Entries) > MaxMarkEntries {
		return Mark{}, fmt.Errorf("%w: %d entries, at most %d", ErrBadMark, len(m.Entries), MaxMarkEntries)
	}
	for i, e := range m.Entries {
		switch {
		case e.ID == "":
			return Mark{}, fmt.Errorf("%w: entry %d has no id", ErrBadMark, i)
		case !e.Kind.Valid():
			return Mark{}, fmt.Errorf("%w: entry %s: kind %q is unknown", ErrBadMark, e.ID, e.Kind)
		case !e.Source.Valid():
			return Mark{}, fmt.Errorf("%w: entry %s: source %q is unknown", ErrBadMark, e.ID, e.Source)
		case !e.Reason.Valid():
			return Mark{}, fmt.Errorf("%w: entry %s: reason %q is unknown", ErrBadMark, e.ID, e.Reason)
		}
	}
	return m, nil
}

// stands reports whether the entry concerns an event of the site at t.
func (e MarkEntry) stands(site string, t time.Time) bool {
	ms := t.UnixMilli()
	return (e.Site == "" || e.Site == site) && e.Since <= ms && (e.Expires == 0 || ms < e.Expires)
}

// clearedAfter reports whether the target was cleared at or after t, to the
// millisecond.
func (m Mark) clearedAfter(t time.Time) bool {
	return !m.Cleared.IsZero() && t.UnixMilli() <= m.Cleared.UnixMilli()
}

// Blockable reports whether a rule may block this kind of entity: those whose
// key was proved for the event itself. Addresses and networks are shared by
// strangers, and documents and phones are merely typed in, so a rule on them
// can ask for a challenge at most.
func Blockable(e rules.Entity) bool {
	return e == rules.EntityAccount || e == rules.EntityDevice || e == rules.EntitySession
}

// deniable reports whether an operator's deny entry on the entity blocks; on
// what strangers share it challenges.
func deniable(e rules.Entity) bool {
	return Blockable(e) || e == rules.EntityDocument || e == rules.EntityPhone
}
