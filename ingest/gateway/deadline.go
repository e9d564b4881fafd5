package gateway

import (
	"context"
	"sync/atomic"
	"time"
)

// deadlines gives contexts that end after about a given time, the same one to
// all who ask within an eighth of it: a context with a timer of its own costs
// as much as reading a request's headers, and here nobody minds when exactly a
// call that hangs is given up. It is safe for concurrent use.
type deadlines struct {
	after   time.Duration
	current atomic.Pointer[deadline]
}

type deadline struct {
	ctx   context.Context //nolint:containedctx // it is what is given out
	until time.Time       // when it is given out no more
}

// now is a context that ends between seven eighths of the time and all of it
// from now, by the process's own clock.
func (d *deadlines) now() context.Context {
	now := time.Now()
	if c := d.current.Load(); c != nil && now.Before(c.until) {
		return c.ctx
	}
	// Two may renew it at once; each context ends by itself.
	ctx, cancel := context.WithTimeout(context.Background(), d.after)
	context.AfterFunc(ctx, cancel)
	d.current.Store(&deadline{ctx, now.Add(d.after / 8)})
	return ctx
}
