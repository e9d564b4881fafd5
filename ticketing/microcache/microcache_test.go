package microcache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/microcache"
)

// source counts its readings and has a clock that the test sets.
type source struct {
	now   atomic.Int64
	reads atomic.Int64
	fail  atomic.Bool
}

var errAway = errors.New("away")

func (s *source) clock() time.Time { return time.UnixMilli(s.now.Load()) }

func (s *source) read(_ context.Context, key string) (string, error) {
	n := s.reads.Add(1)
	if s.fail.Load() {
		return "", errAway
	}
	return fmt.Sprint(key, n), nil
}

func get(t *testing.T, c *microcache.Cache[string], key string) string {
	t.Helper()
	value, err := c.Get(t.Context(), key)
	require.NoError(t, err)
	return value
}

func TestAge(t *testing.T) {
	t.Parallel()
	s := &source{}
	c := microcache.New(s.clock, s.read, microcache.Options{MaxAge: 100 * time.Millisecond})
	assert.Equal(t, "a1", get(t, c, "a"))
	s.now.Add(99)
	assert.Equal(t, "a1", get(t, c, "a"))
	assert.Equal(t, "b2", get(t, c, "b"), "keys are apart")
	s.now.Add(1)
	assert.Equal(t, "a3", get(t, c, "a"), "too old")
	s.now.Add(-50)
	assert.Equal(t, "a4", get(t, c, "a"), "a clock set back keeps nothing alive")
	c.Forget("a")
	assert.Equal(t, "a5", get(t, c, "a"))
	s.fail.Store(true)
	s.now.Add(100)
	_, err := c.Get(t.Context(), "a")
	require.ErrorIs(t, err, errAway, "an old answer is not given for a new one")
	_, err = c.Get(t.Context(), "a")
	require.ErrorIs(t, err, errAway)
	s.fail.Store(false)
	assert.Equal(t, "a8", get(t, c, "a"), "failures are not kept")
}

func TestNegativeAgeReadsAlways(t *testing.T) {
	t.Parallel()
	s := &source{}
	c := microcache.New(s.clock, s.read, microcache.Options{MaxAge: -1})
	assert.Equal(t, "a1", get(t, c, "a"))
	assert.Equal(t, "a2", get(t, c, "a"))
}

// TestLast: what is too old to be given is still known to who reads anew.
func TestLast(t *testing.T) {
	t.Parallel()
	s := &source{}
	c := microcache.New(s.clock, s.read, microcache.Options{MaxAge: 100 * time.Millisecond})
	_, known := c.Last("a")
	assert.False(t, known)
	assert.Equal(t, "a1", get(t, c, "a"))
	s.now.Add(1000)
	last, known := c.Last("a")
	assert.True(t, known)
	assert.Equal(t, "a1", last)
	c.Forget("a")
	_, known = c.Last("a")
	assert.False(t, known)
}

// TestBound holds that the cache never keeps more than its bound, and gives up
// what is old before what is young.
func TestBound(t *testing.T) {
	t.Parallel()
	s := &source{}
	c := microcache.New(s.clock, s.read, microcache.Options{MaxAge: 100 * time.Millisecond, Bound: 2})
	get(t, c, "old")
	s.now.Add(60)
	get(t, c, "young")
	s.now.Add(60)
	assert.Equal(t, "new3", get(t, c, "new"), "in the place of the old one")
	assert.Equal(t, "young2", get(t, c, "young"))
	get(t, c, "more")
	reads := s.reads.Load()
	for _, key := range []string{"young", "new", "more"} {
		get(t, c, key)
	}
	assert.Greater(t, s.reads.Load(), reads, "one of three had to go")
}

// TestOneReader holds that a crowd costs one reading, that the reading outlives
// its first caller, and that what was forgotten meanwhile is not kept.
func TestOneReader(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	entered, leave := make(chan struct{}), make(chan struct{})
	c := microcache.New(time.Now, func(ctx context.Context, _ string) (int64, error) {
		n := reads.Add(1)
		if n == 1 {
			close(entered)
			<-leave
		}
		return n, ctx.Err()
	}, microcache.Options{MaxAge: time.Hour})
	first, giveUp := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		n, err := c.Get(first, "k")
		if assert.NoError(t, err) {
			assert.Equal(t, int64(1), n)
		}
	})
	<-entered
	giveUp()
	for range 20 {
		group.Go(func() {
			_, err := c.Get(t.Context(), "k")
			assert.NoError(t, err)
		})
	}
	c.Forget("k")
	close(leave)
	group.Wait()
	n, err := c.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, int64(2), n, "the reading from before Forget was not kept")
	assert.Equal(t, int64(2), reads.Load())
}
