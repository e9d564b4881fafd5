package windowtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/rules"
	"fairgate/scoring"
)

// asking makes tc read the mark of its entity.
func asking(tc *scoring.Touch) *scoring.Touch {
	tc.Entities[0].ReadMark = true
	return tc
}

// testCleared counts eight events, two seconds apart, clears, and looks at what
// every aggregate sees from then on.
func testCleared(t *testing.T, h Harness) {
	const none = rules.NoValue
	month := 30 * 24 * time.Hour
	var reads []scoring.Read
	for _, a := range []rules.Aggregate{rules.AggCount, rules.AggSinceFirst, rules.AggSinceLast, rules.AggRegularity} {
		reads = append(reads, scoring.Read{Window: month, Aggregate: a})
	}
	s, key := events(100, append(reads, count(5*time.Second))...), newKey()
	d := distinct(100, month, 5*time.Second)
	var last []float64
	for n := range 8 {
		id := newID()
		last = apply(t, h, asking(touch(id, at(float64(2*n)), key, s, id)))
		apply(t, h, asking(touch(newID(), at(float64(2*n)), key, d, fmt.Sprint("v", n))))
	}
	assert.InDeltaSlice(t, []float64{8, 14, 2, 0, 3}, last, 1e-9, "nobody was cleared yet")

	h.SetMark(t, rules.EntityAccount, key, scoring.EncodeMark(at(12), []byte("note")))
	for _, step := range []struct {
		name     string
		at       float64
		add      bool
		counts   []float64 // count, since first, since last and regularity over a month; count over 5 s
		distinct []float64 // over a month and over 5 s
	}{
		{"from before the clearing", 11, false, []float64{6, 11, 1, 0, 2}, []float64{6, 2}},
		{"at the very instant", 12, false, []float64{0, none, none, none, 0}, []float64{0, 0}},
		{"what came at the instant is hidden, what came after is not", 14, false, []float64{1, 0, 0, none, 1}, []float64{1, 1}},
		{"counting goes on from there", 15, true, []float64{2, 1, 1, none, 2}, []float64{2, 2}},
		{"and on", 16, true, []float64{3, 2, 1, none, 3}, []float64{3, 3}},
		{"and on, until the rhythm shows", 17, true, []float64{4, 3, 1, 0, 4}, []float64{4, 4}},
		{"a window that begins after the clearing is as ever", 19.5, true, []float64{5, 5.5, 2.5, 0.4723774929733302, 4}, []float64{5, 4}},
	} {
		id := newID()
		counts, values := asking(touch(id, at(step.at), key, s)), asking(touch(newID(), at(step.at), key, d))
		if step.add {
			counts.Entities[0].Series[0].Members = []string{id}
			values.Entities[0].Series[0].Members = []string{"after " + id}
		}
		assert.InDeltaSlice(t, step.counts, apply(t, h, counts), 1e-9, step.name)
		assert.Equal(t, step.distinct, apply(t, h, values), step.name)
		assert.Equal(t, []byte("note"), counts.Entities[0].Mark, step.name)
	}

	known := asking(touch(newID(), at(20), key, d, "v1"))
	assert.Equal(t, []float64{6, 4}, apply(t, h, known), "a value from before that is seen again counts again")
	late := asking(touch(newID(), at(13), key, d, "v1"))
	assert.Equal(t, []float64{1, 1}, apply(t, h, late), "a late event counts its own value")
	assert.Equal(t, []float64{6, 4}, apply(t, h, asking(touch(newID(), at(20), key, d))), "which did not move back")
	h.SetMark(t, rules.EntityAccount, key, scoring.EncodeMark(at(13), nil))
	late = asking(touch(newID(), at(13), key, d, "v1"))
	assert.Equal(t, []float64{0, 0}, apply(t, h, late), "but not where it is hidden itself")
}

func testClearedUnread(t *testing.T, h Harness) {
	s, key := events(100, count(time.Minute)), newKey()
	for range 3 {
		id := newID()
		apply(t, h, touch(id, at(1), key, s, id))
	}
	h.SetMark(t, rules.EntityAccount, key, scoring.EncodeMark(at(2), nil))
	assert.Equal(t, []float64{3}, apply(t, h, touch(newID(), at(3), key, s)))
	assert.Equal(t, []float64{0}, apply(t, h, asking(touch(newID(), at(3), key, s))))
}

// testClearedApart touches two entities, one of them cleared, each with two
// series.
func testClearedApart(t *testing.T, h Harness) {
	a, b := events(100, count(time.Minute), count(time.Second)), events(101, count(time.Minute))
	key := newKey()
	h.SetMark(t, rules.EntityDevice, key, scoring.EncodeMark(at(2.5), nil))
	var tc *scoring.Touch
	for n := range 5 {
		id := newID()
		tc = &scoring.Touch{EventID: id, Time: at(float64(n))}
		for _, e := range []rules.Entity{rules.EntityAccount, rules.EntityDevice, rules.EntitySession} {
			tc.Entities = append(tc.Entities, scoring.EntityTouch{Entity: e, Key: key, ReadMark: true, Series: []scoring.SeriesTouch{
				{Series: a, Members: []string{id}, Values: make([]float64, 2)},
				{Series: b, Members: []string{id}, Values: make([]float64, 1)},
			}})
		}
		apply(t, h, tc)
	}
	for i, want := range []float64{5, 2, 5} {
		assert.Equal(t, []float64{want, 1}, tc.Entities[i].Series[0].Values, "%s", tc.Entities[i].Entity)
		assert.Equal(t, []float64{want}, tc.Entities[i].Series[1].Values, "%s", tc.Entities[i].Entity)
	}
}
