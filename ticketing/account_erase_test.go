package ticketing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func TestClosingAnAccountWantsItsPassword(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{Codes: &ticketing.CodeOptions{}})
	f.pool("main", 0, 10)
	account := f.person(1)
	in, err := f.SignIn(t.Context(), ticketing.Call{}, "13800000001", "correct horse")
	require.NoError(t, err)
	other, err := f.SignIn(t.Context(), ticketing.Call{}, "13800000001", "correct horse")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		password, code string
		want           error
	}{
		"nothing": {"", "", ticketing.ErrInvalidField}, "wrong password": {"wrong horse!", "", ticketing.ErrWrongCredentials},
		"both": {"correct horse", "123456", ticketing.ErrInvalidField}, "no digits": {"", "12345x", ticketing.ErrInvalidField},
		"wrong code": {"", "123456", ticketing.ErrWrongCode}, "far too long": {string(make([]byte, 300)), "", ticketing.ErrWrongCredentials},
	} {
		require.ErrorIs(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, c.password, c.code), c.want, name)
	}
	o := f.book(account, booking("main", 1))
	require.ErrorIs(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "correct horse", ""), ticketing.ErrLiveOrders)
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	require.NoError(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "correct horse", ""))

	for _, token := range []string{in.Token, other.Token} {
		_, err = f.Authenticate(t.Context(), token)
		require.ErrorIs(t, err, ticketing.ErrUnauthenticated)
	}
	_, err = f.SignIn(t.Context(), ticketing.Call{}, "13800000001", "correct horse")
	require.ErrorIs(t, err, ticketing.ErrWrongCredentials)
	me, err := f.Me(t.Context(), account)
	require.NoError(t, err)
	assert.Equal(t, opening(), me.ErasedAt)
	assert.Empty(t, me.PhoneMasked)
	assert.False(t, me.HasPassword)
	kept, err := f.Order(t.Context(), account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, "*", kept.Positions[0].DocumentMasked)
	assert.NotEqual(t, account, f.person(1), "the number opens a new account")
	records, err := f.Erasures(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, records, 1)
	assert.Equal(t, "visitor", records[0].Who)
}

func TestClosingAnAccountWithACode(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	f.pool("main", 0, 10)
	in := f.enter(w.issue("1", "app", "o-1", ""))
	linked := f.code("13800000001", ticketing.PurposeLinkPhone)
	_, err := f.LinkPhone(t.Context(), ticketing.Call{}, in.AccountID, "13800000001", linked)
	require.NoError(t, err)
	require.ErrorIs(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "", ""), ticketing.ErrInvalidField, "its phone can confirm")
	require.ErrorIs(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "", linked), ticketing.ErrWrongCode, "made for something else")
	f.pass(time.Minute)
	code := f.code("13800000001", ticketing.PurposeCloseAccount)
	o := f.book(in.AccountID, booking("main", 1))
	require.ErrorIs(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "", code), ticketing.ErrLiveOrders)
	_, err = f.Cancel(t.Context(), ticketing.Call{}, in.AccountID, o.ID)
	require.NoError(t, err)
	require.NoError(t, f.CloseAccount(t.Context(), ticketing.Call{}, in.Session, "", code), "the refusal has not spent the code")
	again := f.enter(w.issue("2", "app", "o-1", ""))
	assert.NotEqual(t, in.AccountID, again.AccountID, "the WeChat user is nobody's any more")
	require.NoError(t, f.CloseAccount(t.Context(), ticketing.Call{}, again.Session, "", ""), "with neither password nor phone the session is enough")
	_, err = f.Transfer(t.Context(), ticketing.Call{}, f.person(3), o.ID, ticketing.Transfer{ToAccountID: in.AccountID})
	require.Error(t, err)
}

func TestTheHouseErasesAnAccountByNameAndReason(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	account := f.person(1)
	require.ErrorIs(t, f.EraseAccount(t.Context(), ticketing.Call{}, account, "asked by letter"), ticketing.ErrInvalidField)
	require.ErrorIs(t, f.EraseAccount(t.Context(), wang(), account, ""), ticketing.ErrInvalidField)
	require.ErrorIs(t, f.EraseAccount(t.Context(), wang(), "nobody", "asked by letter"), ticketing.ErrNotFound)
	o := f.book(account, booking("main", 1))
	require.ErrorIs(t, f.EraseAccount(t.Context(), wang(), account, "asked by letter"), ticketing.ErrLiveOrders)
	f.pass(10 * 24 * time.Hour)
	require.NoError(t, f.EraseAccount(t.Context(), wang(), account, "asked by letter"), "the visit is over")
	require.NoError(t, f.EraseAccount(t.Context(), wang(), account, "asked by letter"))
	kept, err := f.Order(t.Context(), account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, "*", kept.Positions[0].NameMasked)
	assert.NotEmpty(t, kept.Positions[0].DocumentKey, "the rules about persons hold on")
	records, err := f.Erasures(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, records, 1, "repeated, it changes nothing")
	assert.Equal(t, "asked by letter", records[0].Reason)
	second := f.person(2)
	o2 := f.book(second, ticketing.Booking{Pool: "main", Date: may11, Visitors: []ticketing.Visitor{visitor(5)}})
	_, err = f.Transfer(t.Context(), ticketing.Call{}, second, o2.ID, ticketing.Transfer{ToAccountID: account})
	require.ErrorIs(t, err, ticketing.ErrRecipientUnknown)
}

func TestRetentionIsBounded(t *testing.T) {
	t.Parallel()
	for field, r := range map[string]ticketing.Retention{
		"visit_days": {VisitDays: 92}, "no_show_days": {NoShowDays: -1}, "reveal_days": {RevealDays: 4000}, "message_days": {MessageDays: -5},
	} {
		_, err := ticketing.NewService(nil, keys(), time.Now, ticketing.Options{Retention: r})
		require.ErrorContains(t, err, "retention."+field)
	}
}

// TestNothingIsErasedBeforeItsTime looks a day before, and on the day.
func TestNothingIsErasedBeforeItsTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	account := f.person(1)
	visited := f.book(account, booking("main", 1))
	early := f.book(account, booking("main", 2))
	_, err := f.Cancel(t.Context(), ticketing.Call{}, account, early.ID)
	require.NoError(t, err)
	due := func() int {
		counts, err := f.ErasureDue(t.Context())
		require.NoError(t, err)
		return counts[ticketing.ErasePositions]
	}
	f.pass(190 * 24 * time.Hour)
	assert.Equal(t, 0, due())
	f.pass(time.Millisecond)
	assert.Equal(t, 1, due(), "what was cancelled counts from the cancel")
	f.now.Store(time.Date(2026, 5, 10, 0, 0, 0, 0, time.FixedZone("", 8*3600)).AddDate(0, 0, 191).Add(-time.Second).UnixMilli())
	assert.Equal(t, 1, due())
	f.pass(time.Second)
	assert.Equal(t, 2, due())
	require.NoError(t, f.PlanJobs(t.Context()))
	f.runDue()
	assert.Equal(t, 0, due())
	for _, o := range []ticketing.Order{visited, early} {
		kept, err := f.Order(t.Context(), account, o.ID)
		require.NoError(t, err)
		assert.Empty(t, kept.Positions[0].NameSealed)
	}
	assert.Equal(t, "2 rows erased", f.state("erase").Report)
}
