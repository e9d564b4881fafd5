package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// stockVersions holds that a pool's version grows with every change of it and
// of its days, and never falls as days pass.
func stockVersions(t *testing.T, s Store) {
	t.Helper()
	version := func(pool string, today ticketing.Date) int64 {
		var v int64
		view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
			v, _, err = r.StockVersion(ctx, pool, today, time.Time{})
			return err
		})
		return v
	}
	assert.Zero(t, version("none", day))
	seed(t, s, 10)
	last := version(pool, day)
	at := ticketing.Place{Pool: pool, Date: day}
	for what, change := range map[string]func(ctx context.Context, tx ticketing.Tx) error{
		"a place taken":    func(ctx context.Context, tx ticketing.Tx) error { return take(ctx, tx, at, 2) },
		"a place returned": func(ctx context.Context, tx ticketing.Tx) error { return giveBack(ctx, tx, at, 1) },
		"a capacity":       func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, day, 12) },
		"a new day":        func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, "2026-05-12", 1) },
		"an opening": func(ctx context.Context, tx ticketing.Tx) error {
			return tx.OpenDay(ctx, pool, day, time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC))
		},
		"the pool": func(ctx context.Context, tx ticketing.Tx) error {
			return tx.PutPool(ctx, ticketing.Pool{ID: pool, Name: "x", LimitPerOrder: 1, Hold: 1e9})
		},
	} {
		if what == "a place returned" {
			update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return take(ctx, tx, at, 1) })
		}
		update(t, s, change)
		next := version(pool, day)
		require.Greater(t, next, last, what)
		last = next
	}
	for i, today := range []ticketing.Date{"2026-05-11", "2026-05-12", "2026-05-13"} {
		assert.Equal(t, last+int64(i)+1, version(pool, today), "a day that passed is no longer shown")
	}
	assert.Equal(t, last+3, version(pool, "2026-06-01"))
}
