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

// gate holds pipelines back until it is told to let one pass, and fails those
// that it is told to.
type gate struct {
	arrived chan int // how many commands a pipeline has
	pass    chan error
	open    atomic.Bool
}

func newGate() *gate { return &gate{arrived: make(chan int, 16), pass: make(chan error, 16)} }

func (g *gate) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (g *gate) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

func (g *gate) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if g.open.Load() {
			return next(ctx, cmds)
		}
		g.arrived <- len(cmds)
		if err := <-g.pass; err != nil {
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
// on their way.
func occupy(t *testing.T, s *Store, g *gate) []<-chan error {
	t.Helper()
	var under []<-chan error
	for range mostTrips {
		under = append(under, start(t.Context(), s, counting("under way", uuid.NewString())))
		require.Positive(t, <-g.arrived)
	}
	return under
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

func TestTouchesThatComeTogetherShareARoundTrip(t *testing.T) {
	s, g := gated(t)
	under := occupy(t, s, g)
	touches, done := gather(t.Context(), t, s, mostTogether)
	g.pass <- nil
	assert.GreaterOrEqual(t, <-g.arrived, 2*mostTogether, "all of them in one")
	for range mostTrips {
		g.pass <- nil
	}
	for _, d := range append(under, done...) {
		require.NoError(t, <-d)
	}
	seen := map[float64]bool{}
	for _, touch := range touches {
		seen[touch.Entities[0].Series[0].Values[0]] = true
	}
	assert.Len(t, seen, mostTogether, "each has the count at its own turn")
	assert.Zero(t, s.trips.underWay)
}

func TestATripTakesOnlySoMany(t *testing.T) {
	s, g := gated(t)
	under := occupy(t, s, g)
	_, done := gather(t.Context(), t, s, mostTogether+1)
	g.pass <- nil
	assert.LessOrEqual(t, <-g.arrived, 3*mostTogether)
	assert.Equal(t, 1, s.trips.queued())
	for range mostTrips + 1 {
		g.pass <- nil
	}
	for _, d := range append(under, done...) {
		require.NoError(t, <-d)
	}
}

func TestWhoGivesUpDoesNotHoldTheOthersUp(t *testing.T) {
	s, g := gated(t)
	under := occupy(t, s, g)
	leaving, leave := context.WithCancel(t.Context())
	_, gone := gather(leaving, t, s, 3)
	_, staying := gather(t.Context(), t, s, 3)
	leave()
	for _, d := range gone {
		require.ErrorIs(t, <-d, context.Canceled)
	}
	for range mostTrips + 1 {
		g.pass <- nil
	}
	for _, d := range append(under, staying...) {
		require.NoError(t, <-d)
	}
}

func TestWhoGivesUpOnTheWayLeavesItsMemoryAlone(t *testing.T) {
	s, g := gated(t)
	under := occupy(t, s, g)
	leaving, leave := context.WithCancel(t.Context())
	_, gone := gather(leaving, t, s, 1)
	_, staying := gather(t.Context(), t, s, 1) // the last one leads
	g.pass <- nil
	require.Positive(t, <-g.arrived)
	leave()
	require.ErrorIs(t, <-gone[0], context.Canceled)
	// Its commands are still to be sent: another touch must not write into them.
	later := counting("later", uuid.NewString())
	_, more := []*scoring.Touch{later}, []<-chan error{start(t.Context(), s, later)}
	for range mostTrips + 1 {
		g.pass <- nil
	}
	for _, d := range append(append(under, staying...), more...) {
		require.NoError(t, <-d)
	}
	assert.Equal(t, []float64{1}, later.Entities[0].Series[0].Values)
}

func TestABrokenConnectionIsNotManyFailures(t *testing.T) {
	s, g := gated(t)
	under := occupy(t, s, g)
	_, done := gather(t.Context(), t, s, 3)
	g.pass <- nil
	require.Positive(t, <-g.arrived)
	g.pass <- nil // the other that was under way
	g.pass <- io.EOF
	require.Positive(t, <-g.arrived, "once more")
	g.pass <- nil
	for _, d := range append(under, done...) {
		require.NoError(t, <-d)
	}
	// Alone there is nobody to spare, and the caller knows better.
	alone := start(t.Context(), s, counting("alone", uuid.NewString()))
	require.Positive(t, <-g.arrived)
	g.pass <- io.EOF
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
