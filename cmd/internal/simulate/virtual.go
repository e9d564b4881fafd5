package simulate

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/valyala/fasthttp"
)

// Virtual is a stage on which time jumps from one event to the next: what
// waits takes none of the machine's, and of all that goes on side by side one
// thing runs at a time, the earliest first and of equals the one that was due
// first. The same seed therefore gives the same run, whatever the machine.
//
// What goes on is a coroutine that gives way where it calls the stage. Run owns
// the stage; the other methods are for what runs on it.
type Virtual struct {
	ctx     context.Context //nolint:containedctx // of the one Run; what stops it stops every wait
	now     int64           // Unix ns
	due     agenda
	order   uint64 // of what is equally due
	current *strand
	parked  map[*strand]struct{}
	line    Line // set before anything is sent
	trip    time.Duration
	watch   func(at time.Time)
	fault   error
}

var (
	_ Stage = (*Virtual)(nil)
	_ Line  = (*Virtual)(nil)
)

// VirtualOptions tune a Virtual.
type VirtualOptions struct {
	// Trip is how long a request and its answer are on their way, each half of
	// it; default 4 ms, as over a loopback with a little work at its end.
	Trip time.Duration
	// Watch is told the time now and then, for progress; nil: nobody is.
	Watch func(at time.Time)
}

// Connect says by what requests are carried once they are on their way. It is
// called by one at a time and must not wait on the stage.
func (v *Virtual) Connect(line Line) { v.line = line }

// watchEvery is how many events there are between two calls of Watch, and
// between two looks whether the run was interrupted.
const watchEvery = 256

// NewVirtual makes a stage whose time begins at start.
func NewVirtual(start time.Time, o VirtualOptions) *Virtual {
	if o.Trip <= 0 {
		o.Trip = 4 * time.Millisecond
	}
	return &Virtual{now: start.UnixNano(), parked: map[*strand]struct{}{}, trip: o.Trip, watch: o.Watch}
}

// strand is one thing that goes on: a coroutine, once it has begun.
type strand struct {
	fn    func()
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	// While it is parked: by what, and as which.
	ctx   context.Context //nolint:containedctx // looked at when time has passed
	order uint64
}

// Run runs play and what it forks until play returns. The error is ctx's, or
// that of the stage's own work (At); play has returned then, too, because every
// wait was cut short.
func (v *Virtual) Run(ctx context.Context, play func()) error {
	v.ctx = ctx
	over := false
	v.fork(func() { play(); over = true }, v.now)
	for n := 0; !over; n++ {
		if n%watchEvery == 0 {
			if v.watch != nil {
				v.watch(v.Now())
			}
			if ctx.Err() != nil || v.fault != nil {
				return errors.Join(v.drain(&over), v.fault)
			}
		}
		if len(v.due) == 0 {
			return errors.Join(errors.New("everybody on the stage waits for somebody else"), v.drain(&over))
		}
		v.step()
	}
	return v.fault
}

// step goes on with what is due first.
func (v *Virtual) step() {
	a, _ := heap.Pop(&v.due).(appointment)
	v.now = max(v.now, a.at)
	if a.fn == nil {
		v.resume(a.strand)
		return
	}
	if err := a.fn(v.ctx); err != nil && v.fault == nil {
		v.fault = fmt.Errorf("at %s: %w", v.Now().Format(time.RFC3339Nano), err)
	}
	if a.strand != nil {
		v.book(v.now+int64(v.trip/2), a.strand)
	}
}

// resume lets a strand go on until it gives way or ends.
func (v *Virtual) resume(s *strand) {
	v.current = s
	if s.next == nil {
		s.next, s.stop = iter.Pull(iter.Seq[struct{}](func(yield func(struct{}) bool) {
			s.yield = yield
			s.fn()
		}))
	}
	if _, more := s.next(); !more {
		s.stop()
	}
	v.current = nil
}

// drain lets every strand end, time standing still; the waits of an interrupted
// stage return false.
func (v *Virtual) drain(over *bool) error {
	if v.fault == nil {
		v.fault = context.Cause(v.ctx)
	}
	for !*over {
		for s := range v.parked {
			v.book(v.now, s)
			delete(v.parked, s)
		}
		if len(v.due) == 0 {
			return errors.New("the stage cannot be left: somebody waits for ever")
		}
		a, _ := heap.Pop(&v.due).(appointment)
		if a.strand != nil {
			v.resume(a.strand)
		}
	}
	return nil
}

// stopped reports that the run is being left.
func (v *Virtual) stopped() bool { return v.fault != nil || v.ctx.Err() != nil }

