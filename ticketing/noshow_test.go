package ticketing_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// enter has positions of an order enter at a gate now, as check-in writes it.
func (f *fixture) enterAt(o ticketing.Order, positions ...int) {
	f.t.Helper()
	at := time.UnixMilli(f.now.Load())
	require.NoError(f.t, f.store.CheckIn().Update(f.t.Context(), func(ctx context.Context, tx checkin.Tx) error {
		var states []checkin.State
		for _, i := range positions {
			states = append(states, checkin.State{
				PositionID: o.Positions[i].ID, OrderID: o.ID, FirstAt: at, Entries: 1, Inside: true, LastAt: at, LastGate: "north", LastTerminalID: "t1",
			})
		}
		return tx.Record(ctx, nil, states, []checkin.Count{{
			Day: o.Date, TerminalID: "t1", Gate: "north", Pool: o.Pool, Reason: checkin.OK, Entries: len(states), People: len(states), Inside: len(states), LastAt: at,
		}})
	}))
}

// judge runs the jobs that are due after the visit day of may10 and its grace.
func (f *fixture) judge() {
	f.t.Helper()
	require.NoError(f.t, f.PlanJobs(f.t.Context()))
	f.runDue()
}

// may10End is the end of may10 at the venue.
func may10End() time.Time { return ticketing.Date(may11).Start() }

func (f *fixture) missed() []ticketing.Event {
	f.t.Helper()
	events, err := f.Events(f.t.Context(), 0, 1000)
	require.NoError(f.t, err)
	return of(events, ticketing.EventNoShow)
}

// lifted lists the no-shows that were told to count no more.
func (f *fixture) lifted() []ticketing.Event {
	f.t.Helper()
	events, err := f.Events(f.t.Context(), 0, 1000)
	require.NoError(f.t, err)
	return of(events, ticketing.EventNoShowLifted)
}

// of keeps the events of one type.
func of(events []ticketing.Event, kind ticketing.EventType) []ticketing.Event {
	var out []ticketing.Event
	for _, e := range events {
		if e.Type == kind {
			out = append(out, e)
		}
	}
	return out
}

func TestNoShowsAreJudgedOnceTheDayIsOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	account := f.person(1)
	came, half, none := f.book(account, booking("main", 1)), f.book(account, booking("main", 2, 3)), f.book(account, booking("main", 4, 5))
	gone := f.book(account, booking("main", 6))
	_, err := f.Cancel(t.Context(), ticketing.Call{}, account, gone.ID)
	require.NoError(t, err)
	f.now.Store(may10End().Add(-8 * time.Hour).UnixMilli())
	f.enterAt(came, 0)
	f.enterAt(half, 1)
	f.now.Store(may10End().Add(2*time.Hour - time.Second).UnixMilli())
	f.judge()
	assert.Empty(t, f.missed(), "the grace is not over")
	f.pass(15 * time.Minute)
	f.judge()
	events := f.missed()
	require.Len(t, events, 2)
	assert.ElementsMatch(t, []string{half.ID + " 1", none.ID + " 2"}, []string{
		fmt.Sprintf("%s %d", events[0].OrderID, events[0].Positions), fmt.Sprintf("%s %d", events[1].OrderID, events[1].Positions),
	})
	assert.Contains(t, f.state("no_shows").Report, "1 days judged, 3 no-shows recorded")
	f.pass(time.Hour)
	f.judge()
	assert.Len(t, f.missed(), 2, "a day is judged once")

	// A terminal was offline and uploads what it saw.
	f.enterAt(none, 0)
	f.pass(15 * time.Minute)
	f.judge()
	assert.Contains(t, f.state("no_shows").Report, "1 taken back")
	back := f.lifted()
	require.Len(t, back, 1)
	assert.Equal(t, fmt.Sprintf("%s %d %s", none.ID, 1, account), fmt.Sprintf("%s %d %s", back[0].OrderID, back[0].Positions, back[0].AccountID))
	require.ErrorIs(t, f.TakeBackNoShow(t.Context(), wang(), none.Positions[0].ID, "again"), ticketing.ErrNotFound)
}

func TestAnOutageOfTerminalsMakesNoNoShows(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{NoShowGrace: time.Hour})
	f.pool("dark", 0, 10)
	f.pool("dim", 0, 40)
	account := f.person(1)
	f.book(account, booking("dark", 1, 2))
	var first ticketing.Order
	for i := range 6 {
		o := f.book(account, booking("dim", 10*i+10, 10*i+11, 10*i+12, 10*i+13))
		if i == 0 {
			first = o
		}
	}
	f.now.Store(may10End().UnixMilli())
	f.enterAt(first, 0, 1) // of 24
	f.pass(time.Hour)
	f.judge()
	assert.Empty(t, f.missed())
	assert.Contains(t, f.state("no_shows").Report, "2 days judged, 0 no-shows")
}

func TestATakenBackNoShowLiftsTheFreeze(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	f.ruled(ticketing.Rules{NoShowStrikes: 1, NoShowFreezeDays: 60})
	account := f.person(1)
	o, other := f.book(account, booking("main", 1)), f.book(account, booking("main", 2))
	f.now.Store(may10End().Add(-time.Hour).UnixMilli())
	f.enterAt(other, 0)
	f.pass(3 * time.Hour)
	f.judge()
	_, err := f.try(account, may11, 1)
	require.ErrorIs(t, err, ticketing.ErrFrozen)
	id := o.Positions[0].ID
	require.ErrorIs(t, f.TakeBackNoShow(t.Context(), ticketing.Call{}, id, "scanner was down"), ticketing.ErrInvalidField)
	require.ErrorIs(t, f.TakeBackNoShow(t.Context(), wang(), id, ""), ticketing.ErrInvalidField)
	require.ErrorIs(t, f.TakeBackNoShow(t.Context(), wang(), other.Positions[0].ID, "scanner was down"), ticketing.ErrNotFound)
	require.NoError(t, f.TakeBackNoShow(t.Context(), wang(), id, "scanner was down"))
	require.Len(t, f.lifted(), 1, "and the outbox was told")
	_, err = f.try(account, may11, 1)
	require.NoError(t, err)
	require.NoError(t, f.RecordNoShow(t.Context(), ticketing.Call{}, id), "the first record stays, taken back")
	f.pass(time.Hour)
	f.judge()
	assert.Len(t, f.missed(), 1)
}
