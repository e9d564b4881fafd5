package windowtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/rules"
	"fairgate/scoring"
)

func testCount(t *testing.T, h Harness) {
	s, key := events(100, count(10*time.Second), count(time.Minute)), newKey()
	for i, step := range []struct {
		at   float64
		want []float64
	}{
		{0, []float64{1, 1}},
		{5, []float64{2, 2}},
		{9.999, []float64{3, 3}},
		{10, []float64{3, 4}}, // the window is (t-w, t]: the event at 0 has left
		{60, []float64{1, 4}},
		{600, []float64{1, 1}},
	} {
		id := newID()
		assert.Equal(t, step.want, apply(t, h, touch(id, at(step.at), key, s, id)), "step %d", i)
	}
}

func testSameMillisecond(t *testing.T, h Harness) {
	s, key := events(100, count(time.Second)), newKey()
	for n := 1; n <= 5; n++ {
		id := newID()
		assert.Equal(t, []float64{float64(n)}, apply(t, h, touch(id, at(1), key, s, id)))
	}
}

func testLimit(t *testing.T, h Harness) {
	const limit = 30
	s, key := events(limit, count(time.Minute)), newKey()
	d := distinct(limit, time.Minute)
	for n := 1; n <= 3*limit; n++ {
		id, when := newID(), at(float64(n)/100)
		want := []float64{float64(min(n, limit))}
		assert.Equal(t, want, apply(t, h, touch(id, when, key, s, id)), "count of %d", n)
		assert.Equal(t, want, apply(t, h, touch(id, when, key, d, fmt.Sprint("v", n))), "distinct of %d", n)
	}
	id := newID()
	assert.Equal(t, []float64{1}, apply(t, h, touch(id, at(120), key, s, id)), "and it falls again")
}

func testDistinct(t *testing.T, h Harness) {
	s, key := distinct(100, 10*time.Second, time.Minute), newKey()
	for i, step := range []struct {
		at      float64
		members []string
		want    []float64
	}{
		{0, []string{"a"}, []float64{1, 1}},
		{1, []string{"a"}, []float64{1, 1}},
		{2, []string{"b", "c", "b"}, []float64{3, 3}},
		{11, []string{"a"}, []float64{3, 3}},
		{12, []string{"a"}, []float64{1, 3}},
		{100, []string{"d"}, []float64{1, 1}},
	} {
		assert.Equal(t, step.want, apply(t, h, touch(newID(), at(step.at), key, s, step.members...)), "step %d", i)
	}
}

func testDistinctLate(t *testing.T, h Harness) {
	s, key := distinct(100, 10*time.Second), newKey()
	apply(t, h, touch(newID(), at(0), key, s, "a"))
	apply(t, h, touch(newID(), at(20), key, s, "a"))
	assert.Equal(t, []float64{1}, apply(t, h, touch(newID(), at(15), key, s, "a")), "the late event counts its own value")
	assert.Equal(t, []float64{2}, apply(t, h, touch(newID(), at(28), key, s, "b")), "a was last seen at 20, not at 15")
}

func testSince(t *testing.T, h Harness) {
	s := events(100, scoring.Read{Window: time.Minute, Aggregate: rules.AggSinceFirst},
		scoring.Read{Window: time.Minute, Aggregate: rules.AggSinceLast})
	key, repeated := newKey(), newID()
	for i, step := range []struct {
		id   string
		at   float64
		want []float64
	}{
		{repeated, 0, []float64{rules.NoValue, rules.NoValue}},
		{repeated, 0, []float64{rules.NoValue, rules.NoValue}},
		{newID(), 0, []float64{0, 0}},
		{newID(), 1.5, []float64{1.5, 1.5}},
		{newID(), 4, []float64{4, 2.5}},
		{newID(), 61, []float64{59.5, 57}},
		{newID(), 121, []float64{rules.NoValue, rules.NoValue}},
	} {
		assert.InDeltaSlice(t, step.want, apply(t, h, touch(step.id, at(step.at), key, s, step.id)), 1e-9, "step %d", i)
	}
}

