package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// persons holds what the rules about persons read.
func persons(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	other, gone := order("o2", "d1"), order("o3", "d2")
	other.Date, other.AccountID = "2026-05-11", "b"
	gone.State = ticketing.StateCancelled
	first := order("o1", "d1")
	first.Positions = append(first.Positions, position("d3"))
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertOrder(ctx, first), tx.InsertOrder(ctx, other), tx.InsertOrder(ctx, gone))
	})
	missed := func(p ticketing.Position, at time.Duration) ticketing.NoShow {
		return ticketing.NoShow{PositionID: p.ID, OrderID: "o1", Pool: pool, Date: day, DocumentKey: p.DocumentKey, At: start().Add(at)}
	}
	for _, n := range []ticketing.NoShow{missed(first.Positions[0], 2*time.Hour), missed(first.Positions[0], time.Hour), missed(first.Positions[1], time.Hour)} {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
			_, err := tx.RecordNoShow(ctx, n)
			return err
		})
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		n := missed(other.Positions[0], time.Hour)
		n.OrderID = "o2"
		_, err := tx.RecordNoShow(ctx, n)
		return err
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		n, err := r.LivePositions(ctx, "a", pool, day)
		require.NoError(t, err)
		assert.Equal(t, 2, n, "standing, of this account, on this day")
		days, err := r.VisitDays(ctx, pool, []byte("d1"), []ticketing.Date{"2026-05-11", "2026-05-09", day})
		require.NoError(t, err)
		assert.Equal(t, []ticketing.Date{day, "2026-05-11"}, days)
		days, err = r.VisitDays(ctx, pool, []byte("d2"), []ticketing.Date{day})
		require.NoError(t, err)
		assert.Empty(t, days, "a cancelled visit is none")
		times, err := r.NoShows(ctx, pool, []byte("d1"))
		require.NoError(t, err)
		assert.Equal(t, []time.Time{start().Add(time.Hour), start().Add(2 * time.Hour)}, times, "the first record of a position stays")
		id, err := r.OrderOfPosition(ctx, first.Positions[1].ID)
		assert.Equal(t, "o1", id)
		_, none := r.OrderOfPosition(ctx, "none")
		require.ErrorIs(t, none, ticketing.ErrNotFound)
		return err
	})
}

// audit holds that changes are numbered by pool, and read in order.
func audit(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 1)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutPool(ctx, ticketing.Pool{ID: "other", Name: "x", LimitPerOrder: 1, Hold: time.Second})
	})
	change := func(pool string, n int) ticketing.Change {
		return ticketing.Change{
			Pool: pool, At: ticketing.Millis{Time: start()}, Who: "王", What: "pool",
			Before: json.RawMessage(`null`), After: json.RawMessage(fmt.Sprintf(`{"n": %d}`, n)),
		}
	}
	for i := range 3 {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
			return errors.Join(tx.RecordChange(ctx, change(pool, i)), tx.RecordChange(ctx, change("other", i)))
		})
	}
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Changes(ctx, pool, 1, 10)
		require.Len(t, got, 2)
		want := change(pool, 1)
		want.Seq = 2
		assert.Equal(t, want, got[0])
		assert.Equal(t, int64(3), got[1].Seq)
		return err
	})
}
