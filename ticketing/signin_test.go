package ticketing_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
)

const phoneA, phoneB = "13900000001", "13900000002"

// withCodes is a fixture that sends codes, as many a day as told (0 = default).
func withCodes(tb testing.TB, perDay int) *fixture {
	tb.Helper()
	return newFixture(tb, ticketing.Options{Codes: &ticketing.CodeOptions{PerDay: perDay}})
}

// code asks for a code, and reads and settles the message that carries it.
func (f *fixture) code(phone string, purpose ticketing.CodePurpose) string {
	f.t.Helper()
	require.NoError(f.t, f.RequestCode(f.t.Context(), ticketing.Call{}, phone, purpose))
	return f.inbox()
}

func (f *fixture) inbox() string {
	f.t.Helper()
	due, err := f.store.DueMessages(f.t.Context(), time.UnixMilli(f.now.Load()), 10)
	require.NoError(f.t, err)
	require.Len(f.t, due, 1)
	_, code, err := f.OpenMessage(due[0])
	require.NoError(f.t, err)
	sent := due[0]
	sent.State = ticketing.MessageSent
	moved, err := f.store.MoveMessage(f.t.Context(), due[0], sent)
	require.NoError(f.t, err)
	require.True(f.t, moved)
	return code
}

func (f *fixture) signIn(phone, code string) (ticketing.SignedIn, error) {
	f.t.Helper()
	return f.SignInWithCode(f.t.Context(), ticketing.Call{}, phone, code)
}

// other is a code that is not this one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestCodeRegistersAndSignsIn(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	code := f.code("139 0000 0001", ticketing.PurposeSignIn)
	assert.Regexp(t, `^\d{6}$`, code)
	in, err := f.signIn(phoneA, code)
	require.NoError(t, err)
	session, err := f.Authenticate(t.Context(), in.Token)
	require.NoError(t, err)
	assert.Equal(t, in.Session, session)
	me, err := f.Me(t.Context(), in.AccountID)
	require.NoError(t, err)
	assert.Equal(t, "+86*******0001", me.PhoneMasked)
	assert.False(t, me.PhoneVerifiedAt.IsZero())
	assert.False(t, me.HasPassword)

	_, err = f.signIn(phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "a code serves once")
	f.pass(time.Minute)
	again, err := f.signIn(phoneA, f.code("+8613900000001", ticketing.PurposeSignIn))
	require.NoError(t, err)
	assert.Equal(t, in.AccountID, again.AccountID, "a known number gets no second account")
	_, err = f.SignIn(t.Context(), ticketing.Call{}, phoneA, "")
	require.ErrorIs(t, err, ticketing.ErrWrongCredentials, "an account without a password has no password")
}

func TestCodesDie(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	_, err := f.signIn(phoneA, "123456")
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "none was sent")

	code := f.code(phoneA, ticketing.PurposeSignIn)
	_, err = f.signIn(phoneB, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "another number's")
	f.pass(5 * time.Minute)
	_, err = f.signIn(phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "expired")

	code = f.code(phoneA, ticketing.PurposeSignIn)
	for range 4 {
		_, err = f.signIn(phoneA, other(code))
		require.ErrorIs(t, err, ticketing.ErrWrongCode)
	}
	_, err = f.signIn(phoneA, code)
	require.NoError(t, err, "the fifth try may still be right")

	f.pass(time.Minute)
	code = f.code(phoneA, ticketing.PurposeSignIn)
	for range 5 {
		_, err = f.signIn(phoneA, other(code))
		require.ErrorIs(t, err, ticketing.ErrWrongCode)
	}
	_, err = f.signIn(phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "five wrong tries kill a code")

	f.pass(time.Minute)
	old := f.code(phoneA, ticketing.PurposeSignIn)
	f.pass(time.Minute)
	code = f.code(phoneA, ticketing.PurposeLinkPhone)
	_, err = f.signIn(phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "another purpose's")
	_, err = f.signIn(phoneA, old)
	require.NoError(t, err, "a code of another purpose replaces none")

	f.pass(time.Hour)
	old = f.code(phoneA, ticketing.PurposeSignIn)
	f.pass(time.Minute)
	code = f.code(phoneA, ticketing.PurposeSignIn)
	_, err = f.signIn(phoneA, old)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "a newer code replaces it")
	_, err = f.signIn(phoneA, code)
	require.NoError(t, err)
}

