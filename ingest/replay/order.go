package replay

import (
	"cmp"
	"container/heap"
	"context"
	"time"
)

// compare orders records by (time, id).
func compare(a, b Record) int {
	return cmp.Or(a.Event.Time.Compare(b.Event.Time), cmp.Compare(a.Event.ID, b.Event.ID))
}

// window is a heap of records, the earliest first.
type window []Record

func (w window) Len() int           { return len(w) }
func (w window) Less(i, j int) bool { return compare(w[i], w[j]) < 0 }
func (w window) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *window) Push(x any)        { *w = append(*w, x.(Record)) }
func (w *window) Pop() any {
	old := *w
	last := old[len(old)-1]
	*w = old[:len(old)-1]
	return last
}

// stream sorts within the reordering window: a record leaves once the file
// has reached a time that is Reorder later.
func (s *Source) stream(ctx context.Context, emit func(Record) bool) error {
	var w window
	var newest time.Time
	leave := func() bool { return emit(heap.Pop(&w).(Record)) }
	err := s.parse(ctx, func(r Record) error {
		at := r.Event.Time
		if newest.Sub(at) > s.opts.Reorder {
			s.report.Late++
			return nil
		}
		if at.After(newest) {
			newest = at
		}
		heap.Push(&w, r)
		for len(w) > 0 && newest.Sub(w[0].Event.Time) > s.opts.Reorder {
			if !leave() {
				return errStopped
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for len(w) > 0 {
		if !leave() {
			return errStopped
		}
	}
	return nil
}
