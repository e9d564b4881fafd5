package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// channels holds who sells places and what was changed about them.
func channels(t *testing.T, s Store) {
	t.Helper()
	agency := ticketing.Channel{
		ID: "agency", Kind: ticketing.ChannelAgency, Name: "旅行社", NameEN: "Agency", Active: true, Spill: true, HasKey: true,
		CreatedAt: start(), Version: 1, AccountID: "a", KeyHash: "0f",
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		_, err := tx.Channel(ctx, "agency")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		return tx.PutChannel(ctx, agency)
	})
	next := agency
	next.Active, next.Spill, next.KeyHash, next.AccountID, next.HasKey = false, false, "", "b", false
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.PutChannel(ctx, next) })
	next.AccountID, next.Version = "a", 2
	for _, what := range []string{"channel", "key"} {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
			return tx.RecordChannelChange(ctx, "agency", ticketing.Change{At: ticketing.Millis{Time: start()}, Who: "li", What: what, Before: []byte("null"), After: []byte(`{}`)})
		})
	}
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Channel(ctx, "agency")
		require.NoError(t, err)
		assert.Equal(t, next, got, "the account stays")
		all, err := r.Channels(ctx)
		require.NoError(t, err)
		require.Len(t, all, 3)
		assert.Equal(t, []string{"agency", "miniprogram", "web"}, []string{all[0].ID, all[1].ID, all[2].ID})
		assert.True(t, all[1].Active && all[1].Spill && all[2].Active && all[2].Spill)
		changes, err := r.ChannelChanges(ctx, "agency", 1, 10)
		require.NoError(t, err)
		require.Len(t, changes, 1)
		assert.Equal(t, ticketing.Change{Seq: 2, At: ticketing.Millis{Time: start()}, Who: "li", What: "key", Before: []byte("null"), After: []byte(`{}`)}, changes[0])
		return nil
	})
}

// sale is a day with an agency.
type sale struct {
	t  *testing.T
	s  Store
	at ticketing.Place
}

func newSale(t *testing.T, s Store, capacity int) *sale {
	t.Helper()
	seed(t, s, capacity)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		for _, id := range []string{"agency", "partner"} {
			if err := tx.PutChannel(ctx, ticketing.Channel{ID: id, Kind: ticketing.ChannelAgency, Name: id, Active: true}); err != nil {
				return err
			}
		}
		return nil
	})
	return &sale{t: t, s: s, at: ticketing.Place{Pool: pool, Date: day}}
}

func (f *sale) try(fn func(ctx context.Context, tx ticketing.Tx) error) error {
	f.t.Helper()
	return f.s.Update(f.t.Context(), fn)
}

func (f *sale) keep(channel string, quantity int, release time.Time) error {
	f.t.Helper()
	return f.try(func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutAllotment(ctx, ticketing.Allotment{Channel: channel, Place: f.at, Quantity: quantity, ReleaseAt: release})
	})
}

func (f *sale) take(n int) error {
	f.t.Helper()
	return f.try(func(ctx context.Context, tx ticketing.Tx) error { return take(ctx, tx, f.at, n) })
}

func (f *sale) takeOwn(channel string, n int, now time.Time) error {
	f.t.Helper()
	return f.try(func(ctx context.Context, tx ticketing.Tx) error {
		return tx.TakeReserved(ctx, channel, f.at, n, now)
	})
}

// giveOwn returns places of an allotment, and to general sale if their time is
// over.
func (f *sale) giveOwn(channel string, n int, now time.Time) (kept bool) {
	f.t.Helper()
	require.NoError(f.t, f.try(func(ctx context.Context, tx ticketing.Tx) (err error) {
		if kept, err = tx.ReturnReserved(ctx, channel, f.at, n, now); err != nil || kept {
			return err
		}
		return giveBack(ctx, tx, f.at, n)
	}))
	return kept
}

func (f *sale) release(channel string, now time.Time) {
	f.t.Helper()
	require.NoError(f.t, f.try(func(ctx context.Context, tx ticketing.Tx) error {
		return tx.ReleaseAllotment(ctx, channel, f.at, now)
	}))
}

// figures are a day's capacity, left, withheld and reserved places.
func (f *sale) figures() []int {
	f.t.Helper()
	d := onlyDay(f.t, f.s)
	return []int{d.Capacity, d.Left, d.Withheld, d.Reserved}
}

func (f *sale) setDay(capacity int) error {
	f.t.Helper()
	return f.try(func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, day, capacity) })
}

func (f *sale) allotment(channel string) ticketing.Allotment {
	f.t.Helper()
	var a ticketing.Allotment
	view(f.t, f.s, func(ctx context.Context, r ticketing.Reader) (err error) {
		a, err = r.Allotment(ctx, channel, f.at)
		return err
	})
	return a
}

