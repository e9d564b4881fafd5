package pulse

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"
)

// Identity is what does not change while a process runs.
type Identity struct {
	Role    Role
	Name    string
	Version string
}

// Options of a Publisher. The zero value is usable.
type Options struct {
	// Fill completes a Record with what the process has counted; nil: nothing.
	// It is called once a second, by one goroutine, and must not block.
	Fill func(*Record)
	Now  func() time.Time
	Log  *slog.Logger
}

// Publisher gives a process's sign of life. It is for one Run.
type Publisher struct {
	book     Book
	identity Record
	o        Options
	degraded time.Time // since when
}

// timeout bounds one Put: a later one brings the same and more.
const timeout = 500 * time.Millisecond

// NewPublisher prepares to publish who the process is.
func NewPublisher(book Book, id Identity, o Options) *Publisher {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Publisher{book: book, o: o, identity: Record{
		Role: id.Role, Name: id.Name, Version: id.Version, Boot: rand.Text(), Started: o.Now(),
	}}
}

// Run publishes once a second until ctx ends, and then says good-bye. Where the
// book is away nobody can be told, which is logged once; nothing else suffers.
func (p *Publisher) Run(ctx context.Context) error {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	away := false
	for {
		err := p.publish(ctx)
		if ctx.Err() != nil {
			p.bye(ctx)
			return nil
		}
		if err != nil && !away {
			p.o.Log.WarnContext(ctx, "the sign of life cannot be given; tried again every second", "role", p.identity.Role, "error", err)
		}
		away = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.bye(ctx)
			return nil
		}
	}
}

func (p *Publisher) publish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.book.Put(ctx, p.record())
}

// record is the process now.
func (p *Publisher) record() Record {
	r := p.identity
	r.At = p.o.Now()
	if p.o.Fill != nil {
		p.o.Fill(&r)
	}
	switch {
	case !r.Degraded:
		p.degraded = time.Time{}
	case p.degraded.IsZero():
		p.degraded = r.At
	}
	r.DegradedSince = p.degraded
	return r
}

func (p *Publisher) bye(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	if err := p.book.Forget(ctx, p.identity.Role, p.identity.Name); err != nil {
		p.o.Log.InfoContext(ctx, "the process ends and could not say so", "role", p.identity.Role, "error", err)
	}
}
