package redis

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

const (
	// refreshShare is which part of the slack a log's expiry may lag behind its
	// last event before it is set anew.
	refreshShare = 2
	// expirySlots is how many logs are remembered; 512 KB.
	expirySlots = 1 << 16
)

// expireScript sets the expiry of a log unless it expires later than that
// already: stages that count over other windows share it, and Redis 6.0 has no
// PEXPIRE GT. Where the touch says how long everybody keeps the entity
// (scoring.EntityTouch.Keep), a plain PEXPIRE does, at a fifth of the cost.
//
// KEYS[1] the log; ARGV[1] milliseconds.
const expireScript = `if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then return redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 0`

// ttl is how long a log is kept by Redis's own clock after a member that is
// looked at for keep.
func (s *Store) ttl(keep time.Duration) time.Duration { return keep + s.slack + s.slack/refreshShare }

// expiries remembers until when logs are known to be kept, so that not every
// event has to set their expiry again. It forgets whatever it has no room for.
// A log that Redis has lost meanwhile shows when it begins anew (Touch).
type expiries struct {
	seed  maphash.Seed
	start time.Time
	// slots hold the upper half of a key's hash and, in seconds after start,
	// when its log expires.
	slots [expirySlots]atomic.Uint64
}

func newExpiries(start time.Time) *expiries {
	return &expiries{seed: maphash.MakeSeed(), start: start}
}

func (e *expiries) hash(key string) uint64 { return maphash.String(e.seed, key) }

// known reports whether the log is kept until at least t.
func (e *expiries) known(hash uint64, t time.Time) bool {
	v := e.slots[hash%expirySlots].Load()
	return v>>32 == hash>>32 && int64(uint32(v)) >= e.seconds(t) //nolint:gosec // the lower half
}

// set notes that the log is kept until t.
func (e *expiries) set(hash uint64, t time.Time) {
	seconds := uint64(min(max(0, e.seconds(t)), 1<<32-1))
	e.slots[hash%expirySlots].Store(hash>>32<<32 | seconds)
}

// forget drops what was noted about the log.
func (e *expiries) forget(hash uint64) {
	e.slots[hash%expirySlots].Store(0)
}

func (e *expiries) seconds(t time.Time) int64 { return int64(t.Sub(e.start) / time.Second) }
