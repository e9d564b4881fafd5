package hints

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/outage"
)

// How often Run looks for accounts to weigh, and forgets; and the pause between
// attempts to keep a fact while SQL is away.
const (
	settleEvery = 10 * time.Second
	pruneEvery  = time.Hour
	pause       = time.Second
)

// Run weighs accounts when they are due and forgets what is old, until ctx ends;
// the error is then nil.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "hints cannot be weighed", "hints can be weighed again")
	var pruned time.Time
	for {
		n, err := s.Settle(ctx)
		for err == nil && n == atOnce {
			n, err = s.Settle(ctx)
		}
		if now := s.options.Now(); err == nil && now.Sub(pruned) >= pruneEvery {
			err, pruned = s.Prune(ctx), now
		}
		if ctx.Err() != nil {
			return nil
		}
		away.Report(ctx, err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Witness takes facts from the booking system's reports until ctx ends, and then
// returns nil; an error is the source's. What cannot be read is logged and
// passed over: the ledger keeps such messages.
func (s *Service) Witness(ctx context.Context, source enforcement.Source) error {
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "hints cannot be kept", "hints can be kept again")
	for {
		d, err := source.Fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // to be ended is no failure
		case err != nil:
			return fmt.Errorf("fetch a report: %w", err)
		}
		f, ok, err := FromOutcome(d.Value)
		if err != nil {
			s.options.Logger.WarnContext(ctx, "a report's hint passed over", "error", err)
		}
		for ok && err == nil {
			err := s.Note(ctx, []Fact{f})
			away.Report(ctx, err)
			if err == nil || errors.Is(err, ErrBadInput) {
				break
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
		}
		if err := source.Commit(ctx, d); err != nil && ctx.Err() == nil {
			return fmt.Errorf("commit a report: %w", err)
		}
	}
}
