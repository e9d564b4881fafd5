package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func phoneCode(id, phone string, at time.Time) ticketing.PhoneCode {
	return ticketing.PhoneCode{
		ID: id, PhoneKey: []byte(phone), Purpose: ticketing.PurposeSignIn, MAC: []byte{0, 255, 1}, CreatedAt: at, ExpiresAt: at.Add(5 * time.Minute),
	}
}

func message(id string, at time.Time) ticketing.Message {
	return ticketing.Message{
		ID: id, Purpose: ticketing.MessagePurpose(ticketing.PurposeSignIn), State: ticketing.MessageQueued, CreatedAt: at, NextAt: at, ExpiresAt: at.Add(5 * time.Minute),
		PhoneKey: []byte("k"), Sealed: []byte{1, 0, 2},
	}
}

func codes(t *testing.T, s Store) {
	t.Helper()
	one, two := phoneCode("1", "p", start()), phoneCode("2", "p", start().Add(time.Minute))
	other := phoneCode("3", "p", start().Add(2*time.Minute))
	other.Purpose = ticketing.PurposeLinkPhone
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertCode(ctx, one), tx.InsertCode(ctx, two), tx.InsertCode(ctx, other), tx.InsertCode(ctx, phoneCode("4", "q", start())))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.LatestCode(ctx, []byte("p"), ticketing.PurposeSignIn)
		require.NoError(t, err)
		assert.Equal(t, two, got, "the newest of its purpose")
		_, err = r.LatestCode(ctx, []byte("p"), ticketing.PurposeSetPassword)
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		_, err = r.LatestCode(ctx, nil, ticketing.PurposeSignIn)
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		made, err := r.CodesSince(ctx, []byte("p"), start())
		assert.Equal(t, []time.Time{two.CreatedAt, other.CreatedAt}, made, "after the moment, of every purpose")
		return err
	})
	two.Tries, two.UsedAt = 3, start().Add(time.Hour)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateCode(ctx, two) })
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.ForgetCodes(ctx, start().Add(time.Second), start())
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.LatestCode(ctx, []byte("p"), ticketing.PurposeSignIn)
		assert.Equal(t, two, got)
		_, gone := r.LatestCode(ctx, []byte("q"), ticketing.PurposeSignIn)
		require.ErrorIs(t, gone, ticketing.ErrNotFound)
		return err
	})
	require.ErrorIs(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		return tx.UpdateCode(ctx, phoneCode("none", "p", start()))
	}), ticketing.ErrNotFound)
}

// codeDays counts from many callers at once.
func codeDays(t *testing.T, s Store) {
	t.Helper()
	const most, callers = 20, 60
	var (
		group   sync.WaitGroup
		counted atomic.Int64
	)
	count := func(day ticketing.Date, most int) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.CountCode(ctx, day, most) })
	}
	for range callers {
		group.Go(func() {
			if err := count(day, most); err == nil {
				counted.Add(1)
			} else {
				assert.ErrorIs(t, err, ticketing.ErrCodeLimit)
			}
		})
	}
	group.Wait()
	assert.Equal(t, int64(most), counted.Load())
	require.NoError(t, count("2026-05-11", most), "every day has its own count")
	require.ErrorIs(t, count("2026-05-12", 0), ticketing.ErrCodeLimit)
}

