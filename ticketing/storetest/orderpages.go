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

// orderPages reads an account's orders page by page: none twice, none left out,
// also where several were made in one moment, and whatever is booked meanwhile.
func orderPages(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 100)
	var want []string
	insert := func(n int, at time.Time, state ticketing.State) {
		o := order(fmt.Sprintf("o%02d", n), fmt.Sprintf("d%02d", n))
		o.CreatedAt, o.State = at, state
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, o) })
	}
	for n := range 10 {
		state := ticketing.StateProvisional
		if n%5 == 4 {
			state = ticketing.StateHeld
		}
		insert(n, start().Add(time.Duration(n/4)*time.Second), state) // four in one moment
		want = append([]string{fmt.Sprintf("o%02d", n)}, want...)
	}
	pages := func(states []ticketing.State, size int) (ids []string, count int) {
		var after ticketing.OrderCursor
		for count = 1; count < 20; count++ {
			var page []ticketing.Order
			view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
				page, err = r.OrdersOf(ctx, "a", states, after, size)
				return err
			})
			for _, o := range page {
				ids = append(ids, o.ID)
			}
			if len(page) < size {
				return ids, count
			}
			last := page[len(page)-1]
			after = ticketing.OrderCursor{CreatedAt: last.CreatedAt, ID: last.ID}
		}
		return ids, count
	}
	for _, size := range []int{1, 3, 10, 50} {
		got, count := pages(nil, size)
		assert.Equal(t, want, got, "pages of %d", size)
		assert.Equal(t, len(want)/size+1, count)
	}
	held, _ := pages([]ticketing.State{ticketing.StateHeld}, 1)
	assert.Equal(t, []string{"o09", "o04"}, held)

	var first []ticketing.Order
	view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
		first, err = r.OrdersOf(ctx, "a", nil, ticketing.OrderCursor{}, 5)
		return err
	})
	require.Len(t, first, 5)
	insert(10, start().Add(time.Minute), ticketing.StateProvisional)
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		rest, err := r.OrdersOf(ctx, "a", nil, ticketing.OrderCursor{CreatedAt: first[4].CreatedAt, ID: first[4].ID}, 50)
		require.NoError(t, err)
		require.Len(t, rest, 5, "what is booked meanwhile moves no page")
		assert.Equal(t, want[5], rest[0].ID)
		other, err := r.OrdersOf(ctx, "b", nil, ticketing.OrderCursor{CreatedAt: first[0].CreatedAt, ID: first[0].ID}, 50)
		assert.Empty(t, other, "a cursor opens no other account")
		return err
	})
}
