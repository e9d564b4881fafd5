// Package deadline gives contexts that end after about a given time, the same
// one to all who ask at about the same time. It is for calls on a visitor's
// path, each of which must have a bound and none of which minds when exactly it
// is reached; it knows nothing of what is called.
package deadline

import (
	"context"
	"sync/atomic"
	"time"
)

// Shared gives contexts that end after about a given time, the same one to
// all who ask within an eighth of it: a context with a timer of its own costs
// as much as reading a request's headers. It is safe for concurrent use.
type Shared struct {
	after   time.Duration
	current atomic.Pointer[shared]
}

type shared struct {
	ctx   *only
	until time.Time // when it is given out no more
}

// only is a context that nothing ends but its time.
type only struct{ context.Context } //nolint:containedctx // it is one

// New returns a Shared whose contexts end after about that time.
func New(after time.Duration) *Shared { return &Shared{after: after} }

// Now is a context that ends between seven eighths of the time and all of it
// from now, by the process's own clock.
func (d *Shared) Now() context.Context { return d.now() }

func (d *Shared) now() *only {
	now := time.Now()
	if c := d.current.Load(); c != nil && now.Before(c.until) {
		return c.ctx
	}
	// Two may renew it at once; each context ends by itself.
	ctx, cancel := context.WithTimeout(context.Background(), d.after)
	context.AfterFunc(ctx, cancel)
	given := &only{ctx}
	d.current.Store(&shared{given, now.Add(d.after / 8)})
	return given
}

// Beneath is a context for a call made on behalf of ctx: it ends with ctx and
// at the latest after the time. Where ctx is itself from a Shared, and so ended
// by nothing but its time, it costs no timer. cancel must be called.
func (d *Shared) Beneath(ctx context.Context) (beneath context.Context, cancel context.CancelFunc) {
	given, ok := ctx.(*only)
	if !ok || given.Err() != nil {
		return context.WithTimeout(ctx, d.after)
	}
	soon := d.now()
	own, _ := given.Deadline()
	if at, _ := soon.Deadline(); own.Before(at) {
		return given, nothing
	}
	return soon, nothing
}

func nothing() {}
