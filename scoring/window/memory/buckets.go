package memory

import (
	"encoding/binary"
	"slices"
	"sort"

	"fairgate/rules"
	"fairgate/scoring"
)

// bucket is what the events of one bucket added up to.
type bucket struct{ at, sum int64 }

// after is the index of the first bucket later than at.
func after(buckets []bucket, at int64) int {
	if n := len(buckets); n == 0 || buckets[n-1].at <= at {
		return n
	}
	return sort.Search(len(buckets), func(i int) bool { return buckets[i].at > at })
}

func (s *series) addTo(at, amount int64) {
	end := after(s.buckets, at)
	if end > 0 && s.buckets[end-1].at == at {
		s.buckets[end-1].sum += amount
		return
	}
	s.buckets = slices.Insert(s.buckets, end, bucket{at: at, sum: amount})
}

// sum adds up the buckets from first to last.
func (s *series) sum(first, last int64) int64 {
	total := int64(0)
	for _, b := range s.buckets[after(s.buckets, first-1):] {
		if b.at > last {
			break
		}
		total += b.sum
	}
	return total
}

// trimBuckets drops what is older than the bucket oldest, a quarter of all at
// least.
func (s *series) trimBuckets(oldest int64) {
	if drop := after(s.buckets, oldest-1); drop > len(s.buckets)/4 {
		s.buckets = slices.Delete(s.buckets, 0, drop)
	}
}

// recentSlices is in how many parts the events of scoring.Horizon are
// remembered; the oldest part is forgotten as a whole.
const recentSlices = 10

// recent are the events of the last Horizon, in event time, so that one that is
// delivered again does not count twice. It takes about 20 bytes for each.
type recent struct {
	newest int64                         // Unix ms
	seen   map[int64]map[uint64]struct{} // part of the horizon → ids
}

// freshness tells, once for each stage, whether the series of buckets of an
// entity are to add an event.
type freshness struct {
	entity *entity
	now    int64
	self   [16]byte
	stages map[rules.Stage]bool
	late   int
}

func (f *freshness) of(st *scoring.SeriesTouch) bool {
	if st.Series.Shape != scoring.ShapeBuckets || len(st.Members) == 0 {
		return false
	}
	fresh, asked := f.stages[st.Series.Stage]
	if !asked {
		r := f.entity.recentOf(st.Series.Stage)
		late := false
		fresh, late = r.take(f.now, f.self)
		if late {
			f.late++
		}
		if f.stages == nil {
			f.stages = map[rules.Stage]bool{}
		}
		f.stages[st.Series.Stage] = fresh
	}
	return fresh
}

func (e *entity) recentOf(stage rules.Stage) *recent {
	r := e.recent[stage]
	if r == nil {
		r = &recent{seen: map[int64]map[uint64]struct{}{}}
		if e.recent == nil {
			e.recent = map[rules.Stage]*recent{}
		}
		e.recent[stage] = r
	}
	return r
}

// take reports whether the event is new; late that it is older than anything
// that is remembered.
func (r *recent) take(ms int64, self [16]byte) (fresh, late bool) {
	horizon := scoring.Horizon.Milliseconds()
	if len(r.seen) > 0 && ms <= r.newest-horizon {
		return false, true
	}
	part := horizon / recentSlices
	at, id := ms/part, binary.BigEndian.Uint64(self[:8])^binary.BigEndian.Uint64(self[8:])
	ids := r.seen[at]
	if ids == nil {
		ids = map[uint64]struct{}{}
		r.seen[at] = ids
	}
	if _, again := ids[id]; again {
		return false, false
	}
	ids[id] = struct{}{}
	if ms > r.newest || len(r.seen) == 1 {
		r.newest = max(r.newest, ms)
		for old := range r.seen {
			if (old+1)*part <= r.newest-horizon {
				delete(r.seen, old)
			}
		}
	}
	return true, false
}
