package notices_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notices"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// house is a booking system, and the orders of its only account.
type house struct {
	fault  error
	told   []string
	orders []withdrawals.Withdrawal
	now    time.Time
}

func (h *house) TellLifted(_ context.Context, account, key string) (bool, error) {
	h.told = append(h.told, account+" "+key)
	return h.fault == nil, h.fault
}

func (h *house) Of(context.Context, string, string) ([]withdrawals.Withdrawal, error) {
	return h.orders, nil
}

func each(t *testing.T, test func(t *testing.T, h *house, s *notices.Service)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := &house{now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}
		s, err := notices.New(t.Context(), db, h, h, notices.Options{Now: func() time.Time { return h.now }})
		require.NoError(t, err)
		test(t, h, s)
	})
}

func counts(t *testing.T, s *notices.Service) map[notices.State]int {
	t.Helper()
	got, err := s.Count(t.Context(), "museum", "c")
	require.NoError(t, err)
	return got
}

func TestFailuresAreTriedAgainWithTheSameKey(t *testing.T) {
	each(t, func(t *testing.T, h *house, s *notices.Service) {
		for range 2 {
			require.NoError(t, s.Hold(t.Context(), "museum", "c", "a"))
		}
		n, err := s.Work(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n, "held")
		require.NoError(t, s.Release(t.Context(), "museum", "c"))
		h.fault = errors.New("away")
		for range 3 {
			_, err = s.Work(t.Context())
			require.NoError(t, err)
		}
		assert.Len(t, h.told, 1, "not again at once")
		h.fault, h.now = nil, h.now.Add(2*time.Second)
		_, err = s.Work(t.Context())
		require.NoError(t, err)
		require.Len(t, h.told, 2)
		assert.Equal(t, h.told[0], h.told[1])
		assert.Equal(t, map[notices.State]int{notices.Told: 1}, counts(t, s))
		h.now = h.now.Add(191 * 24 * time.Hour)
		require.NoError(t, s.Prune(t.Context()))
		assert.Empty(t, counts(t, s))
	})
}

func TestAnOrderUnderWayIsWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house, s *notices.Service) {
		require.NoError(t, s.Hold(t.Context(), "museum", "c", "a"))
		require.NoError(t, s.Release(t.Context(), "museum", "c"))
		h.orders = []withdrawals.Withdrawal{{State: withdrawals.Reinstating, Updated: h.now}}
		_, err := s.Work(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[notices.State]int{notices.Due: 1}, counts(t, s))
		h.orders[0].State, h.now = withdrawals.Lost, h.now.Add(2*time.Second)
		_, err = s.Work(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[notices.State]int{notices.Told: 1}, counts(t, s), "nobody else tells whose place is gone")
	})
}

func TestErasedAndRefused(t *testing.T) {
	each(t, func(t *testing.T, _ *house, s *notices.Service) {
		require.NoError(t, s.Hold(t.Context(), "museum", "c", "a"))
		require.NoError(t, s.Hold(t.Context(), "museum", "c", "b"))
		require.NoError(t, s.Erase(t.Context(), "museum", "a"))
		assert.Equal(t, map[notices.State]int{notices.Held: 1}, counts(t, s))
		require.ErrorIs(t, s.Erase(t.Context(), "museum", ""), notices.ErrBadInput)
		require.ErrorIs(t, s.Hold(t.Context(), "museum", "", "a"), notices.ErrBadInput)
		assert.Equal(t, map[notices.State]int{notices.Held: 1}, counts(t, s), "nothing was changed")
		for _, state := range []notices.State{notices.Held, notices.Due, notices.Told, notices.WithOrder, notices.Untold} {
			assert.True(t, state.Valid())
		}
		assert.False(t, notices.State("").Valid())
	})
}
