package redis

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

// gate holds pipelines back until each is told to pass or to fail.
type gate struct {
	arrived chan *held
	open    atomic.Bool
}

// held is a pipeline at the gate.
type held struct {
	commands int
	answer   chan error // nil: pass; room for one
}

func newGate() *gate { return &gate{arrived: make(chan *held, 16)} }

func (h *held) pass()          { h.answer <- nil }
func (h *held) fail(err error) { h.answer <- err }

// release opens the gate: those under way pass, and whoever comes after them,
// in however many pipelines that is.
func (g *gate) release(under ...*held) {
	g.open.Store(true)
	for _, h := range under {
		h.pass()
	}
}

func (g *gate) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (g *gate) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

func (g *gate) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if g.open.Load() {
			return next(ctx, cmds)
		}
		h := &held{commands: len(cmds), answer: make(chan error, 1)}
		g.arrived <- h
		if err := <-h.answer; err != nil {
			return err
		}
		return next(ctx, cmds)
	}
}

// gated is a store whose pipelines go through a gate.
func gated(t *testing.T) (*Store, *gate) {
	t.Helper()
	o := &goredis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}
	Configure(o)
	client := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	g := newGate()
	g.open.Store(true)
	client.AddHook(g)
	require.NoError(t, New(client, Options{}).Touch(t.Context(), counting("warm", uuid.NewString())))
	g.open.Store(false)
	return New(client, Options{}), g
}

func counting(key, id string) *scoring.Touch {
	return &scoring.Touch{
		EventID: id, Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		Entities: []scoring.EntityTouch{{Entity: rules.EntityAccount, Key: key, Series: []scoring.SeriesTouch{{
			Series:  &scoring.Series{ID: "s", Keep: time.Minute, Reads: []scoring.Read{{Aggregate: rules.AggCount, Window: time.Minute}}},
			Members: []string{id}, Values: make([]float64, 1),
		}}}},
	}
}

// start lets a touch go and gives back where its error arrives.
func start(ctx context.Context, s *Store, touch *scoring.Touch) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Touch(ctx, touch) }()
	return done
}

// occupy starts as many touches as trips go at once, and waits until they are
// held on their way.
func occupy(t *testing.T, s *Store, g *gate) (under []*held, done []<-chan error) {
	t.Helper()
	for range mostTrips {
		done = append(done, start(t.Context(), s, counting("under way", uuid.NewString())))
		under = append(under, <-g.arrived)
	}
	return under, done
}

// gather starts n touches of one key and waits until they are in the queue.
func gather(ctx context.Context, t *testing.T, s *Store, n int) (touches []*scoring.Touch, done []<-chan error) {
	t.Helper()
	before := s.trips.queued()
	for range n {
		touch := counting("together", uuid.NewString())
		touches = append(touches, touch)
		done = append(done, start(ctx, s, touch))
	}
	require.Eventually(t, func() bool { return s.trips.queued() == before+n }, 5*time.Second, time.Millisecond)
	return touches, done
}

func (t *trips) queued() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}

func (t *trips) going() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.underWay
}

func TestTouchesThatComeTogetherShareARoundTrip(t *testing.T) {
	s, g := gated(t)
	under, went := occupy(t, s, g)
	touches, done := gather(t.Context(), t, s, mostTogether)
	under[0].pass()
	together := <-g.arrived
	assert.GreaterOrEqual(t, together.commands, 2*mostTogether, "all of them in one")
	g.release(under[1], together)
	for _, d := range append(went, done...) {
		require.NoError(t, <-d)
	}
	seen := map[float64]bool{}
	for _, touch := range touches {
		seen[touch.Entities[0].Series[0].Values[0]] = true
	}
	assert.Len(t, seen, mostTogether, "each has the count at its own turn")
	require.Eventually(t, func() bool { return s.trips.going() == 0 }, 5*time.Second, time.Millisecond)
}

