package redis

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

// The kinds of chunk in a log, which are also the version of its layout: a new
// form of either takes a new number, and what reads the old ones skips it.
const (
	chunkEvent = 1 // time, id, parts: what one touch adds
	chunkBlock = 2 // tag, shape, age, entries: one series, folded
)

// Sizes in bytes. A time takes 48 bits of Unix milliseconds (two's complement,
// until the year 6429), a member 64 bits, both big-endian.
const (
	timeSize   = 6
	memberSize = 8
	entrySize  = timeSize + memberSize
	tagSize    = 6
	headSize   = tagSize + 2 // of a part or a block: tag, shape, age
)

// The shape of a series is one byte: its form, and how many members are kept, as
// a power of two that is not below its Limit.
const (
	formEvents  = 0x00
	formAmounts = 0x40 // an event's part: head, amount (uvarint)
	formValues  = 0x80 // an event's part: head, count (uvarint), value…
	formSpans   = 0xc0 // a member is when the span begins
	formBits    = 0xc0

	powerUnlimited = 0x3f
)

// amountBits of a member of formAmounts are what it adds; the others are enough
// to tell apart the events of one millisecond.
const amountBits = 24

func withAmount(member uint64, amount int64) uint64 {
	return member<<amountBits | uint64(amount)&(1<<amountBits-1) //nolint:gosec // it fits
}

func amountOf(member uint64) int64 { return int64(member & (1<<amountBits - 1)) }

func spanStart(member uint64) int64 { return int64(member) } //nolint:gosec // two's complement

func spanFrom(ms int64) uint64 { return uint64(ms) } //nolint:gosec // two's complement

// seriesHead is what a log says of a series, so that whoever folds the log can
// do it for series that he has never heard of.
type seriesHead struct {
	tag   uint64
	shape byte
	age   byte // Keep is at most this power of two, in minutes
}

func headOf(s *scoring.Series) seriesHead {
	h := seriesHead{tag: tagOf(s.ID), shape: powerUnlimited}
	if s.Limit > 0 {
		h.shape = byte(bits.Len(uint(s.Limit - 1))) //nolint:gosec // at most 63
	}
	switch s.Shape {
	case scoring.ShapeAmounts:
		h.shape |= formAmounts
	case scoring.ShapeValues:
		h.shape |= formValues
	case scoring.ShapeSpans:
		h.shape |= formSpans
	default: // events; buckets are in no log
	}
	minutes := (s.Keep + time.Minute - 1) / time.Minute
	h.age = byte(bits.Len(uint(max(minutes-1, 0)))) //nolint:gosec // not negative
	return h
}

func (h seriesHead) form() byte { return h.shape & formBits }

// limit is how many members to keep; 0: all.
func (h seriesHead) limit() int {
	power := h.shape &^ formBits
	if power >= 31 {
		return 0
	}
	return 1 << power
}

// keep is how long a member can be looked at.
func (h seriesHead) keep() time.Duration {
	return time.Minute << min(h.age, 24)
}

// surelyKept is less than Keep, whatever that is exactly: sightings that are not
// further apart belong to one span.
func (h seriesHead) surelyKept() time.Duration {
	if h.age == 0 {
		return rules.MinWindow
	}
	return h.keep() / 2
}

// tagOf is the series id in a log: the id itself where it is twelve hexadecimal
// digits, as those of scoring are, and the beginning of its SHA-256 otherwise.
func tagOf(id string) uint64 {
	if tag, ok := hexTag(id); ok {
		return tag
	}
	var raw [8]byte
	sum := sha256.Sum256([]byte(id))
	copy(raw[2:], sum[:tagSize])
	return binary.BigEndian.Uint64(raw[:])
}

