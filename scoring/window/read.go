package window

import (
	"slices"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
)

// Item is one member of a series and when it was seen. M is what a store
// shortens members to.
type Item[M comparable] struct {
	At     int64 // Unix ms
	Member M
}

// After is the index of the first item later than ms. The items are in the
// order of time.
func After[M comparable](items []Item[M], ms int64) int {
	if n := len(items); n == 0 || items[n-1].At <= ms {
		return n
	}
	low, high := 0, len(items)-1 // items[high] is later
	for low < high {
		middle := int(uint(low+high) >> 1)
		if items[middle].At > ms {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// Fill computes the values that the event self at now reads of a series that is
// not of buckets. items are its members in the order of time, the event's own
// included, each value where it was seen last; late is how many values of this
// event were seen again after it. since is what the mark of the entity asks of
// the counters. number is what a store has hidden in a member: what it adds
// (Amount), or from when on something was seen (spans, in Unix ms).
func Fill[M comparable](
	st *scoring.SeriesTouch, items []Item[M], now int64, self M, since time.Time, late int, number func(M) int64,
) {
	if st.Series.Shape == scoring.ShapeSpans {
		for i, r := range st.Series.Reads {
			st.Values[i] = age(items, now, r.Window.Milliseconds(), number)
		}
		return
	}
	items = items[:After(items, now)]
	for i, r := range st.Series.Reads {
		from, _ := Start(now, r.Window, since)
		in := items[After(items, from):]
		if r.Aggregate == rules.AggSum {
			st.Values[i] = sum(in, st.Series.Limit, number)
			continue
		}
		n := len(in)
		if from != now { // else cleared at this very instant, the event included
			n += late
		}
		st.Values[i] = value(r.Aggregate, in, n, now, self, st.Series.Limit)
	}
}

// value folds the n members of a window, of which in are known.
func value[M comparable](aggregate rules.Aggregate, in []Item[M], n int, now int64, self M, limit int) float64 {
	switch aggregate {
	case rules.AggCount, rules.AggDistinct:
		return Capped(n, limit)
	case rules.AggSinceFirst:
		for _, it := range in {
			if it.Member != self {
				return Seconds(it.At, now)
			}
		}
	case rules.AggSinceLast, rules.AggSinceOther:
		for _, it := range slices.Backward(in) {
			if it.Member != self {
				return Seconds(it.At, now)
			}
		}
	case rules.AggRegularity:
		var ms [rules.RegularityEvents]int64
		in = in[max(0, len(in)-len(ms)):]
		for i, it := range in {
			ms[i] = it.At
		}
		return Regularity(ms[:len(in)])
	default: // of another shape
	}
	return rules.NoValue
}

// sum adds up the newest members of a window, as many as are sure to be kept.
func sum[M comparable](in []Item[M], limit int, number func(M) int64) float64 {
	if limit > 0 {
		in = in[max(0, len(in)-limit):]
	}
	total := int64(0)
	for _, it := range in {
		total += number(it.Member)
	}
	return float64(total)
}
