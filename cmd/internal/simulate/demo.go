package simulate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// demoRound is how long one sale of the demonstration lasts.
const demoRound = 2 * time.Minute

// Demo plays a gentle mix of people and attackers, one small sale after the
// other, until ctx ends, and writes a line of progress to out every few seconds.
// A round that fails is logged and the next one tried.
func Demo(ctx context.Context, gateway string, service *Service, out io.Writer, log *slog.Logger) error {
	for round := uint64(1); ctx.Err() == nil; round++ {
		r, err := New(NewClient(gateway), service, Options{
			Plan: Plan{Seed: round, Duration: demoRound, People: 60, HostileShare: 0.6},
			Out:  out,
		})
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		if _, err := r.runPass(ctx, "demo", uint64(r.stage.Now().Unix())); err != nil && ctx.Err() == nil { //nolint:gosec // after 1970
			log.WarnContext(ctx, "a round of the demo failed", "error", err)
			r.stage.Wait(ctx, 5*time.Second)
		}
	}
	return nil
}