func TestATripTakesOnlySoMany(t *testing.T) {
	s, g := gated(t)
	under, went := occupy(t, s, g)
	_, done := gather(t.Context(), t, s, mostTogether+1)
	under[0].pass()
	together := <-g.arrived
	assert.LessOrEqual(t, together.commands, 3*mostTogether)
	assert.Equal(t, 1, s.trips.queued())
	g.release(under[1], together)
	for _, d := range append(went, done...) {
		require.NoError(t, <-d)
	}
}

func TestWhoGivesUpDoesNotHoldTheOthersUp(t *testing.T) {
	s, g := gated(t)
	under, went := occupy(t, s, g)
	leaving, leave := context.WithCancel(t.Context())
	_, gone := gather(leaving, t, s, 3)
	_, staying := gather(t.Context(), t, s, 3)
	leave()
	for _, d := range gone {
		require.ErrorIs(t, <-d, context.Canceled)
	}
	// Both come back at once, so those who stay may go in two.
	g.release(under...)
	for _, d := range append(went, staying...) {
		require.NoError(t, <-d)
	}
}

func TestWhoGivesUpOnTheWayLeavesItsMemoryAlone(t *testing.T) {
	s, g := gated(t)
	under, went := occupy(t, s, g)
	leaving, leave := context.WithCancel(t.Context())
	_, gone := gather(leaving, t, s, 1)
	_, staying := gather(t.Context(), t, s, 1) // the last one leads
	under[0].pass()
	together := <-g.arrived
	leave()
	require.ErrorIs(t, <-gone[0], context.Canceled)
	// Its commands are still to be sent: another touch must not write into them.
	later := counting("later", uuid.NewString())
	more := start(t.Context(), s, later)
	g.release(under[1], together)
	for _, d := range append(append(went, staying...), more) {
		require.NoError(t, <-d)
	}
	assert.Equal(t, []float64{1}, later.Entities[0].Series[0].Values)
}

func TestABrokenConnectionIsNotManyFailures(t *testing.T) {
	s, g := gated(t)
	under, went := occupy(t, s, g)
	_, done := gather(t.Context(), t, s, 3)
	under[0].pass()
	together := <-g.arrived
	together.fail(io.EOF)
	again := <-g.arrived
	assert.Equal(t, together.commands, again.commands, "once more")
	again.pass()
	under[1].pass()
	for _, d := range append(went, done...) {
		require.NoError(t, <-d)
	}
	// Alone there is nobody to spare, and the caller knows better.
	alone := start(t.Context(), s, counting("alone", uuid.NewString()))
	(<-g.arrived).fail(io.EOF)
	require.ErrorIs(t, <-alone, io.EOF)
}

func TestBroken(t *testing.T) {
	assert.True(t, broken(&net.OpError{Op: "read", Err: io.EOF}))
	assert.False(t, broken(nil))
	assert.False(t, broken(context.DeadlineExceeded))
	assert.False(t, broken(&net.OpError{Op: "read", Err: context.DeadlineExceeded}))
	assert.False(t, broken(goredis.Nil))
}

// TestTripsUnderLoad has callers come and go at random; every one must return,
// and every touch that was answered must have counted.
func TestTripsUnderLoad(t *testing.T) {
	s, g := gated(t)
	g.open.Store(true)
	var answered atomic.Int64
	var callers sync.WaitGroup
	for caller := range 48 {
		callers.Go(func() {
			for i := range 40 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+(caller*i)%9)*time.Millisecond)
				if s.Touch(ctx, counting("busy", uuid.NewString())) == nil {
					answered.Add(1)
				}
				cancel()
			}
		})
	}
	callers.Wait()
	assert.Zero(t, s.trips.queued())
	last := counting("busy", uuid.NewString())
	require.NoError(t, s.Touch(t.Context(), last))
	assert.GreaterOrEqual(t, last.Entities[0].Series[0].Values[0], float64(answered.Load()+1))
}
