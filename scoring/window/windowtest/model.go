package windowtest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

// model is the contract written down naively: every event is kept for ever.
type model struct {
	events map[string]map[string]int64 // key → event id → Unix ms
	seen   map[string]map[string]int64 // key → value → Unix ms of the last sighting
	since  map[string]int64            // key → Unix ms of the clearing
	amount map[string]int64            // event id → what it adds
	newest map[string]int64            // key → Unix ms of the newest event
}

func newModel() *model {
	return &model{
		events: map[string]map[string]int64{}, seen: map[string]map[string]int64{}, since: map[string]int64{},
		amount: map[string]int64{}, newest: map[string]int64{},
	}
}

// add puts an event into the model of a series, as its shape demands.
func (m *model) add(s *scoring.Series, key, id string, ms, amount int64) {
	if _, again := m.events[key][id]; !again && s.Shape == scoring.ShapeBuckets {
		if newest, known := m.newest[key]; known && ms <= newest-scoring.Horizon.Milliseconds() {
			return // too late to tell it from a repeat
		}
	}
	put(m.events, key, id, ms)
	m.amount[id] = amount
	m.newest[key] = max(m.newest[key], ms)
}

// agrees reports whether the value is what the read must tell.
func (m *model) agrees(tc *scoring.Touch, key string, st *scoring.SeriesTouch, r scoring.Read, got float64) (want string, ok bool) {
	if st.Series.Shape == scoring.ShapeBuckets {
		low, high := m.within(tc, key, st, r)
		return fmt.Sprintf("%v to %v", low, high), got >= low && got <= high
	}
	value := m.read(tc, key, st, r)
	return fmt.Sprint(value), math.Abs(value-got) <= 1e-9
}

// within bounds a read of buckets: it lacks nothing of the window, but for the
// bucket of a clearing, and has no more than a bucket on either side.
func (m *model) within(tc *scoring.Touch, key string, st *scoring.SeriesTouch, r scoring.Read) (low, high float64) {
	now, width := tc.Time.UnixMilli(), st.Series.Bucket.Milliseconds()
	end := now - r.Before.Milliseconds()
	start := end - r.Window.Milliseconds()
	since, hidden := m.since[key], start
	if since <= now && since > start {
		hidden = since
	}
	for id, ms := range m.events[key] {
		amount := float64(m.amount[id])
		if ms > start && ms <= end && (hidden == start || ms >= hidden+width) {
			low += amount
		}
		if ms > start-width && ms < end+width && (hidden == start || ms > hidden) {
			high += amount
		}
	}
	return low, high
}

// age is for how long, until to, no two sightings were idle or further apart.
func (m *model) age(key string, to, idle int64) float64 {
	var seen []int64
	for _, ms := range m.events[key] {
		if ms <= to {
			seen = append(seen, ms)
		}
	}
	slices.Sort(seen)
	first := to
	for i, ms := range slices.Backward(seen) {
		if first-ms >= idle {
			if i == len(seen)-1 {
				return rules.NoValue
			}
			break
		}
		first = ms
	}
	if len(seen) == 0 {
		return rules.NoValue
	}
	return float64(to-first) / 1000
}

func put(m map[string]map[string]int64, key, member string, ms int64) {
	if m[key] == nil {
		m[key] = map[string]int64{}
	}
	if old, ok := m[key][member]; !ok || ms > old {
		m[key][member] = ms
	}
}

