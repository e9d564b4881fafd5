package ticketing_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// hours is a moment so many hours after the opening.
func hours(n int) time.Time { return opening().Add(time.Duration(n) * time.Hour) }

func (f *fixture) stage(stages ...ticketing.StagePlan) error {
	f.t.Helper()
	_, err := f.PutRelease(f.t.Context(), ticketing.Call{Actor: "li"}, "main", may10, stages)
	return err
}

func (f *fixture) fire() {
	f.t.Helper()
	_, err := f.FireReleases(f.t.Context())
	require.NoError(f.t, err)
}

// stages is each stage's planned, released, held, sold, left and returning.
func (f *fixture) stages() [][6]int {
	f.t.Helper()
	r, err := f.Release(f.t.Context(), "main", may10)
	require.NoError(f.t, err)
	assert.Equal(f.t, r.Capacity, r.Booked+r.Left+r.Withheld)
	out := make([][6]int, len(r.Stages))
	for i, s := range r.Stages {
		out[i] = [6]int{s.Planned, s.Released, s.Held, s.Sold, s.Left, s.Returning}
	}
	return out
}

// longest returns every place at the end of its stage's delay.
func longest(most time.Duration) time.Duration { return most }

func TestSteppedRelease(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1, Delay: longest})
	f.pool("main", 0, 10)
	account := f.person(1)
	require.NoError(t, f.stage(
		ticketing.StagePlan{At: hours(1), Quantity: 4, ReturnsTo: 3},
		ticketing.StagePlan{At: hours(2), Percent: 30},
		ticketing.StagePlan{At: hours(3), Percent: 20, MaxDelay: 10 * time.Minute},
	))
	f.fire()
	assert.Equal(t, 0, f.left(may10))
	_, err := f.try(account, may10, 1)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "nothing is released")
	f.pass(time.Hour)
	f.fire()
	o, err := f.try(account, may10, 1, 2, 3)
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 4, 0, 3, 1, 0}, {3, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0}}, f.stages())
	_, err = f.try(account, may10, 4, 5)
	require.ErrorIs(t, err, ticketing.ErrSoldOut)
	held := booking("main", 6)
	held.Hold = true
	hold := f.book(account, held)
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 1, 1, 0, 0, 0}, {3, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 3}}, f.stages(), "returned places wait for the third")
	f.pass(10 * time.Minute)
	_, err = f.ExpireHolds(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 0, 0, 0, 0, 0}, {3, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 4}}, f.stages(), "so does an expired one")
	assert.NotEmpty(t, hold.ID)
	f.pass(2 * time.Hour)
	f.fire()
	assert.Equal(t, [][6]int{{0, 0, 0, 0, 0, 0}, {0, 3, 0, 0, 3, 0}, {0, 2, 0, 0, 2, 4}}, f.stages(), "what was due meanwhile fires, returned places wait on")
	f.pass(10*time.Minute - time.Millisecond)
	f.fire()
	assert.Equal(t, 4, f.stages()[2][5])
	f.pass(time.Millisecond)
	f.fire()
	assert.Equal(t, [][6]int{{0, 0, 0, 0, 0, 0}, {0, 3, 0, 0, 3, 0}, {0, 6, 0, 0, 6, 0}}, f.stages())
	assert.Equal(t, 9, f.left(may10), "one place has no stage")
	changes, err := f.Changes(t.Context(), "main", 1, 10)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	assert.Equal(t, "release", changes[0].What)
}

func TestReleaseWhileASaleRuns(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 10)
	account := f.person(1)
	before, err := f.try(account, may10, 1, 2) // booked before there were stages
	require.NoError(t, err)
	err = f.stage(ticketing.StagePlan{At: hours(0), Quantity: 5}, ticketing.StagePlan{At: hours(9), Quantity: 4})
	require.ErrorIs(t, err, ticketing.ErrReleaseExceeds)
	require.ErrorContains(t, err, "would release 9 places of the day, 8 of its 10 are not booked")
	require.NoError(t, f.stage(ticketing.StagePlan{At: hours(0), Quantity: 5}, ticketing.StagePlan{At: hours(9), Quantity: 3}))
	f.fire()
	o, err := f.try(account, may10, 3)
	require.NoError(t, err)
	yes, no := true, false
	change := func(stage int, c ticketing.StageChange) error {
		_, err := f.ChangeStage(t.Context(), ticketing.Call{}, "main", may10, stage, c)
		return err
	}
	require.NoError(t, change(1, ticketing.StageChange{Paused: &yes}))
	_, err = f.try(account, may10, 4)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "paused")
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 4, 0, 0, 4, 0}, {3, 0, 0, 0, 0, 1}}, f.stages())
	require.NoError(t, change(1, ticketing.StageChange{Paused: &no}))
	assert.Equal(t, 4, f.left(may10), "resumed")
	seven, now := 7, opening()
	require.ErrorIs(t, change(1, ticketing.StageChange{Quantity: &seven}), ticketing.ErrInvalidField, "it has fired")
	require.ErrorIs(t, change(2, ticketing.StageChange{Quantity: &seven}), ticketing.ErrReleaseExceeds)
	require.ErrorIs(t, change(3, ticketing.StageChange{Paused: &yes}), ticketing.ErrNotFound)
	require.ErrorContains(t, f.stage(ticketing.StagePlan{At: hours(0), Quantity: 5}), "cannot be dropped")
	require.NoError(t, change(2, ticketing.StageChange{At: &now}), "brought forward")
	f.fire()
	f.fire()
	assert.Equal(t, 8, f.left(may10))
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, before.ID)
	require.NoError(t, err)
	f.fire()
	assert.Equal(t, 10, f.left(may10), "places from before go to the last stage")
	moved, err := f.try(account, may10, 1)
	require.NoError(t, err)
	moved, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, moved.ID, may11, "")
	require.NoError(t, err)
	f.fire()
	assert.Equal(t, 10, f.left(may10))
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, moved.ID, may10, "")
	require.NoError(t, err)
	assert.Equal(t, 9, f.left(may10))
	require.NoError(t, f.stage())
	release, err := f.Release(t.Context(), "main", may10)
	require.NoError(t, err)
	assert.Empty(t, release.Stages)
	assert.Equal(t, 1, release.Booked, "of a day without stages the figures are known, too")
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, moved.ID, "why", "")
	require.NoError(t, err)
	assert.Equal(t, 10, f.left(may10), "without stages a place is back at once")
}

