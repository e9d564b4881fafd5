package memory

import (
	"slices"
	"sort"

	"fairgate/rules"
	"fairgate/scoring/window"
)

// item is one member and when it was (last) seen, in Unix milliseconds.
type item struct {
	ms     int64
	member [16]byte
}

// series is a log of items in time order, oldest first.
type series struct {
	items []item
}

// after returns the index of the first item later than ms.
func (s *series) after(ms int64) int {
	if n := len(s.items); n == 0 || s.items[n-1].ms <= ms {
		return n
	}
	return sort.Search(len(s.items), func(i int) bool { return s.items[i].ms > ms })
}

// add puts an event in, unless it is there: the same id has the same time.
func (s *series) add(member [16]byte, ms int64) {
	end := s.after(ms)
	for i := end - 1; i >= 0 && s.items[i].ms == ms; i-- {
		if s.items[i].member == member {
			return
		}
	}
	s.items = slices.Insert(s.items, end, item{ms, member})
}

// seen puts a counted value in, or moves it forward to ms; it never moves back.
// It reports whether the value had already been seen later than ms.
func (s *series) seen(member [16]byte, ms int64) (later bool) {
	for i, it := range slices.Backward(s.items) {
		if it.member != member {
			continue
		}
		if it.ms >= ms {
			return it.ms > ms
		}
		end := s.after(ms)
		copy(s.items[i:end-1], s.items[i+1:end])
		s.items[end-1] = item{ms, member}
		return false
	}
	s.items = slices.Insert(s.items, s.after(ms), item{ms, member})
	return false
}

// trim drops what is older than ms or beyond the limit. To keep the cost of an
// event constant on average it waits until a quarter of the items can go.
func (s *series) trim(ms int64, limit int) {
	drop := s.after(ms)
	if limit > 0 {
		drop = max(drop, len(s.items)-limit)
	}
	if drop > len(s.items)/4 {
		s.items = slices.Delete(s.items, 0, drop)
	}
}

// read folds what is in (from, now]. extra is added to a distinct count.
func (s *series) read(aggregate rules.Aggregate, from, now int64, self [16]byte, limit, extra int) float64 {
	end := s.after(now)
	begin := sort.Search(end, func(i int) bool { return s.items[i].ms > from })
	in := s.items[begin:end]
	switch aggregate {
	case rules.AggCount, rules.AggDistinct:
		return window.Capped(len(in)+extra, limit)
	case rules.AggSinceFirst:
		for i := range in {
			if in[i].member != self {
				return window.Seconds(in[i].ms, now)
			}
		}
	case rules.AggSinceLast:
		for _, it := range slices.Backward(in) {
			if it.member != self {
				return window.Seconds(it.ms, now)
			}
		}
	case rules.AggRegularity:
		var buf [rules.RegularityEvents]int64
		n := 0
		for i := max(0, len(in)-len(buf)); i < len(in); i++ {
			buf[n] = in[i].ms
			n++
		}
		return window.Regularity(buf[:n])
	}
	return rules.NoValue
}
