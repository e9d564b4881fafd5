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

func stagedTogether(t *testing.T, s Grouper) {
	seed(t, s, 10)
	first := ticketing.Stage{No: 1, At: start(), Quantity: 2, ReturnsTo: 2, Parts: []ticketing.StagePart{{Planned: 2}}}
	second := ticketing.Stage{No: 2, At: start().Add(time.Hour), Quantity: 2, ReturnsTo: 2, Parts: []ticketing.StagePart{{Planned: 2}}}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutStages(ctx, pool, day, []ticketing.Stage{first, second})
	})
	fire := func(no int) Job {
		return Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
			return tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: day, No: no}, start().Add(2*time.Hour))
		}}
	}
	told(t, s.Together(t.Context(), bookingJob(order("o0", "d0")), fire(1)), ticketing.ErrSoldOut, nil)
	bad := bookingJob(order("o1", "d1"))
	run := bad.Run
	bad.Run = func(ctx context.Context, tx ticketing.Tx) error { _ = run(ctx, tx); return errBoom }
	last := bookingJob(order("o4", "d4"))
	last.Ahead = nil
	told(t, s.Together(t.Context(), bad, bookingJob(order("o2", "d2")), bookingJob(order("o3", "d3")), bookingJob(order("o4", "d4")), fire(2), last),
		errBoom, nil, nil, ticketing.ErrSoldOut, nil, nil)
	both := order("o5", "d5")
	both.Positions = append(both.Positions, position("d6"))
	told(t, s.Together(t.Context(), bookingJob(both), bookingJob(order("o7", "d7")), bookingJob(order("o8", "d8"))), ticketing.ErrSoldOut, nil, ticketing.ErrSoldOut)
	left, orders := outcome(t, s)
	assert.Zero(t, left)
	assert.Equal(t, []string{"o2", "o3", "o4", "o7"}, orders)
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		stages, err := r.Stages(ctx, pool, day)
		require.Len(t, stages, 2)
		for i := range stages {
			assert.Equal(t, []ticketing.StagePart{{Released: 2, Taken: 2}}, stages[i].Parts)
		}
		counts, err2 := r.StageCounts(ctx, pool, day)
		require.NoError(t, err2)
		assert.Equal(t, []ticketing.StageCount{{Stage: 1, State: ticketing.StateHeld, Places: 2}, {Stage: 2, State: ticketing.StateHeld, Places: 2}}, counts)
		return err
	})
}

func slotsTogether(t *testing.T, s Grouper) {
	seed(t, s, 0)
	require.NoError(t, putSlots(t, s, ticketing.Slot{Start: "09:00", End: "10:00", Capacity: 2}, ticketing.Slot{Start: "10:00", End: "11:00", Capacity: 1}))
	at := func(id string, slot ticketing.Clock) Job {
		o := order(id, "d-"+id)
		o.Slot = slot
		return bookingJob(o)
	}
	errs := s.Together(t.Context(), at("o1", "09:00"), at("o2", "10:00"), at("o3", "10:00"), at("o4", ""), at("o5", "12:00"), at("o6", "09:00"), at("o7", "09:00"))
	told(t, errs, nil, nil, ticketing.ErrSoldOut, ticketing.ErrSlotNeeded, ticketing.ErrSlotUnavailable, nil, ticketing.ErrSoldOut)
	left, orders := outcome(t, s)
	assert.Zero(t, left)
	assert.Equal(t, []string{"o1", "o2", "o6"}, orders)
	got := onlyDay(t, s)
	assert.Equal(t, []int{0, 0}, []int{got.Slots[0].Left, got.Slots[1].Left})
	assert.Equal(t, []int64{3, 2}, []int64{got.Slots[0].Version, got.Slots[1].Version})
	told(t, s.Together(t.Context(), Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
		end, err := tx.SlotEnd(ctx, ticketing.Place{Pool: pool, Date: day, Slot: "10:00"})
		assert.Equal(t, ticketing.Clock("11:00"), end)
		return err
	}}), nil)
}

// personsTogether holds that what the rules about persons read holds the
// group's own orders, of jobs that succeeded.
func personsTogether(t *testing.T, s Grouper) {
	seed(t, s, 10)
	days := []ticketing.Date{"2026-05-09", day, "2026-05-11"}
	told(t, s.Together(t.Context(), bookingJob(order("o0", "d1"))), nil)
	var kept string
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		o, err := r.Order(ctx, "o0")
		kept = o.Positions[0].ID
		return err
	})
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		_, err := tx.RecordNoShow(ctx, ticketing.NoShow{PositionID: kept, OrderID: "o0", Pool: pool, Date: day, DocumentKey: []byte("d1"), At: start()})
		return err
	})
	reads := func(o ticketing.Order, fails error, count int, visits []ticketing.Date, missed int) Job {
		j := bookingJob(o)
		run := j.Run
		j.Run = func(ctx context.Context, tx ticketing.Tx) error {
			n, err := tx.LivePositions(ctx, "a", pool, o.Date)
			assert.Equal(t, count, n, "live positions before %s", o.ID)
			on, err2 := tx.VisitDays(ctx, pool, o.Positions[0].DocumentKey, days)
			assert.Equal(t, visits, on, "visits before %s", o.ID)
			only, err3 := tx.VisitDays(ctx, pool, o.Positions[0].DocumentKey, []ticketing.Date{days[0], days[2]})
			assert.NotContains(t, only, day, "which was not asked for")
			times, err4 := tx.NoShows(ctx, pool, o.Positions[0].DocumentKey)
			assert.Len(t, times, missed)
			if err := errors.Join(err, err2, err3, err4); err != nil {
				return err
			}
			if err := run(ctx, tx); err != nil {
				return err
			}
			return fails
		}
		return j
	}
	next := order("o2", "d1")
	next.Date = "2026-05-11"
	told(t, s.Together(t.Context(),
		reads(order("o1", "d2"), nil, 1, nil, 0),
		reads(order("o9", "d3"), errBoom, 2, nil, 0),
		reads(next, nil, 0, []ticketing.Date{day}, 1),
		reads(order("o3", "d3"), nil, 2, nil, 0),
		reads(order("o4", "d1"), nil, 3, []ticketing.Date{day, "2026-05-11"}, 1),
	), nil, errBoom, nil, nil, ticketing.ErrDocumentTaken)
}
