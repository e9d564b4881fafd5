package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Record is what a Journal takes: bytes with an id that makes repeats
// harmless and a key that keeps order.
type Record struct {
	ID    string // at most 255 bytes
	Key   string // at most 255 bytes; may be empty
	Value []byte
	// Urgent records are taken when ordinary ones are already refused for
	// lack of room: the outcome of an intent is worth more than a page view.
	Urgent bool
}

// frameKind is the first byte of a frame's payload.
type frameKind byte

const (
	frameRecord frameKind = 1
	frameIntent frameKind = 2
)

var errFrame = errors.New("malformed journal frame")

// appendFrame lays a record out at the end of b as kind (1 byte), time (8 bytes, Unix
// milliseconds, little-endian), length and bytes of the id, length and bytes
// of the key (one byte of length each), value.
func appendFrame(b []byte, kind frameKind, at int64, r Record) ([]byte, error) {
	if r.ID == "" || len(r.ID) > 255 || len(r.Key) > 255 {
		return nil, fmt.Errorf("journal record: id has %d bytes (1 to 255), key %d (at most 255)", len(r.ID), len(r.Key))
	}
	size := 11 + len(r.ID) + len(r.Key) + len(r.Value)
	if size > maxBatchBytes-1024 {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	b = append(slices.Grow(b, size), byte(kind))
	//nolint:gosec // a bit pattern, undone by decodeFrame
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	b = append(append(b, byte(len(r.ID))), r.ID...)   //nolint:gosec // at most 255, see above
	b = append(append(b, byte(len(r.Key))), r.Key...) //nolint:gosec // at most 255, see above
	return append(b, r.Value...), nil
}

// frame is a Record as it lies on disk, in parts of the payload it was read
// from.
type frame struct {
	kind           frameKind
	at             int64 // Unix milliseconds
	id, key, value []byte
}

// decodeFrame undoes appendFrame.
func decodeFrame(b []byte) (f frame, err error) {
	if len(b) < 11 || b[0] != byte(frameRecord) && b[0] != byte(frameIntent) {
		return frame{}, errFrame
	}
	//nolint:gosec // a bit pattern, made by appendFrame
	f.kind, f.at = frameKind(b[0]), int64(binary.LittleEndian.Uint64(b[1:]))
	rest := b[9:]
	for _, field := range [...]*[]byte{&f.id, &f.key} {
		if len(rest) == 0 || len(rest)-1 < int(rest[0]) {
			return frame{}, errFrame
		}
		n := int(rest[0])
		*field, rest = rest[1:1+n], rest[1+n:]
	}
	f.value = rest
	return f, nil
}
