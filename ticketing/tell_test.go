package ticketing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// queued reads what waits for the phones, opened, by phone.
func (f *fixture) queued() map[string][]string {
	f.t.Helper()
	due, err := f.store.DueMessages(f.t.Context(), time.UnixMilli(f.now.Load()), 100)
	require.NoError(f.t, err)
	out := map[string][]string{}
	for _, m := range due {
		phone, receipt, err := f.OpenMessage(m)
		require.NoError(f.t, err)
		out[phone] = append(out[phone], string(m.Purpose)+" "+receipt)
	}
	return out
}

// settle has every waiting message end in a state.
func (f *fixture) settle(state ticketing.MessageState) {
	f.t.Helper()
	due, err := f.store.DueMessages(f.t.Context(), time.UnixMilli(f.now.Load()), 100)
	require.NoError(f.t, err)
	for _, m := range due {
		after := m
		after.State = state
		moved, err := f.store.MoveMessage(f.t.Context(), m, after)
		require.NoError(f.t, err)
		require.True(f.t, moved)
	}
}

func (f *fixture) notice(o ticketing.Order) ticketing.NoticeState {
	f.t.Helper()
	got, err := f.Order(f.t.Context(), o.AccountID, o.ID)
	require.NoError(f.t, err)
	return got.Notice
}

func TestVisitorsAreToldOfWithdrawalAndReinstatement(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{Notices: true})
	f.pool("main", 0, 10)
	o := f.book(f.person(1), withPhones(1, 2))
	assert.Empty(t, f.notice(o))
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("r")}
	withdrawn, err := f.Withdraw(t.Context(), call, o.ID, "review", "R-1")
	require.NoError(t, err)
	assert.Equal(t, ticketing.NoticeQueued, withdrawn.Notice)
	again, err := f.Withdraw(t.Context(), call, o.ID, "review", "R-1")
	require.NoError(t, err)
	assert.Equal(t, ticketing.NoticeQueued, again.Notice)
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "review", "R-1")
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"+8613800000001": {"order_withdrawn R-1"}}, f.queued(), "once, and to whoever booked")
	f.settle(ticketing.MessageSent)
	assert.Equal(t, ticketing.NoticeSent, f.notice(o))

	f.pass(time.Minute)
	back, err := f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.NoticeQueued, back.Notice)
	_, err = f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"+8613800000001": {"order_reinstated R-1"}}, f.queued())
	f.settle(ticketing.MessageFailed)
	assert.Equal(t, ticketing.NoticeFailed, f.notice(o), "of the last round")
	page, _, err := f.Orders(t.Context(), o.AccountID, ticketing.OrderQuery{Limit: 10})
	require.NoError(t, err)
	require.Len(t, page, 1)
	assert.Equal(t, ticketing.NoticeFailed, page[0].Notice)
}

func TestWhoIsToldWhereNoPhoneBooked(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	told, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
		ticketing.Options{Notices: true, Codes: &ticketing.CodeOptions{}})
	require.NoError(t, err)
	f.pool("main", 0, 10)
	in := f.enter(w.issue("1", "app", "o-1", ""))
	b := withPhones(1, 2, 3)
	b.Visitors[1].Phone, b.Visitors[2].Phone = b.Visitors[0].Phone, "+15551234567"
	o := f.book(in.AccountID, b)
	_, err = told.Withdraw(t.Context(), ticketing.Call{}, o.ID, "review", "")
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"+8613900000001": {"order_withdrawn " + o.ID}}, f.queued(),
		"each visitor's number once, those that messages go to; the order stands in for the receipt")
}

func TestNobodyCanBeTold(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]ticketing.Options{"without messages": {}, "without a phone": {Notices: true}} {
		f, w := withWeChat(t)
		s, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) }, opts)
		require.NoError(t, err)
		f.pool("main", 0, 10)
		account := f.person(1)
		if name == "without a phone" {
			account = f.enter(w.issue("1", "app", "o-1", "")).AccountID
		}
		o := f.book(account, booking("main", 1))
		withdrawn, err := s.Withdraw(t.Context(), ticketing.Call{}, o.ID, "review", "R")
		require.NoError(t, err, name)
		assert.Equal(t, ticketing.NoticeNone, withdrawn.Notice, name)
		assert.Equal(t, ticketing.NoticeNone, f.notice(o), name)
		assert.Empty(t, f.queued(), name)
	}
}
