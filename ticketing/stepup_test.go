package ticketing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func TestStepUpGoesToTheVerifiedPhone(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	in, err := f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	account, none := in.AccountID, ticketing.Call{}
	f.now.Add(time.Minute.Milliseconds())
	to, err := f.RequestStepUp(t.Context(), none, account)
	require.NoError(t, err)
	assert.NotContains(t, to, phoneA)
	code := f.inbox()
	_, err = f.signIn(phoneA, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode, "it is good for nothing else")
	require.ErrorIs(t, f.CheckStepUp(t.Context(), none, account, other(code)), ticketing.ErrWrongCode)
	require.ErrorIs(t, f.CheckStepUp(t.Context(), none, account, "12345"), ticketing.ErrInvalidField)
	require.NoError(t, f.CheckStepUp(t.Context(), ticketing.Call{IdempotencyKey: "same"}, account, code))
	require.ErrorIs(t, f.CheckStepUp(t.Context(), ticketing.Call{IdempotencyKey: "same"}, account, code), ticketing.ErrWrongCode, "once")
	_, err = f.RequestStepUp(t.Context(), none, account)
	require.ErrorIs(t, err, ticketing.ErrCodeLimit, "one a minute, like any other")
}

func TestStepUpCodesEnd(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	in, err := f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	account := in.AccountID
	send := func() string {
		f.now.Add(time.Minute.Milliseconds())
		_, err := f.RequestStepUp(t.Context(), ticketing.Call{}, account)
		require.NoError(t, err)
		return f.inbox()
	}
	code := send()
	for range 5 {
		require.ErrorIs(t, f.CheckStepUp(t.Context(), ticketing.Call{}, account, other(code)), ticketing.ErrWrongCode)
	}
	require.ErrorIs(t, f.CheckStepUp(t.Context(), ticketing.Call{}, account, code), ticketing.ErrWrongCode, "five tries")
	code = send()
	f.now.Add((5 * time.Minute).Milliseconds())
	require.ErrorIs(t, f.CheckStepUp(t.Context(), ticketing.Call{}, account, code), ticketing.ErrWrongCode, "five minutes")
}

func TestStepUpRefuses(t *testing.T) {
	t.Parallel()
	f := withCodes(t, 0)
	_, err := f.RequestStepUp(t.Context(), ticketing.Call{}, "nobody")
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	require.ErrorIs(t, f.CheckStepUp(t.Context(), ticketing.Call{}, "nobody", "123456"), ticketing.ErrNotFound)
	require.ErrorIs(t, f.RequestCode(t.Context(), ticketing.Call{}, phoneA, ticketing.PurposeStepUp), ticketing.ErrInvalidField, "nobody asks for one by number")
	plain := newFixture(t, ticketing.Options{})
	account, err := plain.Register(t.Context(), ticketing.Call{}, phoneB, "correct horse")
	require.NoError(t, err)
	_, err = plain.RequestStepUp(t.Context(), ticketing.Call{}, account.ID)
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	require.ErrorIs(t, plain.CheckStepUp(t.Context(), ticketing.Call{}, account.ID, "123456"), ticketing.ErrNotConfigured)
	account, err = f.Register(t.Context(), ticketing.Call{}, phoneB, "correct horse")
	require.NoError(t, err)
	_, err = f.RequestStepUp(t.Context(), ticketing.Call{}, account.ID)
	require.ErrorIs(t, err, ticketing.ErrPhoneUnverified)
}
