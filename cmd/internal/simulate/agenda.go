package simulate

import "context"

// appointment is something that is due at a moment: fn is called by the stage
// itself, or a strand goes on; with both, fn is what it is waiting for.
type appointment struct {
	at     int64 // Unix ns
	order  uint64
	strand *strand
	fn     func(context.Context) error
}

// agenda is a heap (container/heap) of appointments, the first of all on top.
type agenda []appointment

// Len implements heap.Interface.
func (a agenda) Len() int { return len(a) }

// Less implements heap.Interface.
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].order < a[j].order
}

// Swap implements heap.Interface.
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(x any) {
	if one, ok := x.(appointment); ok {
		*a = append(*a, one)
	}
}

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	one := (*a)[last]
	(*a)[last] = appointment{}
	*a = (*a)[:last]
	return one
}
