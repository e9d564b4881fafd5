package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func putSlots(t *testing.T, s Store, slots ...ticketing.Slot) error {
	t.Helper()
	return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.PutSlots(ctx, pool, day, slots) })
}

func onlyDay(t *testing.T, s Store) ticketing.Day {
	t.Helper()
	var days []ticketing.Day
	view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
		days, err = r.Days(ctx, pool, day)
		return err
	})
	require.NotEmpty(t, days)
	return days[0]
}

// slots holds that a day's figures are the sums of its slots', and that no
// slot goes below zero or loses a booked place.
func slots(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	move := func(slot ticketing.Clock, n int) error {
		at := ticketing.Place{Pool: pool, Date: day, Slot: slot}
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
			if n < 0 {
				return giveBack(ctx, tx, at, -n)
			}
			return take(ctx, tx, at, n)
		})
	}
	early := ticketing.Slot{Start: "09:00", End: "11:00", Capacity: 3}
	late := ticketing.Slot{Start: "11:00", End: "24:00", Capacity: 5}
	require.NoError(t, move("", 1))
	require.ErrorIs(t, putSlots(t, s, early), ticketing.ErrCapacityBooked, "a booking without a slot")
	require.NoError(t, move("", -1))
	require.NoError(t, putSlots(t, s, late, early))
	require.ErrorIs(t, move("", 1), ticketing.ErrSlotNeeded)
	require.ErrorIs(t, move("10:00", 1), ticketing.ErrSlotUnavailable)
	require.ErrorIs(t, move("09:00", 4), ticketing.ErrSoldOut)
	require.NoError(t, move("09:00", 2))
	require.ErrorIs(t, move("09:00", 2), ticketing.ErrSoldOut)
	got := onlyDay(t, s)
	assert.Equal(t, []int{8, 6}, []int{got.Capacity, got.Left}, "the sums")
	require.Len(t, got.Slots, 2)
	assert.Equal(t, ticketing.Slot{Start: "09:00", End: "11:00", Capacity: 3, Left: 1, Version: 2}, got.Slots[0])

	require.ErrorIs(t, putSlots(t, s, late), ticketing.ErrCapacityBooked, "a booked slot cannot go")
	early.Capacity = 1
	require.ErrorIs(t, putSlots(t, s, early, late), ticketing.ErrCapacityBooked)
	assert.Equal(t, got, onlyDay(t, s), "a refusal changes nothing")
	early.Capacity, early.End = 2, "10:30"
	require.NoError(t, putSlots(t, s, early), "an empty slot can go")
	got = onlyDay(t, s)
	assert.Equal(t, []int{2, 0}, []int{got.Capacity, got.Left})
	assert.Equal(t, []ticketing.Slot{{Start: "09:00", End: "10:30", Capacity: 2, Version: 3}}, got.Slots)
	require.ErrorIs(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, day, 9) }), ticketing.ErrDayHasSlots)
	require.NoError(t, move("09:00", -2))
	require.Error(t, move("09:00", -1), "more places than there are cannot be returned")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		end, err := r.SlotEnd(ctx, ticketing.Place{Pool: pool, Date: day, Slot: "09:00"})
		assert.Equal(t, ticketing.Clock("10:30"), end)
		_, none := r.SlotEnd(ctx, ticketing.Place{Pool: pool, Date: day, Slot: "11:00"})
		require.ErrorIs(t, none, ticketing.ErrNotFound)
		return err
	})
}

// slotContention takes places of two slots from many goroutines at once.
func slotContention(t *testing.T, s Store) {
	t.Helper()
	const capacity, callers = 20, 120
	seed(t, s, 0)
	starts := []ticketing.Clock{"09:00", "13:00"}
	require.NoError(t, putSlots(t, s, ticketing.Slot{Start: starts[0], End: "12:00", Capacity: capacity},
		ticketing.Slot{Start: starts[1], End: "16:00", Capacity: capacity}))
	var (
		group  sync.WaitGroup
		booked [2]atomic.Int64
	)
	for i := range callers {
		group.Go(func() {
			o := order(fmt.Sprint("o", i), fmt.Sprint("d", i))
			o.Slot = starts[i%2]
			err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				if err := take(ctx, tx, o.Place(), 1); err != nil {
					return err
				}
				return tx.InsertOrder(ctx, o)
			})
			if err == nil {
				booked[i%2].Add(1)
			} else if !errors.Is(err, ticketing.ErrSoldOut) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := onlyDay(t, s)
	assert.Equal(t, []int64{capacity, capacity}, []int64{booked[0].Load(), booked[1].Load()})
	assert.Zero(t, got.Left+got.Slots[0].Left+got.Slots[1].Left)
}
