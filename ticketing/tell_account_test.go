package ticketing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func TestAccountIsToldOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{Notices: true})
	account, call := f.person(1), ticketing.Call{IdempotencyKey: "k", Request: []byte("r")}
	for range 2 {
		state, err := f.TellAccount(t.Context(), call, account, ticketing.TellLifted)
		require.NoError(t, err)
		assert.Equal(t, ticketing.NoticeQueued, state)
	}
	assert.Equal(t, map[string][]string{"+8613800000001": {"restriction_lifted "}}, f.queued())
	f.settle(ticketing.MessageSent)
	assert.Empty(t, f.queued())

	_, err := f.TellAccount(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("another")}, account, ticketing.TellLifted)
	require.ErrorIs(t, err, ticketing.ErrIdempotencyMismatch)
	_, err = f.TellAccount(t.Context(), ticketing.Call{}, "nobody", ticketing.TellLifted)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	for _, purpose := range []ticketing.MessagePurpose{"", "sign_in", ticketing.TellWithdrawn} {
		_, err = f.TellAccount(t.Context(), ticketing.Call{}, account, purpose)
		require.ErrorIs(t, err, ticketing.ErrInvalidField, purpose)
	}
	assert.Empty(t, f.queued(), "what was refused told nobody")
}

func TestAccountThatNoMessageReaches(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]ticketing.Options{"without messages": {}, "without a phone": {Notices: true}} {
		f, w := withWeChat(t)
		s, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) }, opts)
		require.NoError(t, err)
		account := f.person(1)
		if name == "without a phone" {
			account = f.enter(w.issue("1", "app", "o-1", "")).AccountID
		}
		state, err := s.TellAccount(t.Context(), ticketing.Call{}, account, ticketing.TellLifted)
		require.NoError(t, err, name)
		assert.Equal(t, ticketing.NoticeNone, state, name)
		assert.Empty(t, f.queued(), name)
	}
}
