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

// The shape of a series is one byte: whether its members are values, and how
// many are kept, as a power of two that is not below its Limit.
const (
	shapeDistinct  = 0x80
	shapeUnlimited = 0x7f
)

// seriesHead is what a log says of a series, so that whoever folds the log can
// do it for series that he has never heard of.
type seriesHead struct {
	tag   uint64
	shape byte
	age   byte // Keep is at most this power of two, in minutes
}

func headOf(s *scoring.Series) seriesHead {
	h := seriesHead{tag: tagOf(s.ID), shape: shapeUnlimited}
	if s.Limit > 0 {
		h.shape = byte(bits.Len(uint(s.Limit - 1))) //nolint:gosec // at most 63
	}
	if s.Distinct {
		h.shape |= shapeDistinct
	}
	minutes := (s.Keep + time.Minute - 1) / time.Minute
	h.age = byte(bits.Len(uint(max(minutes-1, 0)))) //nolint:gosec // not negative
	return h
}

func (h seriesHead) distinct() bool { return h.shape&shapeDistinct != 0 }

// limit is how many members to keep; 0: all.
func (h seriesHead) limit() int {
	power := h.shape &^ shapeDistinct
	if power >= 31 {
		return 0
	}
	return 1 << power
}

// keep is how long a member can be looked at.
func (h seriesHead) keep() time.Duration {
	return time.Minute << min(h.age, 24)
}

// tagOf is the series id in a log: the id itself where it is twelve hexadecimal
// digits, as those of scoring are, and the beginning of its SHA-256 otherwise.
func tagOf(id string) uint64 {
	var raw [8]byte
	if len(id) == 2*tagSize {
		if _, err := hex.Decode(raw[2:], []byte(id)); err == nil {
			return binary.BigEndian.Uint64(raw[:])
		}
	}
	sum := sha256.Sum256([]byte(id))
	copy(raw[2:], sum[:tagSize])
	return binary.BigEndian.Uint64(raw[:])
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

// logKey is the Redis key of an entity's log.
func logKey(entity rules.Entity, key string) string {
	return "fg:{" + string(entity) + ":" + key + "}:log1"
}

// MarkKey is the Redis key of the mark that enforcement leaves on an entity.
func MarkKey(entity rules.Entity, key string) string {
	return "fg:{" + string(entity) + ":" + key + "}:mark"
}

func burnKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "fg:{burn:" + hex.EncodeToString(sum[:16]) + "}"
}

// appendEvent adds the chunk of an event to buf: nothing where it writes to no
// series. keep is the longest Keep among those it writes to.
func appendEvent(buf []byte, ms int64, self uint64, series []scoring.SeriesTouch) (out []byte, keep time.Duration) {
	size := 0
	for i := range series {
		if st := &series[i]; len(st.Members) > 0 {
			size += headSize
			if st.Series.Distinct {
				size += uvarintSize(len(st.Members)) + len(st.Members)*memberSize
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
		if len(st.Members) == 0 {
			continue
		}
		buf = appendHead(buf, headOf(st.Series))
		if !st.Series.Distinct {
			continue
		}
		buf = binary.AppendUvarint(buf, uint64(len(st.Members)))
		for _, v := range st.Members {
			buf = binary.BigEndian.AppendUint64(buf, valueMember(v))
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
