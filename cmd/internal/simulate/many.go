package simulate

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Many plays a run n times, with seeds from its own on, as many at a time as
// the machine has cores, and returns the reports in the order of their seeds.
// Each world is by itself: how many are played at once changes none of them.
// The first error ends all.
func (r VirtualRun) Many(ctx context.Context, n int) ([]*Report, error) {
	if n < 1 {
		return nil, fmt.Errorf("%d runs: at least 1", n)
	}
	reports := make([]*Report, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range reports {
		group.Go(func() (err error) {
			one := r
			one.Plan.Seed += uint64(i) //nolint:gosec // never negative
			if reports[i], err = one.Play(ctx); err != nil {
				return fmt.Errorf("seed %d: %w", one.Plan.Seed, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return reports, nil
}