// allotments holds that what is kept for a channel is nobody else's, until it is
// released.
func allotments(t *testing.T, s Store) {
	t.Helper()
	f := newSale(t, s, 10)
	evening := start().Add(time.Hour)
	require.NoError(t, f.take(2))
	require.ErrorIs(t, f.keep("agency", 9, evening), ticketing.ErrAllotmentExceeds)
	require.NoError(t, f.keep("agency", 5, evening))
	require.ErrorIs(t, f.keep("partner", 4, time.Time{}), ticketing.ErrAllotmentExceeds)
	require.NoError(t, f.keep("partner", 1, time.Time{}))
	assert.Equal(t, []int{10, 2, 6, 6}, f.figures())
	require.ErrorIs(t, f.take(3), ticketing.ErrSoldOut, "general sale has two")
	require.ErrorIs(t, f.takeOwn("partner", 2, start()), ticketing.ErrSoldOut, "nor another channel's")
	require.NoError(t, f.takeOwn("agency", 3, start()))
	require.ErrorIs(t, f.takeOwn("agency", 3, start()), ticketing.ErrSoldOut)
	require.ErrorIs(t, f.takeOwn("agency", 1, evening), ticketing.ErrSoldOut, "its time is over, though nobody released it yet")
	require.ErrorIs(t, f.takeOwn("web", 1, start()), ticketing.ErrSoldOut)
	assert.Equal(t, []int{10, 2, 3, 3}, f.figures())
	assert.Equal(t, ticketing.Allotment{Channel: "agency", Place: f.at, Quantity: 5, Taken: 3, ReleaseAt: evening}, f.allotment("agency"))

	require.ErrorIs(t, f.setDay(4), ticketing.ErrCapacityBooked)
	require.ErrorIs(t, f.setDay(7), ticketing.ErrCapacityReserved, "five are booked and three kept")
	require.NoError(t, f.setDay(8))
	assert.Equal(t, []int{8, 0, 3, 3}, f.figures())
	require.NoError(t, f.setDay(10))
	require.ErrorIs(t, putSlots(t, s, ticketing.Slot{Start: "09:00", End: "10:00", Capacity: 10}), ticketing.ErrCapacityBooked)

	require.ErrorIs(t, f.keep("agency", 2, evening), ticketing.ErrAllotmentTaken)
	require.NoError(t, f.keep("agency", 4, evening))
	assert.Equal(t, []int{10, 3, 2, 2}, f.figures(), "one goes to general sale")
	assert.True(t, f.giveOwn("agency", 1, start()))
	assert.Equal(t, []int{10, 3, 3, 3}, f.figures(), "kept again")
	agency := f.allotment("agency")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		none, err := r.DueAllotments(ctx, evening.Add(-time.Millisecond), 9)
		require.NoError(t, err)
		assert.Empty(t, none)
		due, err := r.DueAllotments(ctx, evening, 9)
		require.NoError(t, err)
		assert.Equal(t, []ticketing.Allotment{agency}, due, "the partner's is for good")
		return nil
	})
	assert.False(t, anyDue(t, s, evening.Add(-time.Millisecond)))
	assert.True(t, anyDue(t, s, evening))
	f.release("agency", evening.Add(-time.Second))
	f.release("partner", evening)
	assert.Equal(t, 3, f.figures()[3], "not before its time")
	for range 2 {
		f.release("agency", evening)
	}
	assert.Equal(t, []int{10, 5, 1, 1}, f.figures(), "once")
	assert.False(t, f.giveOwn("agency", 1, evening))
	assert.Equal(t, []int{10, 6, 1, 1}, f.figures())
	assert.Equal(t, ticketing.Allotment{
		Channel: "agency", Place: f.at, Quantity: 4, Taken: 1, GivenBack: 3, ReleaseAt: evening, ReleasedAt: evening,
	}, f.allotment("agency"))
	require.NoError(t, f.keep("agency", 4, time.Time{}), "begins anew")
	assert.Equal(t, []int{10, 3, 4, 4}, f.figures())
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		p, err := r.Pool(ctx, pool)
		require.NoError(t, err)
		assert.True(t, p.Allotted)
		all, err := r.Allotments(ctx, pool, day)
		require.NoError(t, err)
		require.Len(t, all, 2)
		assert.Equal(t, []string{"agency", "partner"}, []string{all[0].Channel, all[1].Channel})
		return nil
	})
	f.at.Date = "2026-05-12"
	require.ErrorIs(t, f.keep("agency", 1, evening), ticketing.ErrDateUnavailable)
	f.at = ticketing.Place{Pool: pool, Date: day, Slot: "09:00"}
	require.ErrorIs(t, f.keep("agency", 1, evening), ticketing.ErrSlotUnavailable)
}

