package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
)

func box(t *testing.T, fill byte) *seal.Box {
	t.Helper()
	key := make([]byte, seal.KeySize)
	key[0] = fill
	b, err := seal.New(key)
	require.NoError(t, err)
	return b
}

// enrol gives the first administrator a second factor and turns the clock on, so
// that the next code is fresh.
func enrol(t *testing.T, s *store.Store, c *clock) (password, secret string, recovery []string) {
	t.Helper()
	password, err := first(t, s)
	require.NoError(t, err)
	e, err := s.EnrolTOTP(t.Context(), "admin")
	require.NoError(t, err)
	recovery, err = s.ConfirmTOTP(t.Context(), "admin", "", "", code(t, e.Secret, c.now()))
	require.NoError(t, err)
	c.forward(time.Minute)
	return password, e.Secret, recovery
}

func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	text, err := totp.GenerateCode(secret, at)
	require.NoError(t, err)
	return text
}

// half signs in with the password alone.
func half(t *testing.T, s *store.Store, password string) console.Attempt {
	t.Helper()
	a := by("admin", password)
	g, err := s.SignIn(t.Context(), a)
	require.NoError(t, err)
	require.True(t, g.TOTPRequired)
	_, err = s.Who(t.Context(), g.Token)
	require.ErrorIs(t, err, console.ErrSignedOut, "half a session opens nothing")
	a.Replaces = g.Token
	return a
}

func TestSecondFactorIsEnrolledAndAsked(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Now: c.now}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		before, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		require.False(t, before.TOTPRequired)
		_, err = s.ConfirmTOTP(t.Context(), "admin", "", "", "000000")
		require.ErrorIs(t, err, console.ErrNotFound, "nothing was begun")

		e, err := s.EnrolTOTP(t.Context(), "admin")
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(e.URL, "otpauth://totp/Fairgate:admin?"), e.URL)
		assert.Contains(t, e.URL, e.Secret)
		var stored string
		require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT pending FROM console_totp`).Scan(&stored))
		assert.NotContains(t, stored, e.Secret, "sealed at rest")
		f, err := s.SecondFactor(t.Context(), "admin")
		require.NoError(t, err)
		assert.False(t, f.Enrolled, "not in force before a code")
		_, err = s.ConfirmTOTP(t.Context(), "admin", "", "", "000000")
		require.ErrorIs(t, err, console.ErrBadCode)
		recovery, err := s.ConfirmTOTP(t.Context(), "admin", "", "", code(t, e.Secret, c.now()))
		require.NoError(t, err)
		assert.Len(t, recovery, 10)
		_, err = s.Who(t.Context(), before.Token)
		require.ErrorIs(t, err, console.ErrSignedOut, "sessions without it end")
		f, err = s.SecondFactor(t.Context(), "admin")
		require.NoError(t, err)
		assert.True(t, f.Enrolled)
		assert.Equal(t, 10, f.RecoveryLeft)

		c.forward(time.Minute)
		a := half(t, s, password)
		list, err := s.Sessions(t.Context(), "", 10)
		require.NoError(t, err)
		assert.Empty(t, list)
		g, err := s.SecondStep(t.Context(), a, " "+code(t, e.Secret, c.now().Add(-30*time.Second))+" ")
		require.NoError(t, err, "a clock that is half a minute slow")
		_, err = s.Who(t.Context(), g.Token)
		require.NoError(t, err)
		_, err = s.SecondStep(t.Context(), a, code(t, e.Secret, c.now()))
		require.ErrorIs(t, err, console.ErrSignedOut, "half a session is used once")

		require.NoError(t, s.RemoveTOTP(t.Context(), "admin"))
		require.ErrorIs(t, s.RemoveTOTP(t.Context(), "admin"), console.ErrNotFound)
		_, err = s.RenewRecovery(t.Context(), "admin")
		require.ErrorIs(t, err, console.ErrNotFound)
		g, err = s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		assert.False(t, g.TOTPRequired)
	})
}

func TestCodesAreGoodOnce(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Tries: 100, Now: c.now}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		password, secret, _ := enrol(t, s, c)
		other, err := store.Open(t.Context(), db, store.Options{Box: box(t, 1), Tries: 100, Now: c.now})
		require.NoError(t, err)
		var attempts []console.Attempt
		for range 6 {
			attempts = append(attempts, half(t, s, password))
		}
		now := code(t, secret, c.now())
		var in atomic.Int32
		var all sync.WaitGroup
		for i, a := range attempts {
			all.Go(func() {
				if _, err := []*store.Store{s, other}[i%2].SecondStep(t.Context(), a, now); err == nil {
					in.Add(1)
				} else {
					assert.ErrorIs(t, err, console.ErrBadCode)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, in.Load())
		a := half(t, s, password)
		_, err = s.SecondStep(t.Context(), a, code(t, secret, c.now().Add(-30*time.Second)))
		require.ErrorIs(t, err, console.ErrBadCode, "older than one that was used")
		for _, bad := range []string{"", "1", "00000", "abcdef", "１２３４５６", strings.Repeat("9", 1000), code(t, secret, c.now().Add(-5*time.Minute)), code(t, secret, c.now().Add(5*time.Minute))} {
			_, err = s.SecondStep(t.Context(), a, bad)
			require.ErrorIs(t, err, console.ErrBadCode, "%.20q", bad)
		}
		_, err = s.SecondStep(t.Context(), a, code(t, secret, c.now().Add(30*time.Second)))
		require.NoError(t, err, "a clock that is half a minute fast")
	})
}

func TestRecoveryCodesAreGoodOnce(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Now: c.now}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		password, _, recovery := enrol(t, s, c)
		_, err := s.SecondStep(t.Context(), half(t, s, password), strings.ToUpper(recovery[3]))
		require.NoError(t, err)
		_, err = s.SecondStep(t.Context(), half(t, s, password), recovery[3])
		require.ErrorIs(t, err, console.ErrBadCode)
		f, err := s.SecondFactor(t.Context(), "admin")
		require.NoError(t, err)
		assert.Equal(t, 9, f.RecoveryLeft)
		fresh, err := s.RenewRecovery(t.Context(), "admin")
		require.NoError(t, err)
		_, err = s.SecondStep(t.Context(), half(t, s, password), recovery[4])
		require.ErrorIs(t, err, console.ErrBadCode, "the old ones are gone")
		_, err = s.SecondStep(t.Context(), half(t, s, password), fresh[0])
		require.NoError(t, err)
		var stored string
		require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT code_hash FROM console_recovery LIMIT 1`).Scan(&stored))
		assert.Len(t, stored, 64, "hashed")
	})
}

