// Package windowtest is the conformance suite of scoring.Counters: tables for
// what each aggregate means, and random event sequences (repeats, late events,
// several events in one millisecond) held against a naive model.
//
// Every implementation under scoring/window runs it; a new one is finished
// when it passes.
package windowtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

// Harness is one implementation, ready for a test. Suites may share a store:
// every test uses entity keys of its own.
type Harness struct {
	Counters scoring.Counters
	// SetMark leaves a mark on an entity, the way enforcement does: value is
	// its stored form (scoring.EncodeMark).
	SetMark func(t testing.TB, entity rules.Entity, key string, value []byte)
}

// Run runs the suite; open is called once for each test.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"count", testCount},
		{"count of events in one millisecond", testSameMillisecond},
		{"count is exact to its limit", testLimit},
		{"distinct", testDistinct},
		{"distinct seen late does not move back", testDistinctLate},
		{"since first and last exclude the event itself", testSince},
		{"regularity looks at the last events", testRegularity},
		{"reading adds nothing", testReadOnly},
		{"repeats change nothing", testRepeat},
		{"entities, keys and series are apart", testApart},
		{"sum", testSum},
		{"sum of the newest events beyond the limit", testSumOverLimit},
		{"since something else", testSinceOther},
		{"age", testAge},
		{"age of what is seen often", testAgeMany},
		{"buckets count the window and at most one bucket more", testBuckets},
		{"buckets that a clearing lies in are hidden", testBucketsCleared},
		{"buckets know an event once for each stage", testBucketsTogether},
		{"a pair follows its parts' clearings", testFollows},
		{"marks", testMarks},
		{"a clearing hides what came before it", testCleared},
		{"a clearing hides nothing where the mark is not read", testClearedUnread},
		{"a clearing is for its own entity", testClearedApart},
		{"burn", testBurn},
		{"nonce", testNonce},
		{"invalid touches are refused", testInvalid},
		{"random sequences agree with the model", testRandom},
		{"random sequences with clearings agree with the model", testRandomCleared},
		{"random bursts beyond the limit agree with the model", testRandomOverLimit},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// base is the event time that sequences start from.
var base = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return base.Add(time.Duration(seconds * float64(time.Second))).Truncate(time.Millisecond)
}

func newKey() string { return uuid.NewString() }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// events returns a series of event ids; reads are pairs of window and aggregate.
func events(limit int, reads ...scoring.Read) *scoring.Series {
	return series("e", limit, reads)
}

func distinct(limit int, windows ...time.Duration) *scoring.Series {
	var reads []scoring.Read
	for _, w := range windows {
		reads = append(reads, scoring.Read{Window: w, Aggregate: rules.AggDistinct})
	}
	return series("d", limit, reads)
}

func series(prefix string, limit int, reads []scoring.Read) *scoring.Series {
	s := &scoring.Series{Limit: limit, Reads: reads}
	if prefix == "d" {
		s.Shape = scoring.ShapeValues
	}
	for _, r := range reads {
		s.Keep = max(s.Keep, r.Window)
	}
	s.ID = fmt.Sprintf("%s%d-%d", prefix, s.Keep/time.Second, limit)
	return s
}

func count(w time.Duration) scoring.Read {
	return scoring.Read{Window: w, Aggregate: rules.AggCount}
}

// touch builds a Touch of one account with one series.
func touch(id string, when time.Time, key string, s *scoring.Series, members ...string) *scoring.Touch {
	return &scoring.Touch{EventID: id, Time: when, Entities: []scoring.EntityTouch{{
		Entity: rules.EntityAccount, Key: key,
		Series: []scoring.SeriesTouch{{Series: s, Members: members, Values: make([]float64, len(s.Reads))}},
	}}}
}

// apply touches and returns the values of the first series.
func apply(t *testing.T, h Harness, tc *scoring.Touch) []float64 {
	t.Helper()
	send(t, h, tc)
	return tc.Entities[0].Series[0].Values
}

// send touches with a deadline.
func send(t *testing.T, h Harness, tc *scoring.Touch) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, h.Counters.Touch(ctx, tc))
}

