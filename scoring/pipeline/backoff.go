package pipeline

import (
	"context"
	"log/slog"
	"time"
)

const maxBackoff = 5 * time.Second

// backoff is a pause that doubles each time.
type backoff struct{ next time.Duration }

func (p *Pipeline) backoff() *backoff { return &backoff{next: p.o.Backoff} }

// wait pauses, and returns the context's error if that ends first.
func (b *backoff) wait(ctx context.Context) error {
	t := time.NewTimer(b.next)
	defer t.Stop()
	b.next = min(2*b.next, maxBackoff)
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retry repeats do until it succeeds, fails for good, or ctx ends. What is
// retried holds back what comes after it, so order is kept.
func (p *Pipeline) retry(ctx context.Context, what string, do func() error) error {
	pause := p.backoff()
	for {
		err := do()
		if err == nil || permanent(err) {
			return err
		}
		p.metrics.retries.WithLabelValues(what).Inc()
		p.o.Logger.LogAttrs(ctx, slog.LevelWarn, "pipeline step failed, trying again",
			slog.String("step", what), slog.Duration("pause", pause.next), slog.Any("error", err))
		if stopped := pause.wait(ctx); stopped != nil {
			return err
		}
	}
}