// TestCodeLimits walks through a day: one a minute, five an hour, ten a day,
// which begins at midnight in Shanghai.
func TestCodeLimits(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 12)
	f.now.Store(time.Date(2026, 5, 1, 16, 0, 0, 0, time.UTC).UnixMilli()) // 2026-05-02 00:00 in Shanghai
	ask := func(phone string) error {
		return f.RequestCode(t.Context(), ticketing.Call{}, phone, ticketing.PurposeSignIn)
	}
	limited := func(phone string, retry time.Duration, why string) {
		t.Helper()
		err := ask(phone)
		require.ErrorIs(t, err, ticketing.ErrCodeLimit, why)
		refusal, ok := errors.AsType[*ticketing.Error](err)
		require.True(t, ok)
		assert.Equal(t, retry, refusal.RetryAfter, why)
	}
	for i := range 5 {
		require.NoError(t, ask(phoneA), i)
		f.pass(59_999 * time.Millisecond)
		if i < 4 {
			limited(phoneA, time.Second, "one a minute; at least a second's wait is told")
		}
		f.pass(time.Millisecond)
	}
	limited(phoneA, 55*time.Minute, "five an hour")
	require.NoError(t, ask(phoneB), "every number has its own")
	for range 5 {
		f.pass(time.Hour)
		require.NoError(t, ask(phoneA))
	}
	f.pass(2 * time.Hour)
	limited(phoneA, 24*time.Hour-7*time.Hour-5*time.Minute, "ten a day")
	require.NoError(t, ask("13900000003"))
	limited("13900000004", 24*time.Hour-7*time.Hour-5*time.Minute, "twelve a day over all")
	f.now.Store(time.Date(2026, 5, 2, 16, 0, 0, 0, time.UTC).UnixMilli())
	require.NoError(t, ask(phoneA), "a new day at the venue")
}

// TestCodeLimitsHoldOverProcesses asks through two services on one database.
func TestCodeLimitsHoldOverProcesses(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	second, err := sqlstore.Open(t.Context(), f.dsn, sqlstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, second.Close()) })
	twin, err := ticketing.NewService(second, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
		ticketing.Options{Codes: &ticketing.CodeOptions{}})
	require.NoError(t, err)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		queued int
	)
	for i := range 20 {
		group.Go(func() {
			err := []*ticketing.Service{f.Service, twin}[i%2].RequestCode(t.Context(), ticketing.Call{}, phoneA, ticketing.PurposeSignIn)
			if err == nil {
				mu.Lock()
				queued++
				mu.Unlock()
			} else {
				assert.ErrorIs(t, err, ticketing.ErrCodeLimit)
			}
		})
	}
	group.Wait()
	assert.Equal(t, 1, queued)
}

// TestOneCodeOneSession redeems one code from many callers at once.
func TestOneCodeOneSession(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	code := f.code(phoneA, ticketing.PurposeSignIn)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		won   []string
	)
	for range 20 {
		group.Go(func() {
			in, err := f.signIn(phoneA, code)
			if err == nil {
				mu.Lock()
				won = append(won, in.ID)
				mu.Unlock()
			} else {
				assert.ErrorIs(t, err, ticketing.ErrWrongCode)
			}
		})
	}
	group.Wait()
	assert.Len(t, won, 1)
}

func TestCodeSignInIsIdempotent(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	asked := ticketing.Call{IdempotencyKey: "ask", Request: []byte("ask")}
	for range 2 {
		require.NoError(t, f.RequestCode(t.Context(), asked, phoneA, ticketing.PurposeSignIn), "one message, asked for twice")
	}
	code := f.inbox()
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("in")}
	one, err := f.SignInWithCode(t.Context(), call, phoneA, code)
	require.NoError(t, err)
	two, err := f.SignInWithCode(t.Context(), call, phoneA, code)
	require.NoError(t, err)
	assert.Equal(t, one, two)
	f.pass(5 * time.Minute)
	_, err = f.SignInWithCode(t.Context(), call, phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "a remembered answer lives no longer than its code")

	code = f.code(phoneA, ticketing.PurposeSignIn)
	wrong := ticketing.Call{IdempotencyKey: "w", Request: []byte("wrong")}
	for range 10 { // one try, repeated
		_, err = f.SignInWithCode(t.Context(), wrong, phoneA, other(code))
		require.ErrorIs(t, err, ticketing.ErrWrongCode)
	}
	_, err = f.signIn(phoneA, code)
	require.NoError(t, err)
}