// read computes one read of the touch after it was applied.
func (m *model) read(tc *scoring.Touch, key string, st *scoring.SeriesTouch, r scoring.Read) float64 {
	to := tc.Time.UnixMilli()
	if r.Aggregate == rules.AggAge {
		return m.age(key, to, r.Window.Milliseconds())
	}
	from := to - r.Window.Milliseconds()
	if since := m.since[key]; since <= to {
		from = max(from, since)
	}
	if r.Aggregate == rules.AggDistinct {
		n := 0
		for v, ms := range m.seen[key] {
			if (ms > from && ms <= to) || (from < to && slices.Contains(st.Members, v)) {
				n++
			}
		}
		return math.Min(float64(n), float64(st.Series.Limit))
	}
	var all, others []int64
	var sums [][2]int64 // Unix ms and what is added
	for id, ms := range m.events[key] {
		if ms > from && ms <= to {
			all = append(all, ms)
			sums = append(sums, [2]int64{ms, m.amount[id]})
			if id != tc.EventID {
				others = append(others, ms)
			}
		}
	}
	switch r.Aggregate {
	case rules.AggCount:
		return math.Min(float64(len(all)), float64(st.Series.Limit))
	case rules.AggSum:
		return naiveSum(sums, st.Series.Limit)
	case rules.AggSinceFirst, rules.AggSinceLast, rules.AggSinceOther:
		if len(others) == 0 {
			return rules.NoValue
		}
		if r.Aggregate == rules.AggSinceFirst {
			return float64(to-slices.Min(others)) / 1000
		}
		return float64(to-slices.Max(others)) / 1000
	default:
		slices.Sort(all)
		return naiveRegularity(all[max(0, len(all)-rules.RegularityEvents):])
	}
}

// naiveSum adds up the newest.
func naiveSum(sums [][2]int64, limit int) float64 {
	slices.SortFunc(sums, func(a, b [2]int64) int { return cmp.Compare(b[0], a[0]) })
	total := int64(0)
	for _, s := range sums[:min(len(sums), limit)] {
		total += s[1]
	}
	return float64(total)
}

// amountAt is what an event of that time adds in random sequences: the same for
// all of one millisecond, so that it does not matter which of them are the
// newest.
func amountAt(ms int64) int64 { return 1 + (ms*7919)%500 }

func naiveRegularity(ms []int64) float64 {
	if len(ms) < 4 {
		return rules.NoValue
	}
	var gaps []float64
	var mean, variance float64
	for i := 1; i < len(ms); i++ {
		gaps = append(gaps, float64(ms[i]-ms[i-1]))
		mean += gaps[i-1] / float64(len(ms)-1)
	}
	if mean == 0 {
		return 0
	}
	for _, g := range gaps {
		variance += (g - mean) * (g - mean) / float64(len(gaps))
	}
	return math.Sqrt(variance) / mean
}

var allReads = []scoring.Read{
	{Window: 5 * time.Second, Aggregate: rules.AggCount},
	{Window: time.Minute, Aggregate: rules.AggCount},
	{Window: time.Minute, Aggregate: rules.AggRegularity},
	{Window: time.Minute, Aggregate: rules.AggSinceFirst},
	{Window: 20 * time.Second, Aggregate: rules.AggSinceLast},
	{Window: 10 * time.Second, Aggregate: rules.AggSinceOther},
}

// moreShapes are series of what is not counted event by event.
func moreShapes(limit int) []*scoring.Series {
	return []*scoring.Series{
		amounts(limit, 5*time.Second, time.Minute), spans(20 * time.Second), spans(time.Hour),
		buckets("1", time.Minute, time.Minute), buckets("2", 7*time.Second, 10*time.Second),
	}
}

type past struct {
	id   string
	when time.Time
	key  string
	vals []string
	// cleared, if set, is when the key is cleared, just before the event is
	// applied.
	cleared time.Time
}

// testRandom mixes fresh, late and repeated events, all below the limit.
func testRandom(t *testing.T, h Harness) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			runSequence(t, h, events(400, allReads...), distinct(400, 5*time.Second, time.Minute), 250, func(n int, history []past) past {
				switch roll := rng.IntN(10); {
				case n > 0 && roll == 0: // a repeat: redelivery, or a retry after a lost answer
					return history[rng.IntN(n)]
				case roll == 1: // late
					return past{when: at(float64(n) - 30*rng.Float64())}
				case n > 0 && roll == 2: // in the same millisecond
					return past{when: history[n-1].when}
				default:
					return past{when: at(float64(n) + rng.Float64())}
				}
			}, rng)
		})
	}
}

