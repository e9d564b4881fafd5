package simulate

import (
	"context"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Stage is where a run takes place: it tells the time, lets it pass, and runs
// what goes on side by side. On the live stage time is the machine's and
// everything is a goroutine; on the virtual stage time jumps from one event to
// the next and one thing runs at a time, in an order that the seed decides.
type Stage interface {
	// Now is the time of the run.
	Now() time.Time
	// Wait lets d pass, or what is left until ctx ends; it reports whether ctx
	// still goes on.
	Wait(ctx context.Context, d time.Duration) bool
	// Until derives a context that ends at a moment of the run.
	Until(ctx context.Context, at time.Time) (context.Context, context.CancelFunc)
	// Fork begins fn beside its caller, after d or as soon as ctx ends; fn looks
	// at ctx itself.
	Fork(ctx context.Context, d time.Duration, fn func())
	// Park makes a place to wait for somebody else: wait returns true once wake
	// was called, before or after, and false where ctx ended first. One waits at
	// most, once; anybody may wake, more than once.
	Park(ctx context.Context) (wait func() bool, wake func())
}

// Line carries the requests of actors to a gateway. Send fills in res; an error means that
// there was no usable answer. It is safe for concurrent use and keeps neither.
type Line interface {
	Send(ctx context.Context, req *fasthttp.Request, res *fasthttp.Response) error
}

// Scene is what all visits of a pass have in common.
type Scene struct {
	Stage
	Line
	World *World
	// Start is the beginning of the timed part.
	Start time.Time
	Sent  *Progress
	// House is what actors reach beside the gateway; nil where nothing of it is.
	House House
	// HashTime is the time that one hash of a proof of work takes an actor
	// where computing it takes none of the stage's; 0 on the live stage.
	HashTime time.Duration
}

// crew is a number of things that go on side by side on a stage.
type crew struct {
	stage Stage
	wait  func() bool
	wake  func()

	mu   sync.Mutex
	left int
}

// newCrew makes one whose Wait returns when everything has ended.
func newCrew(ctx context.Context, stage Stage) *crew {
	c := &crew{stage: stage, left: 1}
	// What was begun is waited for, ctx ended or not: it ends by itself soon.
	c.wait, c.wake = stage.Park(context.WithoutCancel(ctx))
	return c
}

// Go begins fn after d, or as soon as ctx ends.
func (c *crew) Go(ctx context.Context, d time.Duration, fn func()) {
	c.mu.Lock()
	c.left++
	c.mu.Unlock()
	c.stage.Fork(ctx, d, func() {
		defer c.done()
		fn()
	})
}

// Wait waits for everything begun. It is called once, when nothing more begins.
func (c *crew) Wait() {
	c.done()
	c.wait()
}

func (c *crew) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		c.wake()
	}
}

// turn is something that one actor has at a time; the others get it in the
// order in which they asked.
type turn struct {
	mu      sync.Mutex
	held    bool
	waiting []*claim
}

type claim struct {
	wake func()
	mine bool
}

// take waits for its turn; false where ctx ended first.
func (t *turn) take(ctx context.Context, stage Stage) bool {
	t.mu.Lock()
	if !t.held {
		t.held = true
		t.mu.Unlock()
		return true
	}
	wait, wake := stage.Park(ctx)
	c := &claim{wake: wake}
	t.waiting = append(t.waiting, c)
	t.mu.Unlock()
	if wait() {
		return true
	}
	t.mu.Lock()
	mine := c.mine
	for i, other := range t.waiting {
		if other == c {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			break
		}
	}
	t.mu.Unlock()
	if mine { // handed over in the moment that ctx ended
		t.give()
	}
	return false
}

// give hands it to the next.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.held = false
		return
	}
	next := t.waiting[0]
	t.waiting = t.waiting[1:]
	next.mine = true
	next.wake()
}
