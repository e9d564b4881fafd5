package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// sales holds that what is held is counted by pool, and that the next and the
// last stage of each pool are found.
func sales(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	held, sold := order("o1", "d1"), order("o2", "d2")
	held.State, sold.State = ticketing.StateHeld, ticketing.StateConfirmed
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		require.NoError(t, tx.InsertOrder(ctx, held))
		return tx.InsertOrder(ctx, sold)
	})
	stage := func(no int, in time.Duration) ticketing.Stage {
		return ticketing.Stage{No: no, At: start().Add(in), Quantity: 1, Parts: []ticketing.StagePart{{Planned: 1}}}
	}
	paused := stage(2, time.Hour)
	paused.Paused = true
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		require.NoError(t, tx.PutStages(ctx, pool, day, []ticketing.Stage{stage(1, 0), paused, stage(3, 2*time.Hour)}))
		require.NoError(t, tx.PutStages(ctx, pool, "2026-05-11", []ticketing.Stage{stage(1, time.Minute), stage(2, 3*time.Hour)}))
		require.NoError(t, tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: day, No: 1}, start()))
		return tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: "2026-05-11", No: 1}, start().Add(time.Minute))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		counts, err := r.HeldPlaces(ctx, day)
		require.NoError(t, err)
		assert.Equal(t, map[string]int{pool: held.Places()}, counts)
		counts, err = r.HeldPlaces(ctx, "2026-05-12")
		require.NoError(t, err)
		assert.Empty(t, counts)

		next, err := r.NextStages(ctx, day)
		require.NoError(t, err)
		assert.Equal(t, []ticketing.StageMoment{{
			StageKey: ticketing.StageKey{Pool: pool, Date: day, No: 2}, At: start().Add(time.Hour), Paused: true,
		}}, next)
		last, err := r.LastStages(ctx, day)
		require.NoError(t, err)
		assert.Equal(t, []ticketing.StageMoment{{
			StageKey: ticketing.StageKey{Pool: pool, Date: "2026-05-11", No: 1}, At: start().Add(time.Minute),
		}}, last)
		none, err := r.NextStages(ctx, "2026-05-12")
		assert.Empty(t, none)
		return err
	})
}
