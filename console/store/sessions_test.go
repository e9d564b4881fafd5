package store_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
)

// clock is a clock that a test turns.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) forward(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func TestSessionsEnd(t *testing.T) {
	tests := []struct {
		name string
		use  []time.Duration // when it is used, each after the one before
		open bool
	}{
		{"used in time", []time.Duration{50 * time.Minute, 50 * time.Minute, 50 * time.Minute}, true},
		{"left alone", []time.Duration{61 * time.Minute}, false},
		{"left alone after use", []time.Duration{50 * time.Minute, 61 * time.Minute}, false},
		{"used beyond its life", []time.Duration{50 * time.Minute, 50 * time.Minute, 50 * time.Minute, 50 * time.Minute}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			each(t, store.Options{Session: 3 * time.Hour, Idle: time.Hour, Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
				password, err := first(t, s)
				require.NoError(t, err)
				g, err := s.SignIn(t.Context(), by("admin", password))
				require.NoError(t, err)
				for _, d := range tt.use {
					c.forward(d)
					_, err = s.Who(t.Context(), g.Token)
				}
				if tt.open {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, console.ErrSignedOut)
				list, err := s.Sessions(t.Context(), "", 10)
				require.NoError(t, err)
				assert.Empty(t, list)
			})
		})
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	c := newClock()
	each(t, store.Options{Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		a := by("admin", password)
		a.Agent = strings.Repeat("é", 300)
		one, err := s.SignIn(t.Context(), a)
		require.NoError(t, err)
		c.forward(time.Second)
		two, err := s.SignIn(t.Context(), by(" admin ", password))
		require.NoError(t, err)
		c.forward(time.Minute)
		_, err = s.Who(t.Context(), one.Token)
		require.NoError(t, err)

		list, err := s.Sessions(t.Context(), "admin", 10)
		require.NoError(t, err)
		require.Len(t, list, 2)
		assert.Equal(t, one.Session.ID, list[0].ID, "the last used first")
		assert.Equal(t, "192.0.2.1", list[0].Address)
		assert.LessOrEqual(t, len(list[0].Agent), 256)
		assert.Equal(t, c.now().UTC(), list[0].UsedAt)
		nobody, err := s.Sessions(t.Context(), "nobody", 10)
		require.NoError(t, err)
		assert.Empty(t, nobody)

		_, err = s.EndSession(t.Context(), "somebody else", two.Session.ID)
		require.ErrorIs(t, err, console.ErrNotFound, "another's session")
		owner, err := s.EndSession(t.Context(), "", two.Session.ID)
		require.NoError(t, err)
		assert.Equal(t, "admin", owner)
		_, err = s.Who(t.Context(), two.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)

		three, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		n, err := s.EndSessions(t.Context(), "admin", three.Session.ID)
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		_, err = s.Who(t.Context(), three.Token)
		require.NoError(t, err)
	})
}

func TestSignInReplacesTheBrowsersSession(t *testing.T) {
	each(t, store.Options{}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		old, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		again := by("admin", password)
		again.Replaces = old.Token
		fresh, err := s.SignIn(t.Context(), again)
		require.NoError(t, err)
		assert.NotEqual(t, old.CSRF, fresh.CSRF)
		_, err = s.Who(t.Context(), old.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)
	})
}

func TestOldestSessionsEndBeyondTheBound(t *testing.T) {
	c := newClock()
	each(t, store.Options{Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		oldest, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		for range 20 {
			c.forward(time.Second)
			_, err = s.SignIn(t.Context(), by("admin", password))
			require.NoError(t, err)
		}
		_, err = s.Who(t.Context(), oldest.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)
		list, err := s.Sessions(t.Context(), "admin", 100)
		require.NoError(t, err)
		assert.Len(t, list, 20)
	})
}

func TestTriesAreCountedAcrossTheFleet(t *testing.T) {
	c := newClock()
	o := store.Options{Tries: 3, AddressTries: 5, Now: c.now}
	each(t, o, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		other, err := store.Open(t.Context(), db, o)
		require.NoError(t, err)
		var refused atomic.Int32
		var all sync.WaitGroup
		for i, process := range []*store.Store{s, other, s, other, s} {
			all.Go(func() {
				a := by("admin", "wrong")
				a.Address = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}[i]
				if _, err := process.SignIn(t.Context(), a); errors.Is(err, console.ErrTooManyTries) {
					refused.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 2, refused.Load(), "also of tries at the same moment three are let through")
		_, err = other.SignIn(t.Context(), by("admin", password))
		require.ErrorIs(t, err, console.ErrTooManyTries)

		c.forward(6 * time.Minute)
		_, err = s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			_, err = s.SignIn(t.Context(), by(name, "wrong"))
			require.ErrorIs(t, err, console.ErrBadCredentials)
		}
		_, err = other.SignIn(t.Context(), by("admin", password))
		require.ErrorIs(t, err, console.ErrTooManyTries, "one address, many names")
		elsewhere := by("admin", password)
		elsewhere.Address = "192.0.2.9"
		_, err = other.SignIn(t.Context(), elsewhere)
		require.NoError(t, err)
	})
}

func TestAddressesOfOneNetworkCountTogether(t *testing.T) {
	each(t, store.Options{AddressTries: 2}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		for i, address := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3"} {
			a := by([]string{"a", "b", "c"}[i], "wrong")
			a.Address = address
			_, err := s.SignIn(t.Context(), a)
			require.ErrorIs(t, err, []error{console.ErrBadCredentials, console.ErrBadCredentials, console.ErrTooManyTries}[i])
		}
	})
}
