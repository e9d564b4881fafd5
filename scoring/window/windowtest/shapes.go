package windowtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/rules"
	"fairgate/scoring"
)

func read(w time.Duration, a rules.Aggregate) scoring.Read {
	return scoring.Read{Window: w, Aggregate: a}
}

func amounts(limit int, windows ...time.Duration) *scoring.Series {
	var reads []scoring.Read
	for _, w := range windows {
		reads = append(reads, read(w, rules.AggSum))
	}
	s := series("a", limit, reads)
	s.Shape = scoring.ShapeAmounts
	return s
}

func spans(w time.Duration) *scoring.Series {
	s := series("s", 0, []scoring.Read{read(w, rules.AggAge)})
	s.Shape = scoring.ShapeSpans
	return s
}

// buckets returns a series of a window that can be read as it is and, if before
// is not zero, so much earlier.
func buckets(id string, w, before time.Duration) *scoring.Series {
	s := series("b"+id, 0, []scoring.Read{count(w)})
	s.Shape, s.Bucket, s.Stage = scoring.ShapeBuckets, rules.BucketWidth(w), rules.StageInline
	if before != 0 {
		s.Reads = append(s.Reads, scoring.Read{Window: w, Aggregate: rules.AggSum, Before: before})
	}
	s.Keep = w + before
	return s
}

// adding says what the event adds to the touch's first series.
func adding(tc *scoring.Touch, amount int64) *scoring.Touch {
	tc.Entities[0].Series[0].Amount = amount
	return tc
}

func testSum(t *testing.T, h Harness) {
	s, key, repeated := amounts(100, 10*time.Second, time.Minute), newKey(), newID()
	for i, step := range []struct {
		id     string
		at     float64
		amount int64
		want   []float64
	}{
		{newID(), 0, 3, []float64{3, 3}},
		{repeated, 1, 500, []float64{503, 503}},
		{repeated, 1, 500, []float64{503, 503}},
		{newID(), 1, 500, []float64{1003, 1003}}, // as much in the same millisecond
		{newID(), 10, 2, []float64{1002, 1005}},
		{newID(), 9, 1, []float64{1004, 1004}}, // late
		{newID(), 60.5, rules.MaxAmount, []float64{rules.MaxAmount, rules.MaxAmount + 1003}},
		{newID(), 600, 1, []float64{1, 1}},
	} {
		assert.Equal(t, step.want, apply(t, h, adding(touch(step.id, at(step.at), key, s, step.id), step.amount)), "step %d", i)
	}
	assert.Equal(t, []float64{0, 0}, apply(t, h, touch(newID(), at(5), newKey(), s)), "of nothing")
}

func testSumOverLimit(t *testing.T, h Harness) {
	const limit = 30
	s, key := amounts(limit, time.Minute), newKey()
	for n := 1; n <= 4*limit; n++ {
		id := newID()
		got := apply(t, h, adding(touch(id, at(float64(n)/100), key, s, id), 2))
		assert.Equal(t, []float64{float64(2 * min(n, limit))}, got, "the newest of %d", n)
	}
}

func testSinceOther(t *testing.T, h Harness) {
	s, key := events(8, read(time.Minute, rules.AggSinceOther)), newKey()
	assert.Equal(t, []float64{rules.NoValue}, apply(t, h, touch(newID(), at(0), key, s)), "never anything else")
	id := newID()
	assert.Equal(t, []float64{rules.NoValue}, apply(t, h, touch(id, at(1), key, s, id)), "it is no other than itself")
	assert.Equal(t, []float64{3.5}, apply(t, h, touch(newID(), at(4.5), key, s)))
	id = newID()
	assert.Equal(t, []float64{4}, apply(t, h, touch(id, at(5), key, s, id)))
	for n := range 50 {
		id := newID()
		apply(t, h, touch(id, at(6+float64(n)/10), key, s, id))
	}
	assert.InDeltaSlice(t, []float64{1.1}, apply(t, h, touch(newID(), at(12), key, s)), 1e-9)
	assert.Equal(t, []float64{rules.NoValue}, apply(t, h, touch(newID(), at(71), key, s)), "too long ago")
}

func testAge(t *testing.T, h Harness) {
	s, key, repeated := spans(time.Minute), newKey(), newID()
	for i, step := range []struct {
		id   string
		at   float64
		want float64
	}{
		{newID(), 100, 0},
		{repeated, 130, 30},
		{repeated, 130, 30},
		{newID(), 189.999, 89.999}, // just not idle for a minute
		{newID(), 150, 50},         // late, between
		{newID(), 60, 0},           // late, before all: older than it seemed
		{newID(), 200, 140},
		{newID(), 260, 0}, // idle for a minute: known from now on
		{newID(), 300, 40},
		{newID(), 259, 199}, // late, and the gap is none any more
		{newID(), 301, 241},
	} {
		got := apply(t, h, asking(touch(step.id, at(step.at), key, s, step.id)))
		assert.InDeltaSlice(t, []float64{step.want}, got, 1e-9, "step %d", i)
	}
	assert.InDeltaSlice(t, []float64{270}, apply(t, h, touch(newID(), at(330), key, s)), 1e-9, "reading adds nothing")
	assert.Equal(t, []float64{rules.NoValue}, apply(t, h, touch(newID(), at(361), key, s)), "idle")
	assert.Equal(t, []float64{rules.NoValue}, apply(t, h, touch(newID(), at(59), key, s)), "before it was seen")
	h.SetMark(t, rules.EntityAccount, key, scoring.EncodeMark(at(320), nil))
	assert.InDeltaSlice(t, []float64{270}, apply(t, h, asking(touch(newID(), at(330), key, s))), 1e-9,
		"who was cleared is not younger for it")
}

