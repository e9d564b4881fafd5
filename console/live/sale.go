package live

import "time"

// From when before a stage the sale is about to begin, and for how long after it
// it runs.
const (
	before = 10 * time.Minute
	after  = 30 * time.Minute
)

// sale tells what the sale is at from how the pools stand.
func sale(pools []Pool, now time.Time) *Sale {
	s := &Sale{Phase: Closed}
	left, running := 0, false
	for _, p := range pools {
		left += p.Left
		if next := p.Next; next != nil && (s.Next == nil || next.At.Before(s.Next.At)) {
			s.Next = next
		}
		if last := p.Last; last != nil {
			running = running || (now.Sub(last.At) < after && p.Left > 0)
			if s.Last == nil || last.At.After(s.Last.At) {
				s.Last = last
			}
		}
	}
	switch {
	case running:
		s.Phase = Running
	case s.Next != nil && !s.Next.Paused && s.Next.At.Sub(now) <= before:
		s.Phase = Soon
	case left > 0:
		s.Phase = Open
	}
	return s
}