// TestFirstProofTakesTheAccount holds that whoever typed another's number at
// registration loses the account to its owner.
func TestFirstProofTakesTheAccount(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	_, err := f.Register(t.Context(), ticketing.Call{}, phoneA, "correct horse")
	require.NoError(t, err)
	squatter, err := f.SignIn(t.Context(), ticketing.Call{}, phoneA, "correct horse")
	require.NoError(t, err)
	owner, err := f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	assert.Equal(t, squatter.AccountID, owner.AccountID)
	_, err = f.Authenticate(t.Context(), squatter.Token)
	require.ErrorIs(t, err, ticketing.ErrUnauthenticated)
	_, err = f.SignIn(t.Context(), ticketing.Call{}, phoneA, "correct horse")
	require.ErrorIs(t, err, ticketing.ErrWrongCredentials)

	f.pass(time.Minute)
	_, err = f.SetPassword(t.Context(), ticketing.Call{}, owner.Session, "short", "123456")
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	code := f.code(phoneA, ticketing.PurposeSetPassword)
	_, err = f.SetPassword(t.Context(), ticketing.Call{}, owner.Session, "better horse", other(code))
	require.ErrorIs(t, err, ticketing.ErrWrongCode)
	me, err := f.SetPassword(t.Context(), ticketing.Call{}, owner.Session, "better horse", code)
	require.NoError(t, err)
	assert.True(t, me.HasPassword)
	_, err = f.Authenticate(t.Context(), owner.Token)
	require.NoError(t, err, "the session that set it stays")
	mine, err := f.SignIn(t.Context(), ticketing.Call{}, phoneA, "better horse")
	require.NoError(t, err)
	f.pass(time.Minute)
	_, err = f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	_, err = f.Authenticate(t.Context(), mine.Token)
	require.NoError(t, err, "once proved, a code takes nothing away")
}

func TestCodesAreKeptAsHMAC(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	require.NoError(t, f.RequestCode(t.Context(), ticketing.Call{}, phoneA, ticketing.PurposeSignIn))
	due, err := f.store.DueMessages(t.Context(), time.UnixMilli(f.now.Load()), 10)
	require.NoError(t, err)
	phone, code, err := f.OpenMessage(due[0])
	require.NoError(t, err)
	assert.Equal(t, "+86"+phoneA, phone)
	assert.NotContains(t, fmt.Sprint(due[0]), code)
	assert.NotContains(t, string(due[0].Sealed), code)
	require.NoError(t, f.store.View(t.Context(), func(ctx context.Context, r ticketing.Reader) error {
		kept, err := r.LatestCode(ctx, due[0].PhoneKey, ticketing.PurposeSignIn)
		assert.Len(t, kept.MAC, 32)
		assert.NotContains(t, string(kept.MAC), code)
		return err
	}))
	f.inbox()
	_, _, err = f.OpenMessage(ticketing.Message{})
	require.Error(t, err, "settled messages have lost their code")
}

func TestCodesRefuse(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	for phone, purpose := range map[string]ticketing.CodePurpose{
		"12": ticketing.PurposeSignIn, phoneA: "else", "": ticketing.PurposeSignIn, "+4477009001234": ticketing.PurposeSignIn,
	} {
		require.ErrorIs(t, f.RequestCode(t.Context(), ticketing.Call{}, phone, purpose), ticketing.ErrInvalidField, phone)
	}
	for _, code := range []string{"", "12345", "1234567", "12345a", "１２３４５６", "-12345", " 12345"} {
		_, err := f.signIn(phoneA, code)
		require.ErrorIs(t, err, ticketing.ErrInvalidField, code)
	}
	bare := newFixture(t, ticketing.Options{})
	require.ErrorIs(t, bare.RequestCode(t.Context(), ticketing.Call{}, phoneA, ticketing.PurposeSignIn), ticketing.ErrNotConfigured)
	_, err := bare.signIn(phoneA, "123456")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = bare.LinkPhone(t.Context(), ticketing.Call{}, "x", phoneA, "123456")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = bare.SetPassword(t.Context(), ticketing.Call{}, ticketing.Session{}, "correct horse", "123456")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
}

func TestForgetDropsOldCodes(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	require.NoError(t, f.RequestCode(t.Context(), ticketing.Call{}, phoneA, ticketing.PurposeSignIn))
	due, err := f.store.DueMessages(t.Context(), time.UnixMilli(f.now.Load()), 1)
	require.NoError(t, err)
	f.inbox()
	made := func() (made []time.Time) {
		require.NoError(t, f.Forget(t.Context()))
		require.NoError(t, f.store.View(t.Context(), func(ctx context.Context, r ticketing.Reader) (err error) {
			made, err = r.CodesSince(ctx, due[0].PhoneKey, time.Time{})
			return err
		}))
		return made
	}
	f.pass(47 * time.Hour)
	assert.Len(t, made(), 1, "what limits look back on is kept")
	f.pass(2 * time.Hour)
	assert.Empty(t, made())
}

func FuzzCanonicalPhone(f *testing.F) {
	for _, seed := range []string{phoneA, "+8613900000001", "+44 7700 900123", "", "+", "１３９００００００００", "139-0000(0001)", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := ticketing.CanonicalPhone(typed)
		if err != nil {
			require.ErrorIs(t, err, ticketing.ErrInvalidField)
			return
		}
		require.Regexp(t, `^\+\d{7,15}$`, got)
		again, err := ticketing.CanonicalPhone(got)
		require.NoError(t, err)
		require.Equal(t, got, again, "the canonical form is its own")
	})
}
