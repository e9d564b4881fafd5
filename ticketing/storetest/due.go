package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func due(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	for i := range 4 {
		o := order(fmt.Sprint("o", i), fmt.Sprint("d", i))
		o.HoldExpiresAt = start().Add(time.Duration(4-i) * time.Minute)
		if i == 3 {
			o.State, o.ProvisionalUntil = ticketing.StateProvisional, start().Add(time.Minute)
		}
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, o) })
	}
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		for _, c := range []struct {
			after time.Duration
			limit int
			want  []string
		}{
			{time.Minute, 9, nil},
			{2*time.Minute - time.Millisecond, 9, nil},
			{2 * time.Minute, 9, []string{"o2"}},
			{time.Hour, 9, []string{"o2", "o1", "o0"}},
			{time.Hour, 2, []string{"o2", "o1"}},
		} {
			got, err := r.DueHolds(ctx, start().Add(c.after), c.limit)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		}
		none, err := r.DueProvisional(ctx, start(), 9)
		require.NoError(t, err)
		assert.Empty(t, none)
		got, err := r.DueProvisional(ctx, start().Add(time.Minute), 9)
		require.NoError(t, err)
		assert.Equal(t, []string{"o3"}, got)
		_, holds, err := r.StockVersion(ctx, pool, day, start().Add(2*time.Minute-time.Millisecond))
		require.NoError(t, err)
		assert.False(t, holds, "a provisional order is no hold")
		_, holds, err = r.StockVersion(ctx, pool, day, start().Add(2*time.Minute))
		assert.True(t, holds)
		return err
	})
	assert.False(t, anyDue(t, s, start()))
	assert.True(t, anyDue(t, s, start().Add(time.Minute)), "a provisional order")
}

// anyDue asks for all that may be due at once.
func anyDue(t *testing.T, s Store, at time.Time) (due bool) {
	t.Helper()
	view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
		due, err = r.AnyDue(ctx, at)
		return err
	})
	return due
}
