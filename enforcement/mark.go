package enforcement

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
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
// the target's counters and is read in the same round trip. Sites share it;
// each entry names its own.
type Mark struct {
	Entries []MarkEntry `json:"e,omitempty"`
	Cleared []MarkClear `json:"c,omitempty"`
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

// MarkClear says that an operator cleared the target: events of the site
// before At (milliseconds since 1970 UTC) cannot act on it.
type MarkClear struct {
	Site string `json:"t,omitempty"` // empty: every site
	At   int64  `json:"a"`
}

// Bounds of a mark. A target with more active entries than MaxMarkEntries is
// refused further ones by the lists.
const (
	MaxMarkBytes   = 64 << 10
	MaxMarkEntries = 100
)

// ErrBadMark is wrapped by every error of DecodeMark.
var ErrBadMark = errors.New("bad mark")

// Encode gives the wire form (compact JSON), or nil for a mark that says
// nothing.
func (m Mark) Encode() ([]byte, error) {
	if len(m.Entries) == 0 && len(m.Cleared) == 0 {
		return nil, nil
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode mark: %w", err)
	}
	return data, nil
}

// DecodeMark reads what Encode wrote. No data is an empty mark.
func DecodeMark(data []byte) (Mark, error) {
	var m Mark
	if len(data) == 0 {
		return m, nil
	}
	if len(data) > MaxMarkBytes {
		return m, fmt.Errorf("%w: %d bytes, at most %d", ErrBadMark, len(data), MaxMarkBytes)
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

// clearedAfter reports whether the target was cleared at or after t.
func (m Mark) clearedAfter(site string, t time.Time) bool {
	for _, c := range m.Cleared {
		if (c.Site == "" || c.Site == site) && t.UnixMilli() <= c.At {
			return true
		}
	}
	return false
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
