package window

import (
	"slices"

	"fairgate/rules"
)

// age is for how many seconds an entity has been seen without a pause of idle
// milliseconds or longer, as of now. items are its spans in the order of when
// they end; first tells of a member when its span begins.
//
// A span stands for sightings between which there was no such pause, so what
// lies within it needs not be known.
func age[M comparable](items []Item[M], now, idle int64, first func(M) int64) float64 {
	since, seen := now, false
	for _, it := range slices.Backward(items) {
		from := first(it.Member)
		switch {
		case from > now: // of later than this event
			continue
		case since-it.At >= idle: // nor does any that ended before reach so far
			return ageOr(since, now, seen)
		}
		since, seen = min(since, from), true
	}
	return ageOr(since, now, seen)
}

func ageOr(since, now int64, seen bool) float64 {
	if !seen {
		return rules.NoValue
	}
	return Seconds(since, now)
}

// Merge makes one of all spans between which there is less than idle
// milliseconds, in place. member makes a member of when a span begins.
func Merge[M comparable](items []Item[M], idle int64, first func(M) int64, member func(int64) M) []Item[M] {
	if len(items) < 2 {
		return items
	}
	keep := len(items) // the spans from here on are done; they end in order
	for _, it := range slices.Backward(items) {
		if keep < len(items) {
			if next := &items[keep]; first(next.Member)-it.At < idle {
				next.Member = member(min(first(next.Member), first(it.Member)))
				continue
			}
		}
		keep--
		items[keep] = it
	}
	return append(items[:0], items[keep:]...)
}