// hexTag reads twelve hexadecimal digits: a request does it for each of its
// series.
func hexTag(id string) (tag uint64, ok bool) {
	if len(id) != 2*tagSize {
		return 0, false
	}
	for i := range 2 * tagSize {
		c := id[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		tag = tag<<4 | uint64(c)
	}
	return tag, true
}

// eventMember shortens an event's id to eight bytes. It only has to tell apart
// events of one entity in one millisecond: among n of them the chance that one
// is not counted is below n²/2^65, 3·10^-16 for a hundred.
func eventMember(id [16]byte) uint64 {
	sum := sha256.Sum256(id[:])
	return binary.BigEndian.Uint64(sum[:memberSize])
}

func valueMember(v string) uint64 {
	h := window.ValueMember(v)
	return max(binary.BigEndian.Uint64(h[:]), 1) // 0 marks what is free in a set
}

// Parts of an entity's keys; what is in braces chooses the slot in a Cluster.
const (
	keyHead  = "fg:{"
	logTail  = "}:log1"
	markTail = "}:mark"
)

// appendLogKey appends the Redis key of an entity's log.
func appendLogKey(b []byte, entity rules.Entity, key string) []byte {
	return appendKey(b, entity, key, logTail)
}

func appendMarkKey(b []byte, entity rules.Entity, key string) []byte {
	return appendKey(b, entity, key, markTail)
}

func appendKey(b []byte, entity rules.Entity, key, tail string) []byte {
	b = append(append(append(b, keyHead...), entity...), ':')
	return append(append(b, key...), tail...)
}

func logKeySize(entity rules.Entity, key string) int {
	return len(keyHead) + len(entity) + 1 + len(key) + len(logTail)
}

func markKeySize(entity rules.Entity, key string) int {
	return len(keyHead) + len(entity) + 1 + len(key) + len(markTail)
}

// MarkKey is the Redis key of the mark that enforcement leaves on an entity.
func MarkKey(entity rules.Entity, key string) string {
	return keyHead + string(entity) + ":" + key + markTail
}

func burnKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "fg:{burn:" + hex.EncodeToString(sum[:16]) + "}"
}

// logged reports whether the event adds to the series in the entity's log.
func logged(st *scoring.SeriesTouch) bool {
	return len(st.Members) > 0 && st.Series.Shape != scoring.ShapeBuckets
}

// appendEvent adds the chunk of an event to buf: nothing where it writes to no
// series. keep is the longest Keep among those it writes to.
func appendEvent(buf []byte, ms int64, self uint64, series []scoring.SeriesTouch) (out []byte, keep time.Duration) {
	size := 0
	for i := range series {
		if st := &series[i]; logged(st) {
			size += headSize
			switch st.Series.Shape {
			case scoring.ShapeValues:
				size += uvarintSize(len(st.Members)) + len(st.Members)*memberSize
			case scoring.ShapeAmounts:
				size += uvarintSize(int(st.Amount))
			default: // the event's id and time say it all
			}
			keep = max(keep, st.Series.Keep)
		}
	}
	if size == 0 {
		return buf, 0
	}
	buf = append(buf, chunkEvent)
	buf = binary.AppendUvarint(buf, uint64(entrySize+size))
	buf = appendEntry(buf, item{At: ms, Member: self})
	for i := range series {
		st := &series[i]
		if !logged(st) {
			continue
		}
		buf = appendHead(buf, headOf(st.Series))
		switch st.Series.Shape {
		case scoring.ShapeValues:
			buf = binary.AppendUvarint(buf, uint64(len(st.Members)))
			for _, v := range st.Members {
				buf = binary.BigEndian.AppendUint64(buf, valueMember(v))
			}
		case scoring.ShapeAmounts:
			buf = binary.AppendUvarint(buf, uint64(st.Amount)) //nolint:gosec // from 1
		default:
		}
	}
	return buf, keep
}

// appendBlock adds the chunk of a folded series to buf.
func appendBlock(buf []byte, h seriesHead, items []item) []byte {
	buf = append(buf, chunkBlock)
	buf = binary.AppendUvarint(buf, uint64(headSize+len(items)*entrySize))
	buf = appendHead(buf, h)
	for _, it := range items {
		buf = appendEntry(buf, it)
	}
	return buf
}

func appendHead(buf []byte, h seriesHead) []byte {
	return append(appendUint48(buf, h.tag), h.shape, h.age)
}

func appendEntry(buf []byte, it item) []byte {
	buf = appendUint48(buf, uint64(it.At)) //nolint:gosec // two's complement
	return binary.BigEndian.AppendUint64(buf, it.Member)
}

func appendUint48(buf []byte, v uint64) []byte {
	buf = binary.BigEndian.AppendUint64(buf, v<<16)
	return buf[:len(buf)-2]
}

func uvarintSize(n int) int { return max(1, (bits.Len(uint(n))+6)/7) }

func uint48(s string) uint64 {
	_ = s[5]
	return uint64(s[0])<<40 | uint64(s[1])<<32 | uint64(s[2])<<24 | uint64(s[3])<<16 | uint64(s[4])<<8 | uint64(s[5])
}

func uint64Of(s string) uint64 {
	_ = s[7]
	return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
		uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
}

func headIn(s string) seriesHead { return seriesHead{tag: uint48(s), shape: s[6], age: s[7]} }

func timeIn(s string) int64 {
	return int64(uint48(s)<<16) >> 16 //nolint:gosec // two's complement
}

// uvarint reads a length from the front of s; n is how many bytes it takes, 0
// where there is none.
func uvarint(s string) (v, n int) {
	for i := 0; i < len(s) && i < 4; i++ {
		v |= int(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
