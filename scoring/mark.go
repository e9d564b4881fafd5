package scoring

import (
	"encoding/binary"
	"time"
)

// A mark is what enforcement leaves beside an entity's counters. Its head
// belongs to the counters, the rest is enforcement's own:
//
//	byte 0     version, 1
//	bytes 1–8  since, Unix milliseconds, big-endian; 0: none
//	bytes 9–   opaque
const (
	markVersion = 1
	markHead    = 1 + 8
)

// EncodeMark is the stored form of a mark: the counters of its entity ignore
// what lies at or before since (zero: they ignore nothing; precision
// milliseconds), and data is handed back as it is. A mark that says neither is
// nil.
func EncodeMark(since time.Time, data []byte) []byte {
	ms := int64(0)
	if !since.IsZero() {
		ms = max(0, since.UnixMilli())
	}
	if ms == 0 && len(data) == 0 {
		return nil
	}
	value := make([]byte, 0, markHead+len(data))
	value = append(value, markVersion)
	value = binary.BigEndian.AppendUint64(value, uint64(ms))
	return append(value, data...)
}

// DecodeMark reads what EncodeMark made; data is a part of value, nil where
// there is none. ok is false where value has no head that is known here. An
// empty value is a mark that says nothing.
func DecodeMark(value []byte) (since time.Time, data []byte, ok bool) {
	if len(value) == 0 {
		return time.Time{}, nil, true
	}
	if len(value) < markHead || value[0] != markVersion {
		return time.Time{}, nil, false
	}
	ms := int64(binary.BigEndian.Uint64(value[1:markHead])) //nolint:gosec // negative is refused below
	if ms < 0 {
		return time.Time{}, nil, false
	}
	if ms > 0 {
		since = time.UnixMilli(ms).UTC()
	}
	if len(value) > markHead {
		data = value[markHead:]
	}
	return since, data, true
}

// SetMark is how implementations of Counters hand over the stored mark of the
// entity, nil where there is none. A value without a known head is handed over
// whole: it hides nothing, and whoever knows the marks will report it.
func (et *EntityTouch) SetMark(value []byte) {
	since, data, ok := DecodeMark(value)
	if !ok {
		data = value
	}
	et.Since, et.Mark = since, data
}

// Follow is how implementations of Counters make a pair follow the marks of its
// parts: of the entity in place i, once those before it have theirs.
func (t *Touch) Follow(i int) {
	et := &t.Entities[i]
	if et.Follows == [2]int{} {
		return
	}
	for _, at := range et.Follows {
		if at == 0 {
			continue
		}
		// What lies after the event is none of its business, and must not hide
		// that another part was cleared before it.
		since := t.Entities[at-1].Since
		if since.After(et.Since) && since.UnixMilli() <= t.Time.UnixMilli() {
			et.Since = since
		}
	}
}
