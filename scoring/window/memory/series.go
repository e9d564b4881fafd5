package memory

import (
	"slices"

	"fairgate/scoring/window"
)

type item = window.Item[[16]byte]

// series is a log of items in time order, oldest first, each value where it
// was last seen; or, of buckets, their sums.
type series struct {
	items   []item
	buckets []bucket // instead, in a series of buckets
}

// add puts an event in, unless it is there: the same id has the same time.
func (s *series) add(member [16]byte, ms int64) {
	end := window.After(s.items, ms)
	for i := end - 1; i >= 0 && s.items[i].At == ms; i-- {
		if s.items[i].Member == member {
			return
		}
	}
	s.items = slices.Insert(s.items, end, item{At: ms, Member: member})
}

// seen puts a counted value in, or moves it forward to ms; it never moves back.
// It reports whether the value had already been seen later than ms.
func (s *series) seen(member [16]byte, ms int64) (later bool) {
	for i, it := range slices.Backward(s.items) {
		if it.Member != member {
			continue
		}
		if it.At >= ms {
			return it.At > ms
		}
		end := window.After(s.items, ms)
		copy(s.items[i:end-1], s.items[i+1:end])
		s.items[end-1] = item{At: ms, Member: member}
		return false
	}
	s.items = slices.Insert(s.items, window.After(s.items, ms), item{At: ms, Member: member})
	return false
}

// trim drops what is older than ms or beyond the limit. To keep the cost of an
// event constant on average it waits until a quarter of the items can go.
func (s *series) trim(ms int64, limit int) {
	n := len(s.items)
	if n == 0 || s.items[n/4].At > ms && (limit <= 0 || n-limit <= n/4) {
		return // less than that
	}
	drop := window.After(s.items, ms)
	if limit > 0 {
		drop = max(drop, len(s.items)-limit)
	}
	if drop > len(s.items)/4 {
		s.items = slices.Delete(s.items, 0, drop)
	}
}