func testRegularity(t *testing.T, h Harness) {
	s := events(100, scoring.Read{Window: time.Hour, Aggregate: rules.AggRegularity})
	key := newKey()
	var got []float64
	for n := range 40 {
		when := at(float64(n) * 2)
		if n < 10 {
			when = at(float64(n*n) / 50) // irregular, and forgotten after 20 more
		}
		id := newID()
		got = append(got, apply(t, h, touch(id, when, key, s, id))[0])
	}
	assert.Equal(t, []float64{rules.NoValue, rules.NoValue, rules.NoValue}, got[:3], "fewer than four events")
	assert.Greater(t, got[12], 0.5)
	assert.InDelta(t, 0, got[39], 1e-9, "a metronome over the last %d", rules.RegularityEvents)
}

func testReadOnly(t *testing.T, h Harness) {
	s, key := events(100, count(time.Minute), scoring.Read{Window: time.Minute, Aggregate: rules.AggSinceLast}), newKey()
	assert.Equal(t, []float64{0, rules.NoValue}, apply(t, h, touch(newID(), at(0), key, s)))
	id := newID()
	apply(t, h, touch(id, at(1), key, s, id))
	assert.Equal(t, []float64{1, 2}, apply(t, h, touch(newID(), at(3), key, s)))
	assert.Equal(t, []float64{1, 3}, apply(t, h, touch(newID(), at(4), key, s)))
}

func testRepeat(t *testing.T, h Harness) {
	s, key := events(100, count(time.Minute)), newKey()
	d := distinct(100, time.Minute)
	ids := []string{newID(), newID(), "line 7 of access.log"}
	for round := range 3 {
		for n, id := range ids {
			got := apply(t, h, touch(id, at(float64(n)), key, s, id))
			apply(t, h, touch(id, at(float64(n)), key, d, fmt.Sprint("v", n)))
			assert.Equal(t, []float64{float64(n + 1)}, got, "round %d: what came after is not in the window", round)
		}
	}
	assert.Equal(t, []float64{3}, apply(t, h, touch(newID(), at(5), key, s)))
	assert.Equal(t, []float64{3}, apply(t, h, touch(newID(), at(5), key, d)))
	assert.Equal(t, []float64{1}, apply(t, h, touch(newID(), at(61.5), key, d)), "repeats moved no value forward or back")
}

func testApart(t *testing.T, h Harness) {
	a, b := events(100, count(time.Minute)), events(101, count(time.Minute))
	key := newKey()
	cell := func(e rules.Entity, k string, s *scoring.Series) scoring.EntityTouch {
		return scoring.EntityTouch{Entity: e, Key: k, Series: []scoring.SeriesTouch{
			{Series: s, Members: []string{"ev"}, Values: make([]float64, 1)},
		}}
	}
	for n := 1; n <= 2; n++ {
		id := newID()
		tc := &scoring.Touch{EventID: id, Time: at(float64(n)), Entities: []scoring.EntityTouch{
			cell(rules.EntityAccount, key, a), cell(rules.EntityDevice, key, a),
			cell(rules.EntityAccount, key+"}:x", a), cell(rules.EntityAccount, "", b),
		}}
		tc.Entities[0].Series = append(tc.Entities[0].Series, cell("", "", b).Series...)
		for i := range tc.Entities {
			for j := range tc.Entities[i].Series {
				tc.Entities[i].Series[j].Members[0] = id
			}
		}
		tc.Entities[3].Key = newKey()
		apply(t, h, tc)
		for i := range 3 {
			assert.Equal(t, []float64{float64(n)}, tc.Entities[i].Series[0].Values, "entity %d", i)
		}
		assert.Equal(t, []float64{float64(n)}, tc.Entities[0].Series[1].Values)
		assert.Equal(t, []float64{1}, tc.Entities[3].Series[0].Values)
	}
}
