// Package follow keeps a process in step with what its site decided in SQL.
//
// It owns the loop: looking again and again, bearing a database or a disk that
// is away, and saying so once each. What is looked at, put in force and noted
// beside the process is its callers' affair (mode, budget).
package follow

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"fairgate/ingest/outage"
)

// Poll is how often a process looks: what was decided is in force everywhere
// within a second.
const Poll = 500 * time.Millisecond

// Patience is how long one look may take: a database that hangs must not keep a
// process from looking again.
const Patience = 2 * time.Second

// ErrNotNoted is wrapped by a look whose finding was put in force and could not
// be written to the file beside the process.
var ErrNotNoted = errors.New("not noted beside the process")

// Words are what is logged: that SQL is away and back, that the file cannot be
// written and can be again.
type Words struct{ Away, Back, Unnoted, Noted string }

// Run looks until ctx ends, and then returns nil. The attributes of a look go
// with what is logged about it.
func Run(ctx context.Context, log *slog.Logger, now func() time.Time, w Words, look func(context.Context) ([]slog.Attr, error)) error {
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	away := outage.New(log, now, slog.LevelWarn, w.Away, w.Back)
	unnoted := outage.New(log, now, slog.LevelWarn, w.Unnoted, w.Noted)
	for {
		attrs, err := look(ctx)
		if ctx.Err() != nil {
			return nil // to be ended is no failure
		}
		switch {
		case errors.Is(err, ErrNotNoted):
			away.Report(ctx, nil, attrs...)
			unnoted.Report(ctx, err, attrs...)
		case err != nil:
			away.Report(ctx, err, attrs...)
		default:
			away.Report(ctx, nil, attrs...)
			unnoted.Report(ctx, nil, attrs...)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
