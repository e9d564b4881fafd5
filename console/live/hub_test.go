package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console/live"
)

// pass lets time of the bubble's clock go by.
func pass(d time.Duration) { <-time.After(d) }

// ticks counts how often it is asked, and fails for one topic.
type ticks struct{ asked atomic.Int64 }

func (s *ticks) Frame(_ context.Context, t live.Topic, at time.Time) (any, error) {
	n := s.asked.Add(1)
	if t == live.TopicEngines {
		return nil, errors.New("away")
	}
	return map[string]any{"n": n, "at": at}, nil
}

// seen is a parsed event.
type seen struct{ id, name, data string }

func parse(t *testing.T, raw []byte) seen {
	t.Helper()
	text := string(raw)
	require.True(t, strings.HasSuffix(text, "\n\n"), text)
	var e seen
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
			require.True(t, json.Valid([]byte(value)), value)
		}
	}
	return e
}

// next skips what is no event.
func next(t *testing.T, l *live.Listener) seen {
	t.Helper()
	for {
		raw, err := l.Next()
		require.NoError(t, err)
		if e := parse(t, raw); e.name != "" {
			return e
		}
	}
}

// running is a hub that runs in the test's bubble.
func running(t *testing.T, sources live.Sources, o live.Options) (*live.Hub, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	hub := live.New(sources, o)
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx) }()
	return hub, func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func listen(t *testing.T, hub *live.Hub, operator, after string, topics ...live.Topic) *live.Listener {
	t.Helper()
	l, err := hub.Subscribe(live.Subscription{Operator: operator, Topics: topics, After: after})
	require.NoError(t, err)
	return l
}

func TestFramesAreComputedOnceAndOnlyWhileSomebodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s ticks
		hub, stop := running(t, &s, live.Options{})
		pass(time.Minute)
		assert.Zero(t, s.asked.Load())

		a, b := listen(t, hub, "a", "", live.TopicOverview), listen(t, hub, "b", "", live.TopicOverview)
		for range 3 {
			one, other := next(t, a), next(t, b)
			assert.Equal(t, one, other)
			assert.Equal(t, "overview", one.name)
			assert.NotEmpty(t, one.id)
		}
		assert.EqualValues(t, 3, s.asked.Load())

		a.Close()
		b.Close()
		a.Close() // twice is no harm
		pass(time.Minute)
		assert.LessOrEqual(t, s.asked.Load(), int64(4))
		for _, l := range []*live.Listener{a, b} {
			for {
				if _, err := l.Next(); err != nil {
					require.ErrorIs(t, err, io.EOF)
					break
				}
			}
		}
		stop()
	})
}

func TestATopicThatFailsStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{})
		l := listen(t, hub, "a", "", live.TopicEngines, live.TopicOverview)
		assert.Equal(t, "overview", next(t, l).name)
		assert.Equal(t, "overview", next(t, l).name)
		stop()
	})
}

func TestResumeIsWithoutAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{})
		steady := listen(t, hub, "steady", "", live.TopicOverview)
		l := listen(t, hub, "a", "", live.TopicOverview)
		last := next(t, l)
		l.Close()
		var missed []seen
		next(t, steady)
		for range 4 {
			missed = append(missed, next(t, steady))
		}
		again := listen(t, hub, "a", last.id, live.TopicOverview)
		for _, want := range missed {
			assert.Equal(t, want, next(t, again))
		}

		for _, stale := range []string{"elsewhere-3", last.id + "9999", "nonsense"} {
			other := listen(t, hub, "b", stale, live.TopicOverview)
			gap := next(t, other)
			assert.Equal(t, "gap", gap.name)
			assert.Contains(t, gap.data, stale)
			assert.Equal(t, "overview", next(t, other).name)
			other.Close()
		}
		stop()
	})
}

func TestAFrameThatIsNoLongerKeptIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{})
		steady := listen(t, hub, "steady", "", live.TopicOverview)
		first := next(t, steady)
		for range 730 { // the ring holds 720
			next(t, steady)
		}
		late := listen(t, hub, "late", first.id, live.TopicOverview)
		assert.Equal(t, "gap", next(t, late).name)
		stop()
	})
}

func TestASlowListenerIsDroppedAndToldWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{Buffer: 3})
		slow, quick := listen(t, hub, "slow", "", live.TopicOverview), listen(t, hub, "quick", "", live.TopicOverview)
		for range 6 {
			next(t, quick)
		}
		bye := next(t, slow)
		assert.Equal(t, "bye", bye.name)
		assert.JSONEq(t, `{"reason":"slow"}`, bye.data)
		_, err := slow.Next()
		require.ErrorIs(t, err, io.EOF)
		next(t, quick)
		stop()
	})
}

func TestStreamsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{Most: 4, PerOperator: 2, Releases: 1})
		main := live.ReleaseTopic("main", "2026-05-10")
		listen(t, hub, "a", "", main)
		kept := listen(t, hub, "a", "", main)
		_, err := hub.Subscribe(live.Subscription{Operator: "a", Topics: []live.Topic{main}})
		require.ErrorIs(t, err, live.ErrTooMany)
		require.ErrorContains(t, err, "2 by this operator")
		_, err = hub.Subscribe(live.Subscription{Operator: "b", Topics: []live.Topic{live.ReleaseTopic("main", "2026-05-11")}})
		require.ErrorContains(t, err, "different releases")
		listen(t, hub, "b", "", live.TopicOverview)
		listen(t, hub, "b", "", live.TopicOverview)
		_, err = hub.Subscribe(live.Subscription{Operator: "c", Topics: []live.Topic{live.TopicOverview}})
		require.ErrorContains(t, err, "4 in all")
		kept.Close()
		listen(t, hub, "a", "", main)
		stop()
		_, err = hub.Subscribe(live.Subscription{Operator: "c", Topics: []live.Topic{live.TopicOverview}})
		require.ErrorIs(t, err, live.ErrStopping)
	})
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{Buffer: 512})
		open := func(check func(context.Context) error) *live.Listener {
			l, err := hub.Subscribe(live.Subscription{Operator: "x", Topics: []live.Topic{live.TopicOverview}, Check: check})
			require.NoError(t, err)
			return l
		}
		over := open(func(context.Context) error { return fmt.Errorf("out: %w", live.ErrOver) })
		away := open(func(context.Context) error { return errors.New("the database is away") })
		good := open(func(context.Context) error { return nil })
		pass(32 * time.Second)
		end := func(l *live.Listener) string {
			for {
				if e := next(t, l); e.name == "bye" {
					return e.data
				}
			}
		}
		assert.JSONEq(t, `{"reason":"session_over"}`, end(over))
		next(t, away)
		pass(5 * time.Minute)
		assert.JSONEq(t, `{"reason":"session_over"}`, end(away), "nobody could say for five minutes that it may go on")
		next(t, good)
		stop()
		assert.JSONEq(t, `{"reason":"stopping"}`, end(good))
	})
}

func TestASilentStreamHasHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, stop := running(t, &ticks{}, live.Options{})
		l := listen(t, hub, "a", "", live.TopicEngines) // whose frames all fail
		greeting, err := l.Next()
		require.NoError(t, err)
		assert.Equal(t, "retry: 3000\n\n", string(greeting))
		began := time.Now()
		beat, err := l.Next()
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(beat), ":"))
		assert.LessOrEqual(t, time.Since(began), 15*time.Second)
		stop()
	})
}

func TestParseTopics(t *testing.T) {
	got, err := live.ParseTopics("overview, alerts,overview,release:main@2026-05-10")
	require.NoError(t, err)
	assert.Equal(t, []live.Topic{"overview", "alerts", "release:main@2026-05-10"}, got)
	for _, bad := range []string{
		"", "overview,", "all", "release:", "release:main", "release:main@2026-02-30", "release:../x@2026-05-10", "release:a b@2026-05-10",
		"release:a@2026-01-01,release:a@2026-01-02,release:a@2026-01-03,release:a@2026-01-04,release:a@2026-01-05,release:a@2026-01-06,release:a@2026-01-07,release:a@2026-01-08,release:a@2026-01-09",
	} {
		_, err := live.ParseTopics(bad)
		require.ErrorIs(t, err, live.ErrBadTopic, bad)
	}
}
