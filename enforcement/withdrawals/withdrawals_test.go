package withdrawals_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

var start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// orders is a booking system with one order, whose behaviour a test sets.
type orders struct {
	mu        sync.Mutex
	held      []enforcement.HeldOrder
	withdraw  func() error
	reinstate func() error
	withdrawn int
	given     int
}

func (o *orders) Held(context.Context, string) ([]enforcement.HeldOrder, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held, nil
}

func (o *orders) Withdraw(context.Context, string, string, string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.withdrawn++
	if o.withdraw != nil {
		if err := o.withdraw(); err != nil {
			return err
		}
	}
	o.held = nil
	return nil
}

func (o *orders) Reinstate(context.Context, string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.given++
	if o.reinstate != nil {
		return o.reinstate()
	}
	return nil
}

type fixture struct {
	*withdrawals.Service
	db     *sqldb.DB
	orders *orders
	now    time.Time
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := &fixture{db: db, now: start, orders: &orders{held: []enforcement.HeldOrder{{ID: "o1", State: "held"}}}}
		f.Service = f.service(t)
		test(t, f)
	})
}

func (f *fixture) service(t *testing.T) *withdrawals.Service {
	t.Helper()
	s, err := withdrawals.New(t.Context(), f.db, f.orders, withdrawals.Options{Now: func() time.Time { return f.now }})
	require.NoError(t, err)
	return s
}

func (f *fixture) work(t *testing.T) {
	t.Helper()
	_, err := f.Work(t.Context())
	require.NoError(t, err)
}

func (f *fixture) state(t *testing.T) withdrawals.State {
	t.Helper()
	list, err := f.Of(t.Context(), "museum", "a")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "FG-1", list[0].Receipt)
	return list[0].State
}

func sweep(event string) enforcement.Sweep {
	return enforcement.Sweep{
		Site: "museum", Account: "a", Target: enforcement.Target{Entity: "account", Key: "a"}, Rule: "r", EventID: event,
		Receipt: "FG-1", At: start,
	}
}

func TestAnswersOfTheBookingSystem(t *testing.T) {
	tests := map[string]struct {
		withdraw, reinstate error
		want, undone        withdrawals.State
		count               int
	}{
		"taken and given back": {nil, nil, withdrawals.Withdrawn, withdrawals.Reinstated, 1},
		"taken, place is gone": {nil, enforcement.ErrNoPlace, withdrawals.Withdrawn, withdrawals.Lost, 1},
		"past the cut-off":     {enforcement.ErrPastCutoff, nil, withdrawals.PastCutoff, withdrawals.PastCutoff, 0},
		"cancelled meanwhile":  {enforcement.ErrOrderGone, nil, withdrawals.Gone, withdrawals.Gone, 0},
	}
	each(t, func(t *testing.T, f *fixture) {
		for name, test := range tests {
			_, err := f.db.Write.ExecContext(t.Context(), `DELETE FROM withdrawals`)
			require.NoError(t, err)
			_, err = f.db.Write.ExecContext(t.Context(), `DELETE FROM sweeps`)
			require.NoError(t, err)
			f.orders.held = []enforcement.HeldOrder{{ID: "o1", State: "held"}}
			f.orders.withdraw = func() error { return test.withdraw }
			f.orders.reinstate = func() error { return test.reinstate }
			require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1")}))
			f.work(t)
			assert.Equal(t, test.want, f.state(t), name)
			n, err := f.Undo(t.Context(), "museum", "a", start, "li", "people")
			require.NoError(t, err)
			assert.Equal(t, test.count, n, name)
			f.work(t)
			assert.Equal(t, test.undone, f.state(t), name)
		}
	})
}

func TestARepeatedRequestSweepsOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for range 3 {
			require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1"), sweep("e1")}))
			f.work(t)
		}
		assert.Equal(t, 1, f.orders.withdrawn)
	})
}

func TestCrashBetweenAskingAndRecording(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		// The booking system took the order back, and its answer was lost: the
		// order is no longer among those held.
		f.orders.withdraw = func() error {
			f.orders.held = nil
			return errors.New("connection reset")
		}
		require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1")}))
		f.work(t)
		assert.Equal(t, withdrawals.Pending, f.state(t))

		f.orders.withdraw = nil
		f.now = start.Add(time.Minute)
		f.work(t)
		assert.Equal(t, withdrawals.Withdrawn, f.state(t))
		assert.Equal(t, 2, f.orders.withdrawn)
	})
}

func TestClearedWhileBeingWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		asked, answer := make(chan struct{}), make(chan struct{})
		f.orders.withdraw = func() error {
			close(asked)
			<-answer
			return nil
		}
		require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1")}))
		done := make(chan error, 1)
		go func() {
			_, err := f.Work(t.Context())
			done <- err
		}()
		<-asked
		_, err := f.Undo(t.Context(), "museum", "a", start, "li", "people")
		require.NoError(t, err)
		close(answer)
		require.NoError(t, <-done)
		f.work(t)
		assert.Equal(t, withdrawals.Reinstated, f.state(t))
		assert.Equal(t, 1, f.orders.given)
	})
}

func TestTwoWorkersDoNotShareAPiece(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		asked, answer := make(chan struct{}), make(chan struct{})
		f.orders.withdraw = func() error {
			close(asked)
			<-answer
			return nil
		}
		require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1")}))
		done := make(chan error, 1)
		go func() {
			_, err := f.Work(t.Context())
			done <- err
		}()
		<-asked
		n, err := f.service(t).Work(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n, "the first worker holds the lease")
		close(answer)
		require.NoError(t, <-done)
		assert.Equal(t, 1, f.orders.withdrawn)
	})
}

func TestRunTakesOnWhatIsAnnounced(t *testing.T) {
	f := &fixture{db: sqldbtest.SQLite(t), now: start, orders: &orders{held: []enforcement.HeldOrder{{ID: "o1", State: "held"}}}}
	taken := make(chan struct{})
	f.orders.withdraw = func() error { close(taken); return nil }
	f.Service = f.service(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	require.NoError(t, f.Request(t.Context(), []enforcement.Sweep{sweep("e1")}))
	<-taken
	cancel()
	<-done
}
