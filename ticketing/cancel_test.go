package ticketing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func TestCancelSinglePositions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 100, 10)
	account := f.person(1)
	o := f.book(account, booking("main", 1, 2, 3))
	_, err := f.Pay(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	cancel := func(ids ...string) (ticketing.Order, error) {
		return f.CancelPositions(t.Context(), ticketing.Call{}, account, o.ID, ids)
	}
	_, err = cancel()
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = cancel(o.Positions[0].ID, "another's")
	require.ErrorContains(t, err, "positions[1]")
	assert.Equal(t, 7, f.left(may10), "a refusal changes nothing")
	got, err := cancel(o.Positions[0].ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateConfirmed, got.State)
	assert.Equal(t, int64(200), got.TotalFen)
	assert.Len(t, got.Positions, 2)
	assert.Equal(t, 8, f.left(may10))
	events, err := f.Events(t.Context(), 0, 100)
	require.NoError(t, err)
	last := events[len(events)-1]
	assert.Equal(t, ticketing.EventChanged, last.Type)
	assert.Equal(t, 2, last.Positions)
	_, codes, err := f.OrderWithTickets(t.Context(), account, o.ID)
	require.NoError(t, err)
	assert.Len(t, codes, 2)

	again := f.book(account, booking("main", 1)) // the document is free again
	moved, err := f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.NoError(t, err)
	assert.Len(t, moved.Positions, 2)
	assert.Equal(t, 9, f.left(may10))
	assert.Equal(t, 8, f.left(may11), "the cancelled place does not move along")
	got, err = cancel(o.Positions[1].ID, o.Positions[2].ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateCancelled, got.State, "all of them are the order")
	assert.Equal(t, 10, f.left(may11))
	_, err = cancel(o.Positions[1].ID)
	require.ErrorIs(t, err, ticketing.ErrInvalidState)
	assert.NotEmpty(t, again.ID)
}

func TestCancelKeepsTicketsWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{MinorAge: 14}, offered()...)
	account := f.person(1)
	try := func(want error, pick []int, visitors ...ticketing.Visitor) ticketing.Order {
		o := f.book(account, ticketing.Booking{Pool: "main", Date: may10, Visitors: visitors})
		var ids []string
		for _, i := range pick {
			ids = append(ids, o.Positions[i].ID)
		}
		got, err := f.CancelPositions(t.Context(), ticketing.Call{}, account, o.ID, ids)
		require.ErrorIs(t, err, want)
		_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
		require.NoError(t, err)
		return got
	}
	adult := func(n int, product string) ticketing.Visitor { return born("19800101", n, product) }
	try(ticketing.ErrInvalidField, []int{0}, adult(1, "double"), adult(2, "double"), adult(3, "single"))
	got := try(nil, []int{0, 1}, adult(1, "double"), adult(2, "double"), adult(3, "single"))
	assert.Equal(t, int64(100), got.TotalFen)
	try(ticketing.ErrInvalidField, []int{0}, adult(1, "group"), adult(2, "group"), adult(3, "group"))
	got = try(nil, []int{0}, adult(1, "group"), adult(2, "group"), adult(3, "group"), adult(4, "group"))
	assert.Equal(t, int64(240), got.TotalFen)
	try(ticketing.ErrAdultNeeded, []int{0}, adult(1, "single"), born("20150101", 2, "single"), adult(3, "single"))
	try(nil, []int{1}, adult(1, "single"), born("20150101", 2, "single"), adult(3, "single"))
	assert.Equal(t, 20, f.left(may10))
}
