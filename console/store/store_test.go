package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func each(t *testing.T, o store.Options, test func(t *testing.T, db *sqldb.DB, s *store.Store)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, err := store.Open(t.Context(), db, o)
		require.NoError(t, err)
		test(t, db, s)
	})
}

// by is somebody at a browser who wants to sign in.
func by(name, password string) console.Attempt {
	return console.Attempt{Name: name, Password: password, Address: "192.0.2.1", Agent: "a browser", Credential: console.ByCookie}
}

// first makes the first administrator and returns the password, empty where
// there was somebody.
func first(t *testing.T, s *store.Store) (password string, err error) {
	t.Helper()
	_, err = s.FirstAdministrator(t.Context(), func() (string, error) {
		password = store.OneTimePassword()
		return password, nil
	})
	return password, err
}

func TestFirstPasswordIsNotLost(t *testing.T) {
	each(t, store.Options{}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		_, err := s.FirstAdministrator(t.Context(), func() (string, error) { return "", errors.New("no secret is set") })
		require.ErrorContains(t, err, "no secret is set")
		_, err = s.FirstAdministrator(t.Context(), func() (string, error) { return "short", nil })
		require.ErrorIs(t, err, console.ErrWeakPassword)
		password, err := first(t, s)
		require.NoError(t, err)
		assert.NotEmpty(t, password, "nobody was made whose password nobody knows")
	})
}

func TestSignIn(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	each(t, store.Options{Now: func() time.Time { return now }}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		password, err := first(t, s)
		require.NoError(t, err)
		require.NotEmpty(t, password)
		again, err := first(t, s)
		require.NoError(t, err)
		assert.Empty(t, again, "only the first")

		_, err = s.SignIn(t.Context(), by("admin", "wrong"))
		require.ErrorIs(t, err, console.ErrBadCredentials)
		_, err = s.SignIn(t.Context(), by("nobody", password))
		require.ErrorIs(t, err, console.ErrBadCredentials)

		g, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		assert.True(t, g.MustChange)
		require.ErrorIs(t, s.ChangePassword(t.Context(), "admin", "", password, "short"), console.ErrWeakPassword)
		require.ErrorIs(t, s.ChangePassword(t.Context(), "admin", "", "wrong", "a much longer password"), console.ErrBadCredentials)
		require.NoError(t, s.ChangePassword(t.Context(), "admin", "", password, "a much longer password"))
		_, err = s.Who(t.Context(), g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut, "a new password ends the sessions of the old")
		g, err = s.SignIn(t.Context(), by("admin", "a much longer password"))
		require.NoError(t, err)
		assert.False(t, g.MustChange)
	})
}

func TestTooManyTries(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	each(t, store.Options{Tries: 2, Now: func() time.Time { return now }}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		for range 2 {
			_, err = s.SignIn(t.Context(), by("admin", "wrong"))
			require.ErrorIs(t, err, console.ErrBadCredentials)
		}
		_, err = s.SignIn(t.Context(), by("admin", password))
		require.ErrorIs(t, err, console.ErrTooManyTries)
		now = now.Add(6 * time.Minute)
		_, err = s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
	})
}

func TestKeys(t *testing.T) {
	each(t, store.Options{}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		key := "0123456789abcdef0123456789abcdef"
		require.NoError(t, s.PutKey(t.Context(), "simulator", key, console.Administrator))
		p, err := s.Who(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, console.Principal{Name: "simulator", Role: console.Administrator}, p.Principal)
		assert.Equal(t, console.ByKey, p.Session.Credential)
		require.Error(t, s.PutKey(t.Context(), "simulator", "short", console.Administrator))
	})
}

func TestAuditIsChained(t *testing.T) {
	each(t, store.Options{}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := s.Append(t.Context(), console.AuditEntry{Actor: "admin", Role: console.Administrator, Action: "account.unblock", Object: "a1", Reason: "it was a family"})
				assert.NoError(t, err)
			})
		}
		all.Wait()
		v, err := s.Verify(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 8, v.Verified)
		entries, err := s.Entries(t.Context(), console.AuditFilter{}, 4, 10)
		require.NoError(t, err)
		assert.Len(t, entries, 3)

		_, err = db.Write.ExecContext(t.Context(), `UPDATE console_audit SET reason = 'something else' WHERE seq = 3`)
		require.NoError(t, err)
		v, err = s.Verify(t.Context())
		require.ErrorIs(t, err, console.ErrChainBroken)
		assert.Equal(t, []int64{2, 3}, []int64{v.Verified, v.Broken})
	})
}
