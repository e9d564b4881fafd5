package store_test

import (
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

func TestOperatorsAreMadeAndChanged(t *testing.T) {
	c := newClock()
	each(t, store.Options{Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		_, err := first(t, s)
		require.NoError(t, err)
		for _, bad := range []string{"", "a", "Ana", "1na", "an a", "ana\n", "fairgate", strings.Repeat("a", 33), "安娜"} {
			_, _, err = s.CreateUser(t.Context(), bad, console.Analyst)
			require.ErrorIs(t, err, console.ErrBadName, "%q", bad)
		}
		_, _, err = s.CreateUser(t.Context(), "ana", "root")
		require.Error(t, err)
		u, password, err := s.CreateUser(t.Context(), "ana", console.Analyst)
		require.NoError(t, err)
		assert.True(t, u.MustChange)
		assert.Nil(t, u.SignedInAt)
		_, _, err = s.CreateUser(t.Context(), "ana", console.Security)
		require.ErrorIs(t, err, console.ErrTaken)

		g, err := s.SignIn(t.Context(), by("ana", password))
		require.NoError(t, err)
		before, after, err := s.SetRole(t.Context(), "admin", "ana", console.Security)
		require.NoError(t, err)
		assert.Equal(t, []console.Role{console.Analyst, console.Security}, []console.Role{before.Role, after.Role})
		require.NotNil(t, after.SignedInAt)
		assert.Equal(t, c.now().UTC(), *after.SignedInAt)
		_, err = s.Who(t.Context(), g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut, "another role needs another session")
		_, _, err = s.SetRole(t.Context(), "admin", "ana", "root")
		require.ErrorIs(t, err, console.ErrNotFound)
		_, _, err = s.SetRole(t.Context(), "admin", "nobody", console.Analyst)
		require.ErrorIs(t, err, console.ErrNotFound)

		g, err = s.SignIn(t.Context(), by("ana", password))
		require.NoError(t, err)
		_, after, err = s.SetDisabled(t.Context(), "admin", "ana", true)
		require.NoError(t, err)
		assert.NotNil(t, after.DisabledAt)
		_, err = s.Who(t.Context(), g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)
		_, err = s.SignIn(t.Context(), by("ana", password))
		require.ErrorIs(t, err, console.ErrBadCredentials, "no different from a wrong password")
		_, _, err = s.SetDisabled(t.Context(), "admin", "ana", false)
		require.NoError(t, err)
		fresh, err := s.ResetPassword(t.Context(), "admin", "ana")
		require.NoError(t, err)
		_, err = s.SignIn(t.Context(), by("ana", password))
		require.ErrorIs(t, err, console.ErrBadCredentials)
		g, err = s.SignIn(t.Context(), by("ana", fresh))
		require.NoError(t, err)
		assert.True(t, g.MustChange)

		list, err := s.Users(t.Context(), "", 10)
		require.NoError(t, err)
		require.Len(t, list, 2)
		rest, err := s.Users(t.Context(), "admin", 10)
		require.NoError(t, err)
		assert.Equal(t, list[1:], rest)
	})
}

func TestSomebodyCanAlwaysAdminister(t *testing.T) {
	each(t, store.Options{}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		_, err := first(t, s)
		require.NoError(t, err)
		_, _, err = s.SetRole(t.Context(), "admin", "admin", console.Auditor)
		require.ErrorIs(t, err, console.ErrOwnAccount)
		_, _, err = s.SetDisabled(t.Context(), "admin", "admin", true)
		require.ErrorIs(t, err, console.ErrOwnAccount)
		_, err = s.ResetPassword(t.Context(), "admin", "admin")
		require.ErrorIs(t, err, console.ErrOwnAccount)
		_, _, err = s.SetRole(t.Context(), "a-key", "admin", console.Auditor)
		require.ErrorIs(t, err, console.ErrLastAdministrator)
		_, _, err = s.SetDisabled(t.Context(), "a-key", "admin", true)
		require.ErrorIs(t, err, console.ErrLastAdministrator)
		_, _, err = s.SetRole(t.Context(), "a-key", "admin", console.Administrator)
		require.NoError(t, err, "that changes nothing")

		_, _, err = s.CreateUser(t.Context(), "second", console.Administrator)
		require.NoError(t, err)
		other, err := store.Open(t.Context(), db, store.Options{})
		require.NoError(t, err)
		var demoted atomic.Int32
		var all sync.WaitGroup
		for i, name := range []string{"admin", "second"} {
			all.Go(func() {
				_, _, err := []*store.Store{s, other}[i].SetRole(t.Context(), []string{"second", "admin"}[i], name, console.Auditor)
				if err == nil {
					demoted.Add(1)
				} else {
					assert.ErrorIs(t, err, console.ErrLastAdministrator)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, demoted.Load(), "two administrators demote each other at the same moment")
	})
}

func TestKeysAreMadeAndRevoked(t *testing.T) {
	c := newClock()
	each(t, store.Options{Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		_, err := first(t, s)
		require.NoError(t, err)
		until := c.now().Add(24 * time.Hour)
		k, key, err := s.CreateKey(t.Context(), console.APIKey{Name: "exports", Role: console.Auditor, CreatedBy: "admin", ExpiresAt: &until})
		require.NoError(t, err)
		assert.Equal(t, c.now().UTC(), k.CreatedAt)
		for _, taken := range []string{"exports", "admin"} {
			_, _, err = s.CreateKey(t.Context(), console.APIKey{Name: taken, Role: console.Auditor})
			require.ErrorIs(t, err, console.ErrTaken, taken)
		}
		_, _, err = s.CreateUser(t.Context(), "exports", console.Analyst)
		require.ErrorIs(t, err, console.ErrTaken, "one name in the audit log is one caller")
		_, _, err = s.CreateKey(t.Context(), console.APIKey{Name: "Exports!", Role: console.Auditor})
		require.ErrorIs(t, err, console.ErrBadName)

		c.forward(time.Minute)
		id, err := s.Who(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, console.Principal{Name: "exports", Role: console.Auditor}, id.Principal)
		assert.True(t, id.Session.ProvedAt.IsZero(), "nothing dangerous")
		list, err := s.Keys(t.Context(), "", 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NotNil(t, list[0].UsedAt)
		assert.Equal(t, c.now().UTC(), *list[0].UsedAt)

		c.forward(24 * time.Hour)
		_, err = s.Who(t.Context(), key)
		require.ErrorIs(t, err, console.ErrSignedOut, "expired")
		_, bold, err := s.CreateKey(t.Context(), console.APIKey{Name: "bold", Role: console.Administrator, Sensitive: true})
		require.NoError(t, err)
		id, err = s.Who(t.Context(), bold)
		require.NoError(t, err)
		assert.False(t, id.Session.ProvedAt.IsZero())
		before, err := s.RevokeKey(t.Context(), "bold")
		require.NoError(t, err)
		assert.True(t, before.Sensitive)
		_, err = s.Who(t.Context(), bold)
		require.ErrorIs(t, err, console.ErrSignedOut)
		_, err = s.RevokeKey(t.Context(), "bold")
		require.ErrorIs(t, err, console.ErrNotFound)
		_, _, err = s.CreateKey(t.Context(), console.APIKey{Name: "bold", Role: console.Auditor})
		require.ErrorIs(t, err, console.ErrTaken, "for good")
	})
}