func TestCodesCountAsTries(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Tries: 4, Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, secret, _ := enrol(t, s, c)
		a := half(t, s, password)
		for range 2 {
			_, err := s.SecondStep(t.Context(), a, "000000")
			require.ErrorIs(t, err, console.ErrBadCode)
		}
		a = half(t, s, password) // the right password does not forgive wrong codes
		_, err := s.SecondStep(t.Context(), a, code(t, secret, c.now()))
		require.ErrorIs(t, err, console.ErrTooManyTries)
		c.forward(6 * time.Minute)
		_, err = s.SecondStep(t.Context(), a, code(t, secret, c.now()))
		require.ErrorIs(t, err, console.ErrSignedOut, "half a session lasts minutes")
		_, err = s.SecondStep(t.Context(), half(t, s, password), code(t, secret, c.now()))
		require.NoError(t, err)
	})
}

func TestSecondFactorsNeedTheirKey(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Now: c.now}, func(t *testing.T, db *sqldb.DB, s *store.Store) {
		password, secret, _ := enrol(t, s, c)
		for name, o := range map[string]store.Options{"another key": {Box: box(t, 2), Now: c.now}, "no key": {Now: c.now}} {
			other, err := store.Open(t.Context(), db, o)
			require.NoError(t, err)
			_, err = other.SecondStep(t.Context(), half(t, other, password), code(t, secret, c.now()))
			require.Error(t, err, name)
			require.NotErrorIs(t, err, console.ErrBadCode, "it is not the operator's fault")
			assert.NotContains(t, err.Error(), secret)
		}
		none, err := store.Open(t.Context(), db, store.Options{})
		require.NoError(t, err)
		_, err = none.EnrolTOTP(t.Context(), "admin")
		require.ErrorIs(t, err, console.ErrNoSecondFactor)
	})
}

