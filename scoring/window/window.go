// Package window holds what all implementations of scoring.Counters agree on:
// how members are shortened, how late an event may come, what a clearing hides,
// and the arithmetic of the aggregates.
//
// The implementations are its sub-packages: redis (the fleet's counters),
// memory (one process's), and failover (the one with the other behind it);
// windowtest is the conformance suite that they pass. It knows nothing of
// rules beyond the names of the aggregates.
package window

import (
	"crypto/sha256"
	"math"
	"time"

	"github.com/google/uuid"

	"fairgate/rules"
	"fairgate/scoring"
)

// Lateness is how long after its window a member is still kept, so that an
// event delivered late is counted with its contemporaries. What comes later
// than this changes no verdict (scoring/pipeline).
const Lateness = scoring.Horizon

// EventMember shortens an event id to 16 bytes: the bytes of a canonical UUID,
// and a truncated SHA-256 for any other text. Two texts that are not UUIDs
// collide with probability 2^-128.
func EventMember(id string) [16]byte {
	if len(id) == 36 {
		if u, err := uuid.Parse(id); err == nil {
			return u
		}
	}
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

// NonceToken is the single-use token of a signature's nonce: no pass is one.
func NonceToken(nonce string) string { return "nonce\x00" + nonce }

// ValueMember shortens a counted value to the first 8 bytes of its SHA-256.
// Among n values the chance that a distinct count is one short is below
// n²/2^65: 3·10^-14 for a thousand. The hash is a cryptographic one because
// visitors choose some of the values, and with a weaker one could choose them
// to collide.
func ValueMember(value string) [8]byte {
	sum := sha256.Sum256([]byte(value))
	return [8]byte(sum[:8])
}

// Start is the edge, in Unix milliseconds and not itself inside, from which a
// read of the last w before now looks. cut reports that it is since, what a
// mark asks of the counters (zero: nothing), and not the window that sets it. A
// since after now is none of this event's business.
func Start(now int64, w time.Duration, since time.Time) (from int64, cut bool) {
	from = now - w.Milliseconds()
	if since.IsZero() {
		return from, false
	}
	if ms := since.UnixMilli(); ms > from && ms <= now {
		return ms, true
	}
	return from, false
}

// Capped is the number of members as a value: exact below limit, and limit
// for "at least limit". A limit of 0 or less is none.
func Capped(n, limit int) float64 {
	if limit > 0 && n > limit {
		n = limit
	}
	return float64(n)
}

// Regularity is the coefficient of variation (population standard deviation
// by mean) of the intervals between the given times, sorted either way, in Unix
// milliseconds: 0 for a metronome, about 1 for independent arrivals.
// rules.NoValue for fewer than four times; 0 where all times are the same.
func Regularity(ms []int64) float64 {
	if len(ms) < 4 {
		return rules.NoValue
	}
	n := float64(len(ms) - 1)
	mean := math.Abs(float64(ms[len(ms)-1]-ms[0])) / n
	if mean == 0 {
		return 0
	}
	// Always from the oldest on, so that the result is the same to the last bit
	// whichever way a store lists the times.
	first, step := 0, 1
	if ms[0] > ms[len(ms)-1] {
		first, step = len(ms)-1, -1
	}
	var sum float64
	for i := 1; i < len(ms); i++ {
		at := first + i*step
		d := float64(ms[at]-ms[at-step]) - mean
		sum += d * d
	}
	return math.Sqrt(sum/n) / mean
}

// Seconds is the time from one Unix millisecond to another, in seconds.
func Seconds(from, to int64) float64 { return float64(to-from) / 1000 }