func slotAllotments(t *testing.T, s Store) {
	t.Helper()
	f := newSale(t, s, 0)
	early, late := ticketing.Slot{Start: "09:00", End: "11:00", Capacity: 4}, ticketing.Slot{Start: "13:00", End: "15:00", Capacity: 4}
	require.NoError(t, putSlots(t, s, early, late))
	require.ErrorIs(t, f.keep("agency", 1, time.Time{}), ticketing.ErrSlotNeeded)
	f.at.Slot = "09:00"
	require.NoError(t, f.keep("agency", 3, time.Time{}))
	require.ErrorIs(t, f.keep("agency", 5, time.Time{}), ticketing.ErrAllotmentExceeds, "the other slot's places are not for this one")
	require.ErrorIs(t, f.take(2), ticketing.ErrSoldOut)
	require.NoError(t, f.takeOwn("agency", 1, start()))
	slots := onlyDay(t, s).Slots
	assert.Equal(t, []int{1, 2, 2}, []int{slots[0].Left, slots[0].Withheld, slots[0].Reserved})
	assert.Equal(t, []int{8, 5, 2, 2}, f.figures())
	early.Capacity = 2
	require.ErrorIs(t, putSlots(t, s, early, late), ticketing.ErrCapacityReserved)
	early.Capacity = 0
	require.ErrorIs(t, putSlots(t, s, early, late), ticketing.ErrCapacityBooked)
	early.Capacity = 3
	require.NoError(t, putSlots(t, s, early, late))
	assert.Equal(t, []int{7, 4, 2, 2}, f.figures())
	assert.True(t, f.giveOwn("agency", 1, start()))
	require.ErrorIs(t, putSlots(t, s, late), ticketing.ErrCapacityReserved, "a slot that is kept cannot go")
	require.NoError(t, f.keep("agency", 0, time.Time{}))
	require.NoError(t, putSlots(t, s, late))
	assert.Equal(t, []int{4, 4, 0, 0}, f.figures())
	require.NoError(t, putSlots(t, s))
	require.NoError(t, f.setDay(5))
	f.at.Slot = ""
	require.NoError(t, f.keep("agency", 2, time.Time{}))
	require.ErrorIs(t, putSlots(t, s, early), ticketing.ErrCapacityReserved, "kept without a slot")
}

func stagedAllotments(t *testing.T, s Store) {
	t.Helper()
	f := newSale(t, s, 10)
	evening := start().Add(time.Hour)
	require.NoError(t, f.keep("agency", 3, evening))
	stages := []ticketing.Stage{
		{No: 1, At: start(), Quantity: 4, ReturnsTo: 2, Parts: []ticketing.StagePart{{Planned: 4}}},
		{No: 2, At: start().Add(2 * time.Hour), Quantity: 2, ReturnsTo: 2, Parts: []ticketing.StagePart{{Planned: 2}}},
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.PutStages(ctx, pool, day, stages) })
	assert.Equal(t, []int{10, 0, 10, 3}, f.figures())
	require.ErrorIs(t, f.keep("partner", 2, evening), ticketing.ErrAllotmentExceeds, "one is neither kept nor promised")
	require.NoError(t, f.keep("partner", 1, evening))
	require.NoError(t, f.takeOwn("agency", 1, start()), "channels need not wait for the stages")
	fire := func(no int, now time.Time) {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
			return tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: day, No: no}, now)
		})
	}
	fire(1, start())
	assert.Equal(t, []int{10, 4, 5, 3}, f.figures())
	require.ErrorIs(t, f.setDay(9), ticketing.ErrReleaseExceeds)
	require.ErrorIs(t, f.setDay(3), ticketing.ErrCapacityReserved)
	f.release("agency", evening)
	assert.Equal(t, []int{10, 4, 5, 1}, f.figures(), "goes to the last stage, which has not fired")
	fire(2, start().Add(2*time.Hour))
	assert.Equal(t, []int{10, 8, 1, 1}, f.figures())
	f.release("partner", evening)
	assert.Equal(t, []int{10, 9, 0, 0}, f.figures(), "at once to one that has")
	require.NoError(t, f.take(9))
	require.NoError(t, f.keep("partner", 0, time.Time{}))
	require.ErrorIs(t, f.keep("partner", 1, time.Time{}), ticketing.ErrAllotmentExceeds)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.PutStages(ctx, pool, day, nil) })
	assert.Equal(t, []int{10, 0, 0, 0}, f.figures())
}
