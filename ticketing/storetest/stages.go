package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// stages holds that only what open stages have left can be taken, and that a
// returned place waits for its later stage.
func stages(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	at := ticketing.Place{Pool: pool, Date: day}
	first := ticketing.Stage{No: 1, At: start(), Quantity: 4, ReturnsTo: 2, Parts: []ticketing.StagePart{{Planned: 4}}}
	second := ticketing.Stage{No: 2, At: start().Add(time.Hour), Percent: 50, ReturnsTo: 2, MaxDelay: time.Minute, Parts: []ticketing.StagePart{{Planned: 5}}}
	put := func(stages ...ticketing.Stage) {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.PutStages(ctx, pool, day, stages) })
	}
	take := func(n int) (from []int, err error) {
		err = s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) (err error) {
			from, err = tx.TakePlaces(ctx, at, n)
			return err
		})
		return from, err
	}
	fire := func(no int, now time.Time) {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
			return tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: day, No: no}, now)
		})
	}
	figures := func() []int {
		d := onlyDay(t, s)
		return []int{d.Capacity, d.Left, d.Withheld}
	}
	put(first, second)
	assert.Equal(t, []int{10, 0, 10}, figures(), "nothing is released")
	_, err := take(1)
	require.ErrorIs(t, err, ticketing.ErrSoldOut)
	fire(1, start().Add(-time.Second))
	assert.Equal(t, []int{10, 0, 10}, figures(), "not before its time")
	fire(1, start())
	fire(1, start().Add(time.Second))
	assert.Equal(t, []int{10, 4, 6}, figures(), "once")
	from, err := take(3)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1}, from)
	fire(2, start().Add(time.Hour))
	assert.Equal(t, []int{10, 6, 1}, figures())
	from, err = take(2)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2}, from, "the earliest stage first")
	setDay := func(n int) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, day, n) })
	}
	require.ErrorIs(t, setDay(8), ticketing.ErrReleaseExceeds, "nine are promised")
	require.ErrorIs(t, setDay(4), ticketing.ErrCapacityBooked)
	require.NoError(t, setDay(9))
	assert.Equal(t, []int{9, 4, 0}, figures())
	require.ErrorIs(t, putSlots(t, s, ticketing.Slot{Start: "09:00", End: "10:00", Capacity: 9}), ticketing.ErrDayStaged)

	back := ticketing.Return{ID: "r1", Place: at, From: 1, To: 2, DueAt: start().Add(2 * time.Hour)}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		staged, err := tx.ReturnPlaces(ctx, at, 1)
		assert.True(t, staged)
		require.NoError(t, err)
		return tx.QueueReturn(ctx, back)
	})
	assert.Equal(t, []int{9, 4, 1}, figures(), "a returned place cannot be booked at once")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		none, err := r.DueReturns(ctx, back.DueAt.Add(-time.Millisecond), 9)
		require.NoError(t, err)
		assert.Empty(t, none)
		due, err := r.DueReturns(ctx, back.DueAt, 9)
		back.From = 0 // is not asked for again
		assert.Equal(t, []ticketing.Return{back}, due)
		return err
	})
	assert.False(t, anyDue(t, s, back.DueAt.Add(-time.Millisecond)))
	assert.True(t, anyDue(t, s, back.DueAt))
	for range 2 {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.LandReturn(ctx, back) })
	}
	assert.Equal(t, []int{9, 5, 0}, figures(), "once")

	var got []ticketing.Stage
	view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
		got, err = r.Stages(ctx, pool, day)
		return err
	})
	first.FiredAt, first.Parts = start(), []ticketing.StagePart{{Released: 3, Taken: 3}}
	second.FiredAt, second.Parts = start().Add(time.Hour), []ticketing.StagePart{{Released: 6, Taken: 1}}
	assert.Equal(t, []ticketing.Stage{first, second}, got)
	second.Paused = true
	third := ticketing.Stage{No: 3, At: start().Add(3 * time.Hour), Quantity: 1, ReturnsTo: 3, Parts: []ticketing.StagePart{{}}}
	put(first, second, third)
	assert.Equal(t, []int{9, 0, 5}, figures(), "a paused stage's places cannot be booked")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		due, err := r.DueStages(ctx, start().Add(4*time.Hour), 9)
		require.NoError(t, err)
		assert.Equal(t, []ticketing.StageKey{{Pool: pool, Date: day, No: 3}}, due)
		due, err = r.DueStages(ctx, start().Add(2*time.Hour), 9)
		assert.Empty(t, due)
		return err
	})
	assert.False(t, anyDue(t, s, start().Add(2*time.Hour)))
	assert.True(t, anyDue(t, s, start().Add(4*time.Hour)))
	o := order("o1", "d1")
	o.Positions[0].Stage = 1
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, o) })
	o.Positions[0].Stage = 2
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.SetStages(ctx, o) })
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		counts, err := r.StageCounts(ctx, pool, day)
		assert.Equal(t, []ticketing.StageCount{{Stage: 2, State: ticketing.StateHeld, Places: 1}}, counts)
		return err
	})
	put()
	assert.Equal(t, []int{9, 5, 0}, figures(), "without stages all can be booked")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		kept, err := r.Order(ctx, "o1")
		require.NoError(t, err)
		assert.Zero(t, kept.Positions[0].Stage)
		return nil
	})
}