func TestRolesThatNeedASecondFactor(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), RequireTOTP: []console.Role{console.Administrator}, Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, err := first(t, s)
		require.NoError(t, err)
		g, err := s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		assert.True(t, g.MustEnrol)
		e, err := s.EnrolTOTP(t.Context(), "admin")
		require.NoError(t, err)
		_, err = s.ConfirmTOTP(t.Context(), "admin", "", g.Session.ID, code(t, e.Secret, c.now()))
		require.NoError(t, err)
		id, err := s.Who(t.Context(), g.Token)
		require.NoError(t, err, "the session that enrolled it goes on")
		assert.False(t, id.MustEnrol)
	})
}

func TestProvingRenewsTheToken(t *testing.T) {
	c := newClock()
	each(t, store.Options{Box: box(t, 1), Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		password, secret, _ := enrol(t, s, c)
		g, err := s.SecondStep(t.Context(), half(t, s, password), code(t, secret, c.now()))
		require.NoError(t, err)
		c.forward(10 * time.Minute)
		id, err := s.Who(t.Context(), g.Token)
		require.NoError(t, err)
		_, err = s.Prove(t.Context(), id, g.Token, "", console.Proof{Password: "wrong"})
		require.ErrorIs(t, err, console.ErrBadCredentials)
		_, err = s.Prove(t.Context(), id, g.Token, "", console.Proof{})
		require.ErrorIs(t, err, console.ErrBadCredentials)
		_, err = s.Prove(t.Context(), id, g.Token, "", console.Proof{Code: "000000"})
		require.ErrorIs(t, err, console.ErrBadCode)
		fresh, err := s.Prove(t.Context(), id, g.Token, "", console.Proof{Code: code(t, secret, c.now())})
		require.NoError(t, err)
		assert.Equal(t, g.CSRF, fresh.CSRF, "other tabs go on")
		now, err := s.Who(t.Context(), fresh.Token)
		require.NoError(t, err)
		assert.Equal(t, c.now().UTC(), now.Session.ProvedAt)
		old, err := s.Who(t.Context(), g.Token)
		require.NoError(t, err, "what was under way")
		assert.True(t, old.Session.ProvedAt.IsZero(), "a stolen token was not proved along")
		_, err = s.Renew(t.Context(), old, g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)
		c.forward(11 * time.Second)
		_, err = s.Who(t.Context(), g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut)
		_, err = s.Glance(t.Context(), g.Token)
		require.NoError(t, err, "a page that was open before goes on")
		_, err = s.Prove(t.Context(), now, fresh.Token, "", console.Proof{Password: password})
		require.NoError(t, err)
		list, err := s.Sessions(t.Context(), "admin", 10)
		require.NoError(t, err)
		require.Len(t, list, 1, "one session, whatever its token")
		_, err = s.EndSession(t.Context(), "admin", list[0].ID)
		require.NoError(t, err)
		_, err = s.Glance(t.Context(), g.Token)
		require.ErrorIs(t, err, console.ErrSignedOut, "and ends with the session")
	})
}

func TestDangerousOperationsAreCounted(t *testing.T) {
	c := newClock()
	each(t, store.Options{SensitivePerHour: 2, Now: c.now}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		require.NoError(t, s.Spend(t.Context(), "a", "export"))
		require.NoError(t, s.Spend(t.Context(), "a", "export"))
		require.ErrorIs(t, s.Spend(t.Context(), "a", "export"), console.ErrTooMany)
		require.NoError(t, s.Refund(t.Context(), "a", "export"))
		require.NoError(t, s.Refund(t.Context(), "a", "export"))
		require.NoError(t, s.Spend(t.Context(), "a", "export"))
		require.ErrorIs(t, s.Spend(t.Context(), "a", "export"), console.ErrTooMany)
		require.NoError(t, s.Spend(t.Context(), "b", "export"), "another operator")
		require.NoError(t, s.Spend(t.Context(), "a", "reveal"), "another operation")
		c.forward(time.Hour)
		require.NoError(t, s.Spend(t.Context(), "a", "export"))
	})
}