func TestReleaseBySlots(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.slotted(5)
	require.NoError(t, f.stage(ticketing.StagePlan{At: hours(0), Percent: 50}, ticketing.StagePlan{At: hours(1), Percent: 50}))
	f.fire()
	assert.Equal(t, []int{4, 2, 2}, f.slotsLeft(may10))
	b := booking("main", 1, 2, 3)
	b.Slot = "09:00"
	account := f.person(1)
	_, err := f.Book(t.Context(), ticketing.Call{}, account, b)
	require.ErrorIs(t, err, ticketing.ErrSoldOut)
	b.Visitors = b.Visitors[:2]
	o := f.book(account, b)
	assert.Equal(t, []int{2, 0, 2}, f.slotsLeft(may10))
	f.pass(time.Hour)
	f.fire()
	assert.Equal(t, []int{8, 3, 5}, f.slotsLeft(may10))
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, []int{8, 3, 5}, f.slotsLeft(may10))
	f.fire()
	assert.Equal(t, []int{10, 5, 5}, f.slotsLeft(may10))
}

func TestReleaseValidated(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	good := ticketing.StagePlan{At: hours(1), Quantity: 1}
	for field, spoil := range map[string]func(*ticketing.StagePlan){
		"stages[1].at":                func(p *ticketing.StagePlan) { p.At = time.Time{} },
		"stages[1].quantity":          func(p *ticketing.StagePlan) { p.Percent = 5 },
		"stages[1].percent":           func(p *ticketing.StagePlan) { p.Quantity, p.Percent = 0, 101 },
		"stages[1].returns_to":        func(p *ticketing.StagePlan) { p.ReturnsTo = 2 },
		"stages[1].max_delay_seconds": func(p *ticketing.StagePlan) { p.MaxDelay = -1 },
		"stages":                      func(p *ticketing.StagePlan) { p.Quantity = 99 },
	} {
		bad := good
		spoil(&bad)
		var refused *ticketing.Error
		require.ErrorAs(t, f.stage(good, bad, good), &refused, field)
		assert.Equal(t, field, refused.Field)
	}
	_, err := f.PutRelease(t.Context(), ticketing.Call{}, "main", "2026-02-31", nil)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.PutRelease(t.Context(), ticketing.Call{}, "main", "2026-07-01", []ticketing.StagePlan{good})
	require.ErrorIs(t, err, ticketing.ErrDateUnavailable)
	_, err = f.Release(t.Context(), "main", "2026-07-01")
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	release, err := f.Release(t.Context(), "main", may10)
	require.NoError(t, err)
	assert.Empty(t, release.Stages, "none was made")
}

// TestReleaseNeverOversells books, cancels and fires at once, and survives a
// restart in between.
func TestReleaseNeverOversells(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "ticketing.db")
	f := newFixtureOn(t, dsn, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 30)
	require.NoError(t, f.stage(ticketing.StagePlan{At: hours(0), Quantity: 10}, ticketing.StagePlan{At: hours(0), Quantity: 10, MaxDelay: time.Second},
		ticketing.StagePlan{At: hours(1), Quantity: 10}))
	account := f.person(1)
	sell := func(f *fixture, first int) {
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				o, err := f.Book(context.WithoutCancel(t.Context()), ticketing.Call{}, account, booking("main", first+i))
				if err != nil {
					if !errors.Is(err, ticketing.ErrSoldOut) {
						t.Error(err)
					}
				} else if i%3 == 0 {
					_, err := f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
					if err != nil {
						t.Error(err)
					}
				}
				if i%10 == 0 {
					f.fire()
				}
			})
		}
		group.Wait()
	}
	sell(f, 0)
	again := newFixtureOn(t, dsn, ticketing.Options{StockMaxAge: -1})
	again.now.Store(hours(2).UnixMilli())
	again.fire()
	again.fire()
	sell(again, 100)
	sell(again, 200)
	again.pass(time.Minute)
	again.fire()
	total := [6]int{}
	for _, s := range again.stages() {
		for i, n := range s {
			total[i] += n
		}
	}
	assert.Equal(t, []int{0, 30, 0}, []int{total[0], total[1] + total[5], total[2]})
	assert.Equal(t, 30-total[3], total[4]+total[5])
}
