package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func jobs(t *testing.T, s Store) {
	t.Helper()
	minute := func(n int) time.Time { return start().Add(time.Duration(n) * time.Minute) }
	claim := func(name, holder string, at int) (got ticketing.JobState, mine bool) {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) (err error) {
			got, mine, err = tx.ClaimJob(ctx, name, holder, minute(at), minute(at+2))
			return err
		})
		return got, mine
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.PlanJob(ctx, "b", minute(1)), tx.PlanJob(ctx, "a", minute(5)), tx.PlanJob(ctx, "b", minute(0)))
	})
	assert.False(t, anyDue(t, s, minute(0)))
	assert.True(t, anyDue(t, s, minute(1)))
	_, mine := claim("b", "x", 0)
	assert.False(t, mine, "not due: the first plan stays")
	_, mine = claim("none", "x", 9)
	assert.False(t, mine)
	got, mine := claim("b", "x", 1)
	assert.True(t, mine)
	assert.Equal(t, ticketing.JobState{Name: "b", LastStarted: minute(1), NextDue: minute(1)}, got)
	_, mine = claim("b", "y", 2)
	assert.False(t, mine, "another has it")
	got.LastFinished, got.LastError, got.NextDue, got.Progress, got.Report = minute(2), "failed", minute(3), "here", "left"
	require.ErrorIs(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.FinishJob(ctx, "y", got) }), ticketing.ErrNotFound)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.FinishJob(ctx, "x", got) })
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		all, err := r.Jobs(ctx)
		assert.Equal(t, []ticketing.JobState{{Name: "a", NextDue: minute(5)}, got}, all)
		return err
	})
	taken, mine := claim("b", "y", 3)
	assert.True(t, mine)
	assert.Equal(t, "here", taken.Progress)
	_, mine = claim("b", "z", 5)
	assert.True(t, mine, "the claim has run out")
	require.ErrorIs(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.FinishJob(ctx, "y", taken) }), ticketing.ErrNotFound)
}