// book makes an appointment for a strand.
func (v *Virtual) book(at int64, s *strand) {
	v.order++
	heap.Push(&v.due, appointment{at: at, order: v.order, strand: s})
}

// fork makes a strand that begins at a moment.
func (v *Virtual) fork(fn func(), at int64) { v.book(at, &strand{fn: fn}) }

// At has the stage itself do something once d has passed, as clocks do. An
// error of it ends the run.
func (v *Virtual) At(d time.Duration, fn func(context.Context) error) {
	v.order++
	heap.Push(&v.due, appointment{at: v.now + int64(d), order: v.order, fn: fn})
}

// Now implements Stage.
func (v *Virtual) Now() time.Time { return time.Unix(0, v.now).UTC() }

// boundKey finds the moment at which a context of the stage ends.
type boundKey struct{}

// bounded is a context that ends at a moment of the stage. Its Done is that of
// the context it came from: whoever waits does so by the stage.
type bounded struct {
	context.Context //nolint:containedctx // it is one
	stage           *Virtual
	at              int64
}

// Err implements context.Context.
func (b bounded) Err() error {
	if err := b.Context.Err(); err != nil {
		return err
	}
	if b.stage.now >= b.at {
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context.
func (b bounded) Value(key any) any {
	if _, ok := key.(boundKey); ok {
		if outer, ok := b.Context.Value(key).(int64); ok {
			return min(outer, b.at)
		}
		return b.at
	}
	return b.Context.Value(key)
}

// Until implements Stage.
func (v *Virtual) Until(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(ctx)
	v.At(at.Sub(v.Now()), func(context.Context) error {
		v.releaseParked()
		return nil
	})
	return bounded{Context: inner, stage: v, at: at.UnixNano()}, cancel
}

// going reports that neither the run nor ctx has ended. A context that was
// derived from a bounded one does not know of the stage's time by itself.
func (v *Virtual) going(ctx context.Context) bool {
	if v.stopped() || ctx.Err() != nil {
		return false
	}
	end, ok := ctx.Value(boundKey{}).(int64)
	return !ok || v.now < end
}

// Wait implements Stage.
func (v *Virtual) Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 || !v.going(ctx) {
		return v.going(ctx)
	}
	at := v.now + int64(d)
	if end, ok := ctx.Value(boundKey{}).(int64); ok {
		at = min(at, end)
	}
	v.pause(at)
	return v.going(ctx)
}

// pause gives way until a moment.
func (v *Virtual) pause(at int64) {
	s := v.current
	v.book(at, s)
	s.yield(struct{}{})
}

// Fork implements Stage. Before fn begins it costs an appointment and no stack.
func (v *Virtual) Fork(ctx context.Context, d time.Duration, fn func()) {
	at := v.now + int64(max(d, 0))
	if end, ok := ctx.Value(boundKey{}).(int64); ok {
		at = min(at, max(end, v.now))
	}
	v.fork(fn, at)
}

// Park implements Stage.
func (v *Virtual) Park(ctx context.Context) (wait func() bool, wake func()) {
	var waits *strand
	woken := false
	wait = func() bool {
		if woken || !v.going(ctx) {
			return woken
		}
		waits = v.current
		v.order++
		waits.ctx, waits.order = ctx, v.order
		v.parked[waits] = struct{}{}
		waits.yield(struct{}{})
		return woken
	}
	wake = func() {
		if woken {
			return
		}
		woken = true
		if waits == nil {
			return
		}
		if _, parked := v.parked[waits]; parked {
			delete(v.parked, waits)
			v.book(v.now, waits)
		}
	}
	return wait, wake
}

// releaseParked lets those go on whose context has ended.
func (v *Virtual) releaseParked() {
	var free []*strand
	for s := range v.parked {
		if !v.going(s.ctx) {
			free = append(free, s)
		}
	}
	slices.SortFunc(free, func(a, b *strand) int { return cmp.Compare(a.order, b.order) })
	for _, s := range free {
		delete(v.parked, s)
		v.book(v.now, s)
	}
}

// Send implements Line: the request is on its way for half of the trip, the
// answer for the other.
func (v *Virtual) Send(_ context.Context, req *fasthttp.Request, res *fasthttp.Response) error {
	if v.stopped() {
		return errNoAnswer
	}
	var err error
	s := v.current
	v.order++
	heap.Push(&v.due, appointment{at: v.now + int64(v.trip/2), order: v.order, strand: s, fn: func(ctx context.Context) error {
		err = v.line.Send(ctx, req, res)
		return nil
	}})
	s.yield(struct{}{})
	if v.stopped() {
		return errNoAnswer
	}
	return err
}
