package memory

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

type entityKey struct {
	entity rules.Entity
	key    string
}

// hash is FNV-1a (64 bits, http://www.isthe.com/chongo/tech/comp/fnv/), without
// a seed: which entity is forgotten when a shard is full must be the same in
// every run.
func (k entityKey) hash() uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [...]string{string(k.entity), k.key} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return h ^ h>>32
}

// entity holds the series of one key. Entities of a shard form a ring in the
// order in which they were touched: older is towards prev.
type entity struct {
	// What every touch looks at comes first: it fits a cache line.
	key    entityKey
	series []named
	// placedAt is the event time (Unix ms) at which it was made the newest.
	placedAt   int64
	hash       uint64 // of key
	prev, next *entity
	// recent are the events that series of buckets have taken, by the stage
	// that writes them; nil where there are none.
	recent map[rules.Stage]*recent
	// idleAt is the event time (Unix ms) from which no window can see any of
	// its members.
	idleAt int64
}

type named struct {
	id string
	series
}

// shard is a map of entities under one lock.
type shard struct {
	mu       sync.Mutex
	entities table
	oldest   *entity // of the ring; oldest.prev is the newest
	max      int
	// settled is for how long (ms of event time) an entity keeps its place among
	// the others: which one was touched longest ago is told to within it. Moving
	// one costs three cache misses, and busy entities are touched all the time.
	settled int64
}

// get returns the entity and makes it the newest, creating it if the touch
// writes; nil where it is unknown and would only be read. It forgets up to two
// idle entities, and the oldest one when the shard is full; evicted counts
// those that were not idle. hash is that of key.
func (sh *shard) get(key entityKey, hash uint64, now int64, create bool) (e *entity, evicted int) {
	for range 2 {
		if o := sh.oldest; o != nil && o.idleAt <= now && o.key != key {
			sh.forget(o)
		}
	}
	e = sh.entities.find(key, hash)
	switch {
	case e != nil:
		if now < e.placedAt+sh.settled {
			return e, 0
		}
		sh.unlink(e)
	case !create:
		return nil, 0
	default:
		if sh.entities.count >= sh.max {
			sh.forget(sh.oldest)
			evicted = 1
		}
		// The key outlives the event, which may be a small part of a large block.
		key.key = strings.Clone(key.key)
		e = &entity{key: key, hash: hash}
		sh.entities.add(e)
	}
	e.placedAt = now
	sh.pushNewest(e)
	return e, evicted
}

func (sh *shard) forget(e *entity) {
	sh.unlink(e)
	sh.entities.remove(e)
}

func (sh *shard) unlink(e *entity) {
	if e.next == e {
		sh.oldest = nil
	} else {
		e.prev.next, e.next.prev = e.next, e.prev
		if sh.oldest == e {
			sh.oldest = e.next
		}
	}
	e.prev, e.next = nil, nil
}

func (sh *shard) pushNewest(e *entity) {
	if sh.oldest == nil {
		e.prev, e.next = e, e
		sh.oldest = e
		return
	}
	first, last := sh.oldest, sh.oldest.prev
	e.prev, e.next = last, first
	last.next, first.prev = e, e
}

// touch applies one series of the event to e and reads what is later than since.
// fresh says that the event is none that a series of buckets has, or would not
// take any more.
func (e *entity) touch(st *scoring.SeriesTouch, now int64, self [16]byte, since time.Time, fresh bool) {
	s := e.find(st.Series.ID)
	if s == nil {
		if len(st.Members) == 0 {
			emptyValues(st)
			return
		}
		e.series = append(e.series, named{id: st.Series.ID})
		s = &e.series[len(e.series)-1].series
	}
	if st.Series.Shape == scoring.ShapeBuckets {
		e.touchBuckets(s, st, now, since, fresh)
		return
	}
	late := 0 // distinct members of this event that were seen again after it
	if len(st.Members) > 0 {
		switch st.Series.Shape {
		case scoring.ShapeValues:
			for i, v := range st.Members {
				if s.seen(value(v), now) && !slices.Contains(st.Members[:i], v) {
					late++
				}
			}
		case scoring.ShapeAmounts:
			s.add(withNumber(self, st.Amount), now)
		case scoring.ShapeSpans:
			s.add(withNumber([16]byte{}, now), now)
			s.items = window.Merge(s.items, st.Series.Keep.Milliseconds(), number, spanFrom)
		default:
			s.add(self, now)
		}
	}
	window.Fill(st, s.items, now, self, since, late, number)
	if len(st.Members) > 0 {
		keep := st.Series.Keep.Milliseconds() + window.Lateness.Milliseconds()
		s.trim(now-keep, st.Series.Limit)
		e.idleAt = max(e.idleAt, now+keep)
	}
}

// touchBuckets is touch for a series of buckets.
func (e *entity) touchBuckets(s *series, st *scoring.SeriesTouch, now int64, since time.Time, fresh bool) {
	width := st.Series.Bucket
	if len(st.Members) > 0 && fresh {
		s.addTo(window.Bucket(now, width), st.Amount)
	}
	for i, r := range st.Series.Reads {
		first, last := window.Buckets(now, r, width, since)
		st.Values[i] = float64(s.sum(first, last))
	}
	if len(st.Members) > 0 {
		s.trimBuckets(window.Oldest(now, st.Series))
		e.idleAt = max(e.idleAt, now+st.Series.Keep.Milliseconds()+window.Lateness.Milliseconds())
	}
}

func (e *entity) find(id string) *series {
	for i := range e.series {
		if e.series[i].id == id {
			return &e.series[i].series
		}
	}
	return nil
}

// withNumber hides a number in the last half of a member. Of an event's id
// enough is left to tell apart those of one millisecond.
func withNumber(m [16]byte, n int64) [16]byte {
	binary.BigEndian.PutUint64(m[8:], uint64(n)) //nolint:gosec // two's complement
	return m
}

func number(m [16]byte) int64 { return int64(binary.BigEndian.Uint64(m[8:])) } //nolint:gosec // as above

func spanFrom(ms int64) [16]byte { return withNumber([16]byte{}, ms) }

func value(v string) (m [16]byte) {
	h := window.ValueMember(v)
	copy(m[:], h[:])
	return m
}
