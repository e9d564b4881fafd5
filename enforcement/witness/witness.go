// Package witness takes from a source of deliveries what each tells of and has it
// kept, one after the other, whatever becomes of the database meanwhile.
//
// It owns the loop; what a delivery tells of and where that is kept is of the
// packages that call it (enforcement/budget, enforcement/hints).
package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/outage"
)

// pause is between attempts to keep something while SQL is away.
const pause = time.Second

// Options say what is taken and how it is told of. All but Bad are required.
type Options struct {
	Told   string // what one delivery has, in errors and logs: "evidence"
	Kept   string // what all of them are, in logs: "evidence of people"
	Logger *slog.Logger
	Now    func() time.Time
	Bad    error // wrapped by keep's errors about what can never be kept
}

// Run hands what read finds in each delivery to keep until ctx ends, and then
// returns nil; an error is the source's. What cannot be read or never be kept is
// logged and passed over: the ledger keeps such messages. Of anything else keep is
// asked again until it succeeds, and only then is the delivery committed.
func Run[T any](
	ctx context.Context, source enforcement.Source, o Options,
	read func(value []byte) (T, bool, error), keep func(ctx context.Context, told T) error,
) error {
	away := outage.New(o.Logger, o.Now, slog.LevelWarn, o.Kept+" cannot be kept", o.Kept+" can be kept again")
	for {
		d, err := source.Fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // to be ended is no failure
		case err != nil:
			return fmt.Errorf("fetch %s: %w", o.Told, err)
		}
		told, ok, err := read(d.Value)
		if err != nil {
			o.Logger.WarnContext(ctx, o.Told+" passed over", "error", err) //nolint:sloglint // the caller names what it is, once
		}
		for ok && err == nil {
			err := keep(ctx, told)
			if o.Bad != nil && errors.Is(err, o.Bad) {
				o.Logger.WarnContext(ctx, o.Told+" passed over", "error", err) //nolint:sloglint // the caller names what it is, once
				break
			}
			away.Report(ctx, err)
			if err == nil {
				break
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
		}
		if err := source.Commit(ctx, d); err != nil && ctx.Err() == nil {
			return fmt.Errorf("commit %s: %w", o.Told, err)
		}
	}
}
