package httpapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLimiterIsATokenBucket(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	l := newLimiter(3, 10)
	take := func(account string) time.Duration {
		wait, tracked := l.take(account, now)
		assert.True(t, tracked)
		return wait
	}
	for range 3 {
		assert.Zero(t, take("a"), "a minute's worth at once")
	}
	assert.Equal(t, 20*time.Second, take("a"))
	assert.Equal(t, 20*time.Second, take("a"), "a refusal costs no token")
	assert.Zero(t, take("b"), "everybody has a bucket")
	now = now.Add(20 * time.Second)
	assert.Zero(t, take("a"))
	assert.Equal(t, 20*time.Second, take("a"))
	now = now.Add(59 * time.Second) // into the next generation
	assert.Zero(t, take("a"))
	assert.Zero(t, take("a"))
	assert.Equal(t, time.Second, take("a"), "what was taken before the turn counts: a token came back every 20 s")
	now = now.Add(10 * time.Minute)
	for range 3 {
		assert.Zero(t, take("a"))
	}
	now = now.Add(-time.Hour)
	assert.Zero(t, take("a"), "a clock that was put back locks nobody out")
}

// TestLimiterAgreesWithAnExactBucket holds the generations against a bucket that
// forgets nothing.
func TestLimiterAgreesWithAnExactBucket(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	l, tokens, last := newLimiter(6, 10), 6.0, start
	now := start
	for i := range 5000 {
		now = now.Add(time.Duration(1+i*7919%23_000) * time.Millisecond)
		tokens = min(6, tokens+now.Sub(last).Seconds()/10)
		last = now
		wait, _ := l.take("a", now)
		if diff := tokens - 1; diff > -1e-6 && diff < 1e-6 {
			continue // on the edge, where floating point decides
		}
		assert.Equal(t, tokens < 1, wait > 0, "request %d at %s with %f tokens", i, now.Sub(start), tokens)
		if wait == 0 {
			tokens--
		}
	}
}

func TestLimiterRemembersNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	l := newLimiter(1, 100)
	untracked := 0
	for i := range 1000 {
		wait, tracked := l.take(fmt.Sprint(i), now)
		assert.Zero(t, wait, "a stranger is never turned away")
		if !tracked {
			untracked++
		}
	}
	assert.Equal(t, 900, untracked)
	assert.Len(t, l.current, 100)
	wait, tracked := l.take("7", now)
	assert.Equal(t, time.Minute, wait, "who is remembered still is")
	assert.True(t, tracked)
}