func messages(t *testing.T, s Store) {
	t.Helper()
	first, late := message("a", start()), message("b", start().Add(time.Hour))
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.QueueMessage(ctx, late), tx.QueueMessage(ctx, first))
	})
	due := func(after time.Duration) []ticketing.Message {
		got, err := s.DueMessages(t.Context(), start().Add(after), 10)
		require.NoError(t, err)
		return got
	}
	assert.Empty(t, due(-time.Millisecond))
	assert.Equal(t, []ticketing.Message{first}, due(0))
	assert.Equal(t, []ticketing.Message{first, late}, due(time.Hour), "the longest due first")

	sending := first
	sending.State, sending.Attempts, sending.AttemptedAt, sending.NextAt = ticketing.MessageSending, 1, start(), start().Add(time.Minute)
	var claimed atomic.Int64
	var group sync.WaitGroup
	for range 8 { // eight processes see it due at once
		group.Go(func() {
			moved, err := s.MoveMessage(t.Context(), first, sending)
			if assert.NoError(t, err) && moved {
				claimed.Add(1)
			}
		})
	}
	group.Wait()
	assert.Equal(t, int64(1), claimed.Load(), "one of them may send it")
	assert.Empty(t, due(0))
	assert.Equal(t, []ticketing.Message{sending}, due(time.Minute))

	sent := sending
	sent.State, sent.Reference, sent.Reason = ticketing.MessageSent, "ref", "ok"
	moved, err := s.MoveMessage(t.Context(), sending, sent)
	require.NoError(t, err)
	assert.True(t, moved)
	assert.Equal(t, []ticketing.Message{late}, due(2*time.Hour), "settled messages are not due")
	moved, err = s.MoveMessage(t.Context(), sending, first)
	require.NoError(t, err)
	assert.False(t, moved, "what is settled stays settled")
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.ForgetCodes(ctx, start().Add(24*time.Hour), start().Add(24*time.Hour))
	})
	assert.Equal(t, []ticketing.Message{late}, due(2*time.Hour), "unsettled messages are kept, however old")
}

func identities(t *testing.T, s Store) {
	t.Helper()
	bare := func(id string) ticketing.Account { return ticketing.Account{ID: id, CreatedAt: start()} }
	union := ticketing.Identity{Scope: "union", Key: []byte("u"), Sealed: []byte{1}, AccountID: "x", LinkedAt: start()}
	app := ticketing.Identity{Scope: "wx1", Key: []byte("o"), Sealed: []byte{2}, AccountID: "x", LinkedAt: start()}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertAccount(ctx, bare("x")), tx.InsertAccount(ctx, bare("y")), tx.InsertAccount(ctx, account("a")),
			tx.PutIdentity(ctx, app), tx.PutIdentity(ctx, union))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.AccountByIdentity(ctx, "union", []byte("u"))
		require.NoError(t, err)
		assert.Equal(t, bare("x"), got, "an account without a phone number, password or proof")
		_, err = r.AccountByIdentity(ctx, "wx2", []byte("o"))
		require.ErrorIs(t, err, ticketing.ErrNotFound, "an openid is of one app")
		_, err = r.AccountByPhone(ctx, nil)
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		all, err := r.Identities(ctx, "x")
		assert.Equal(t, []ticketing.Identity{union, app}, all)
		return err
	})
	second := union
	second.Key = []byte("v")
	err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.PutIdentity(ctx, second) })
	require.ErrorIs(t, err, ticketing.ErrWeChatLinked, "an account is one WeChat user's")
	union.AccountID = "y"
	linked := account("y")
	linked.PhoneVerifiedAt = start().Add(time.Minute)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.PutIdentity(ctx, union), tx.UpdateAccount(ctx, linked))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.AccountByIdentity(ctx, "union", []byte("u"))
		assert.Equal(t, linked, got)
		return err
	})
	double := account("a")
	double.ID = "x"
	err = s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateAccount(ctx, double) })
	require.ErrorIs(t, err, ticketing.ErrPhoneTaken)
	err = s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateAccount(ctx, bare("none")) })
	require.ErrorIs(t, err, ticketing.ErrNotFound)
}

func revokeSessions(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 1)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		var errs []error
		for id, owner := range map[string]string{"1": "a", "2": "a", "3": "a", "4": "b"} {
			errs = append(errs, tx.InsertSession(ctx, ticketing.Session{ID: id, AccountID: owner, CreatedAt: start(), ExpiresAt: start().Add(time.Hour)}))
		}
		return errors.Join(append(errs, tx.RevokeSession(ctx, "1", start()), tx.RevokeSessions(ctx, "a", start().Add(time.Second), "3"))...)
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		for id, want := range map[string]time.Time{"1": start(), "2": start().Add(time.Second), "3": {}, "4": {}} {
			got, err := r.Session(ctx, id)
			require.NoError(t, err)
			assert.Equal(t, want, got.RevokedAt, id)
		}
		return nil
	})
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.RevokeSessions(ctx, "a", start().Add(time.Second))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Session(ctx, "3")
		assert.False(t, got.RevokedAt.IsZero())
		return err
	})
}
