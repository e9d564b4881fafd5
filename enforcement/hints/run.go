package hints

import (
	"context"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/witness"
	"fairgate/ingest/outage"
)

// How often Run looks for accounts to weigh, and forgets.
const (
	settleEvery = 10 * time.Second
	pruneEvery  = time.Hour
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
	return witness.Run(ctx, source, witness.Options{
		Told: "a report's hint", Kept: "hints", Logger: s.options.Logger, Now: s.options.Now, Bad: ErrBadInput,
	}, FromOutcome, func(ctx context.Context, f Fact) error { return s.Note(ctx, []Fact{f}) })
}
