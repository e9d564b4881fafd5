package storetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// cancelled holds that a cancelled position is out of its order for good and
// its document free again, whatever becomes of the order.
func cancelled(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	o := order("o1", "d1")
	o.Positions = append(o.Positions, position("d2"))
	gone := o.Positions[0].ID
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, o) })
	cancel := func(order string) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
			return tx.CancelPositions(ctx, order, []string{gone}, start())
		})
	}
	require.ErrorIs(t, cancel("o2"), ticketing.ErrNotFound)
	require.NoError(t, cancel("o1"))
	require.ErrorIs(t, cancel("o1"), ticketing.ErrNotFound, "once")
	o.Positions = o.Positions[1:]
	read := func() ticketing.Order {
		var got ticketing.Order
		view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
			got, err = r.Order(ctx, "o1")
			return err
		})
		return got
	}
	assert.Equal(t, o, read())
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, order("o2", "d1")) })
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateOrder(ctx, o) })
	o.Positions = []ticketing.Position{position("d3")}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.ReplacePositions(ctx, o) })
	assert.Equal(t, o, read())
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		id, err := r.OrderOfPosition(ctx, gone)
		assert.Equal(t, "o1", id, "it is kept")
		return err
	})
}