// testAgeMany sees somebody often enough that what is kept of it is rewritten.
func testAgeMany(t *testing.T, h Harness) {
	s, key := spans(time.Hour), newKey()
	for n := range 600 {
		id, when := newID(), float64(n*40)
		got := apply(t, h, touch(id, at(when), key, s, id))
		assert.Equal(t, []float64{when}, got, "event %d", n)
	}
}

func testBuckets(t *testing.T, h Harness) {
	s, key, repeated := buckets("t", time.Minute, 10*time.Minute), newKey(), newID() // buckets of a second
	for i, step := range []struct {
		id     string
		at     float64
		amount int64
		want   []float64
	}{
		{newID(), 0.2, 1, []float64{1, 0}},
		{repeated, 0.5, 1, []float64{2, 0}},
		{repeated, 0.5, 1, []float64{2, 0}},
		{newID(), 59, 1000, []float64{1002, 0}},
		{newID(), 60.9, 1, []float64{1003, 0}},  // the bucket of the edge, 0 to 1, counts as a whole
		{newID(), 61, 1, []float64{1002, 0}},    // and not any more
		{newID(), 58.5, 7, []float64{9, 0}},     // late: what is in later buckets is not there yet
		{newID(), 601, 1, []float64{1, 2}},      // ten minutes before, 58.5 is not there yet
		{newID(), 660, 1, []float64{2, 1010}},   // (0, 60], the buckets of both edges as a whole
		{newID(), 661.5, 1, []float64{3, 1009}}, // the edge is at 601.5, so 601 counts, and 62 does not
	} {
		got := apply(t, h, adding(touch(step.id, at(step.at), key, s, step.id), step.amount))
		assert.Equal(t, step.want, got, "step %d", i)
	}
	// Ten minutes late: nobody knows whether it is a repeat.
	for _, late := range []string{newID(), repeated} {
		apply(t, h, adding(touch(late, at(61.5), key, s, late), 500))
	}
	assert.Equal(t, []float64{3, 1009}, apply(t, h, touch(newID(), at(661.5), key, s)), "they were not added")
}

func testBucketsCleared(t *testing.T, h Harness) {
	s, key := buckets("c", time.Minute, time.Minute), newKey()
	for n := range 10 {
		id := newID()
		apply(t, h, adding(touch(id, at(float64(n)+0.5), key, s, id), 1))
	}
	ask := func(when float64) []float64 {
		return apply(t, h, asking(touch(newID(), at(when), key, s)))
	}
	assert.Equal(t, []float64{10, 0}, ask(10))
	h.SetMark(t, rules.EntityAccount, key, scoring.EncodeMark(at(4.2), nil))
	assert.Equal(t, []float64{5, 0}, ask(10), "the bucket of the clearing is hidden as a whole")
	assert.Equal(t, []float64{4, 0}, ask(3), "from before the clearing")
	assert.Equal(t, []float64{0, 5}, ask(75), "a minute before, too")
	assert.Equal(t, []float64{0, 0}, ask(4.2))
}

// testBucketsTogether adds one event to two series at one stage, and then again
// at another stage.
func testBucketsTogether(t *testing.T, h Harness) {
	a, b, other, key := buckets("a", time.Minute, 0), buckets("b", time.Hour, 0), buckets("o", time.Minute, 0), newKey()
	other.Stage = rules.StageAsync
	for n := 1; n <= 3; n++ {
		id := newID()
		for range 2 {
			tc := adding(touch(id, at(float64(n)), key, a, id), 2)
			tc.Entities[0].Series = append(tc.Entities[0].Series,
				scoring.SeriesTouch{Series: b, Members: []string{id}, Amount: 3, Values: make([]float64, 1)})
			assert.Equal(t, []float64{float64(2 * n)}, apply(t, h, tc))
			assert.Equal(t, []float64{float64(3 * n)}, tc.Entities[0].Series[1].Values)
			assert.Equal(t, []float64{float64(n)}, apply(t, h, adding(touch(id, at(float64(n)), key, other, id), 1)))
		}
	}
}

// testFollows clears one part of a pair, and then the other.
func testFollows(t *testing.T, h Harness) {
	s, account, pool := events(100, count(time.Minute)), newKey(), newKey()
	ask := func(when float64, id string) []float64 {
		tc := &scoring.Touch{EventID: id, Time: at(when), Entities: []scoring.EntityTouch{
			{Entity: rules.EntityAccount, Key: account, ReadMark: true},
			{Entity: rules.EntityDevice, Key: pool, ReadMark: true},
			{
				Entity: rules.Pair(rules.EntityAccount, rules.EntityDevice), Key: rules.PairKey(account, pool), Follows: [2]int{1, 2},
				Series: []scoring.SeriesTouch{{Series: s, Members: []string{id}, Values: make([]float64, 1)}},
			},
		}}
		send(t, h, tc)
		assert.Nil(t, tc.Entities[2].Mark, "a pair has no mark of its own")
		return tc.Entities[2].Series[0].Values
	}
	for n := range 10 {
		assert.Equal(t, []float64{float64(n + 1)}, ask(float64(n), newID()))
	}
	h.SetMark(t, rules.EntityDevice, pool, scoring.EncodeMark(at(4), nil))
	assert.Equal(t, []float64{6}, ask(10, newID()))
	h.SetMark(t, rules.EntityAccount, account, scoring.EncodeMark(at(8), nil))
	assert.Equal(t, []float64{3}, ask(11, newID()), "the later of both")
	h.SetMark(t, rules.EntityAccount, account, scoring.EncodeMark(at(50), nil))
	assert.Equal(t, []float64{8}, ask(12, newID()), "one after the event is none of its business, the other is")
}