// testRandomCleared clears the keys now and then, some of them in the future
// of the events that follow.
func testRandomCleared(t *testing.T, h Harness) {
	rng := rand.New(rand.NewPCG(5, 7))
	runSequence(t, h, events(400, allReads...), distinct(400, 5*time.Second, time.Minute), 400, func(n int, history []past) past {
		p := past{when: at(float64(n) + rng.Float64())}
		switch roll := rng.IntN(12); {
		case n > 0 && roll == 0:
			return history[rng.IntN(n)]
		case roll == 1:
			p.when = at(float64(n) - 30*rng.Float64())
		case roll == 2:
			p.cleared = p.when // the event itself is hidden, too
		case roll == 3:
			p.cleared = at(float64(n) + 20 - 40*rng.Float64())
		}
		return p
	}, rng)
}

// testRandomOverLimit sends far more than the limit, in time order.
func testRandomOverLimit(t *testing.T, h Harness) {
	rng := rand.New(rand.NewPCG(11, 7))
	noFirst := slices.DeleteFunc(slices.Clone(allReads), func(r scoring.Read) bool {
		return r.Aggregate == rules.AggSinceFirst // the first may have been pushed out
	})
	clock := base
	runSequence(t, h, events(25, noFirst...), distinct(25, 5*time.Second, time.Minute), 500, func(int, []past) past {
		clock = clock.Add(time.Duration(rng.IntN(300)) * time.Millisecond)
		return past{when: clock}
	}, rng)
}

func runSequence(t *testing.T, h Harness, es, ds *scoring.Series, n int, next func(int, []past) past, rng *rand.Rand) {
	t.Helper()
	m, keys := newModel(), []string{newKey(), newKey()}
	more := moreShapes(es.Limit)
	models := []*model{m, m}
	for range more {
		models = append(models, &model{
			events: map[string]map[string]int64{}, since: m.since, amount: map[string]int64{}, newest: map[string]int64{},
		})
	}
	var history []past
	for i := range n {
		p := next(i, history)
		if p.id == "" {
			p.id, p.key = newID(), keys[rng.IntN(len(keys))]
			for range rng.IntN(3) {
				p.vals = append(p.vals, fmt.Sprint("v", rng.IntN(60)))
			}
		}
		if !p.cleared.IsZero() {
			h.SetMark(t, rules.EntityAccount, p.key, scoring.EncodeMark(p.cleared, nil))
			m.since[p.key], p.cleared = p.cleared.UnixMilli(), time.Time{}
		}
		history = append(history, p)
		tc := touch(p.id, p.when, p.key, es, p.id)
		tc.Entities[0].ReadMark = true
		tc.Entities[0].Series = append(tc.Entities[0].Series,
			scoring.SeriesTouch{Series: ds, Members: p.vals, Values: make([]float64, len(ds.Reads))})
		for _, s := range more {
			tc.Entities[0].Series = append(tc.Entities[0].Series, scoring.SeriesTouch{
				Series: s, Members: []string{p.id}, Amount: amountAt(p.when.UnixMilli()), Values: make([]float64, len(s.Reads)),
			})
		}
		for j, s := range append([]*scoring.Series{es, nil}, more...) {
			if s != nil {
				models[j].add(s, p.key, p.id, p.when.UnixMilli(), amountAt(p.when.UnixMilli()))
			}
		}
		for _, v := range p.vals {
			put(m.seen, p.key, v, p.when.UnixMilli())
		}
		apply(t, h, tc)
		for j := range tc.Entities[0].Series {
			st := &tc.Entities[0].Series[j]
			for k, r := range st.Series.Reads {
				want, ok := models[j].agrees(tc, p.key, st, r, st.Values[k])
				require.True(t, ok, "event %d of %s, %s of %q over %s: model %s, store %v",
					i, p.key, r.Aggregate, st.Series.Shape, r.Window, want, st.Values[k])
			}
		}
	}
}