func testInvalid(t *testing.T, h Harness) {
	s, key := events(10, count(time.Minute)), newKey()
	mixed := events(10, count(time.Minute), scoring.Read{Window: time.Minute, Aggregate: rules.AggDistinct})
	noRoom := touch(newID(), at(0), key, s)
	noRoom.Entities[0].Series[0].Values = nil
	burn := touch(newID(), at(0), key, s)
	burn.Burn = "token"
	nonce := touch(newID(), at(0), key, s)
	nonce.Nonce = "nonce"
	back := events(10, scoring.Read{Window: time.Minute, Aggregate: rules.AggCount, Before: time.Hour})
	noBucket, unknown := buckets("x", time.Minute, 0), events(10)
	noBucket.Bucket, unknown.Shape = 0, "circle"
	ahead := touch(newID(), at(0), key, s, "x")
	ahead.Entities[0].Follows = [2]int{1, 0}
	for name, tc := range map[string]*scoring.Touch{
		"no event id":        touch("", at(0), key, s, "x"),
		"no room for values": noRoom,
		"mixed series":       touch(newID(), at(0), key, mixed, "x"),
		"burn without ttl":   burn,
		"nonce without ttl":  nonce,
		"events looked back": touch(newID(), at(0), key, back, "x"),
		"no buckets":         adding(touch(newID(), at(0), key, noBucket, "x"), 1),
		"unknown shape":      touch(newID(), at(0), key, unknown, "x"),
		"nothing to add":     touch(newID(), at(0), key, amounts(10, time.Minute), "x"),
		"too much to add":    adding(touch(newID(), at(0), key, amounts(10, time.Minute), "x"), rules.MaxAmount+1),
		"follows itself":     ahead,
	} {
		require.ErrorIs(t, h.Counters.Touch(t.Context(), tc), scoring.ErrInvalidTouch, name)
	}
	assert.Equal(t, []float64{0}, apply(t, h, touch(newID(), at(0), key, s)), "nothing was applied")
}

func testMarks(t *testing.T, h Harness) {
	s, key := events(10, count(time.Minute)), newKey()
	read := func(ask bool) ([]byte, time.Time) {
		tc := touch(newID(), at(0), key, s)
		tc.Entities[0].ReadMark = ask
		tc.Entities[0].Mark, tc.Entities[0].Since = []byte("left over"), at(-5)
		apply(t, h, tc)
		return tc.Entities[0].Mark, tc.Entities[0].Since
	}
	for _, c := range []struct {
		name  string
		since time.Time
		data  []byte
	}{
		{"no mark yet", time.Time{}, nil},
		{"data alone", time.Time{}, []byte("\x00deny\xff")},
		{"both", at(-1), []byte("\x01deny")},
		{"since alone", at(1), nil},
	} {
		if value := scoring.EncodeMark(c.since, c.data); value != nil {
			h.SetMark(t, rules.EntityAccount, key, value)
			h.SetMark(t, rules.EntityDevice, key, scoring.EncodeMark(at(-9), []byte("other entity")))
		}
		data, since := read(true)
		assert.Equal(t, c.data, data, c.name)
		assert.Equal(t, c.since, since, c.name)
		data, since = read(false)
		assert.Nil(t, data, "%s, not asked for", c.name)
		assert.Zero(t, since, "%s, not asked for", c.name)
	}
	h.SetMark(t, rules.EntityAccount, key, []byte("no head"))
	data, since := read(true)
	assert.Equal(t, []byte("no head"), data, "handed over whole")
	assert.Zero(t, since)
}

func testBurn(t *testing.T, h Harness) {
	s, key, token := events(10, count(time.Minute)), newKey(), newKey()
	burn := func(id, token string) bool {
		tc := touch(id, at(1), key, s)
		tc.Burn, tc.BurnTTL = token, time.Hour
		apply(t, h, tc)
		return tc.Burnt
	}
	first := newID()
	assert.True(t, burn(first, token), "first to present it")
	assert.True(t, burn(first, token), "the same event repeated")
	assert.False(t, burn(newID(), token), "spent")
	assert.True(t, burn(newID(), token+"x"), "another token")
	tc := touch(newID(), at(1), key, s)
	tc.Burnt = true
	apply(t, h, tc)
	assert.False(t, tc.Burnt, "no token, nothing burnt")
}

func testNonce(t *testing.T, h Harness) {
	s, key, nonce := events(10, count(time.Minute)), newKey(), newKey()
	replayed := func(id, nonce, pass string) (bool, bool) {
		tc := touch(id, at(1), key, s)
		tc.Nonce, tc.NonceTTL, tc.Burn, tc.BurnTTL = nonce, time.Hour, pass, time.Hour
		apply(t, h, tc)
		return tc.Replayed, tc.Burnt
	}
	first := newID()
	for range 2 {
		again, burnt := replayed(first, nonce, nonce)
		assert.False(t, again, "first to present it, and the same event repeated")
		assert.True(t, burnt, "a pass of the same text is something else")
	}
	again, burnt := replayed(newID(), nonce, nonce+"other")
	assert.True(t, again)
	assert.True(t, burnt, "each is spent by itself")
	again, _ = replayed(newID(), nonce+"x", "")
	assert.False(t, again, "another nonce")
	tc := touch(newID(), at(1), key, s)
	tc.Replayed = true
	apply(t, h, tc)
	assert.False(t, tc.Replayed, "no nonce, nothing replayed")
}
