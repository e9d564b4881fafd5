package ticketing_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// wechat answers for codes it was told of, each once.
type wechat struct {
	mu    sync.Mutex
	users map[string]ticketing.WeChatUser
}

func (w *wechat) Identify(_ context.Context, kind ticketing.WeChatKind, code string) (ticketing.WeChatUser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	user, known := w.users[string(kind)+code]
	if !known {
		return ticketing.WeChatUser{}, ticketing.ErrWeChatRefused
	}
	delete(w.users, string(kind)+code)
	return user, nil
}

func (w *wechat) AuthorizeURL(state string) (string, error) {
	return "https://wechat.test/?state=" + state, nil
}

// issue makes a mini-program's code stand for a user.
func (w *wechat) issue(code, app, open, union string) ticketing.WeChatLogin {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[string(ticketing.WeChatMiniProgram)+code] = ticketing.WeChatUser{AppID: app, OpenID: open, UnionID: union}
	return ticketing.WeChatLogin{Kind: ticketing.WeChatMiniProgram, Code: code}
}

func withWeChat(tb testing.TB) (*fixture, *wechat) {
	tb.Helper()
	w := &wechat{users: map[string]ticketing.WeChatUser{}}
	return newFixture(tb, ticketing.Options{Codes: &ticketing.CodeOptions{}, WeChat: w}), w
}

func (f *fixture) enter(login ticketing.WeChatLogin) ticketing.SignedIn {
	f.t.Helper()
	in, err := f.SignInWithWeChat(f.t.Context(), ticketing.Call{}, login)
	require.NoError(f.t, err)
	return in
}

// TestWhoAWeChatUserIs holds that the unionid decides where there is one, and
// the app's openid otherwise.
func TestWhoAWeChatUserIs(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	one := f.enter(w.issue("1", "wxa", "o", ""))
	session, err := f.Authenticate(t.Context(), one.Token)
	require.NoError(t, err)
	assert.Equal(t, one.Session, session)
	me, err := f.Me(t.Context(), one.AccountID)
	require.NoError(t, err)
	assert.True(t, me.WeChat)
	assert.Empty(t, me.PhoneMasked)

	assert.Equal(t, one.AccountID, f.enter(w.issue("2", "wxa", "o", "")).AccountID)
	assert.NotEqual(t, one.AccountID, f.enter(w.issue("3", "wxb", "o", "")).AccountID, "an openid is of one app")
	assert.Equal(t, one.AccountID, f.enter(w.issue("4", "wxa", "o", "u")).AccountID, "a unionid that came later joins")
	assert.Equal(t, one.AccountID, f.enter(w.issue("5", "wxc", "oc", "u")).AccountID, "and is known to every app")
	assert.Equal(t, one.AccountID, f.enter(w.issue("6", "wxc", "oc", "")).AccountID, "whose openid is then known as well")
	assert.Equal(t, one.AccountID, f.enter(w.issue("7", "wxb", "o", "u")).AccountID, "the unionid decides against an openid")
	assert.NotEqual(t, one.AccountID, f.enter(w.issue("8", "wxa", "u", "")).AccountID, "an openid is no unionid")
	_, err = f.SignInWithWeChat(t.Context(), ticketing.Call{}, ticketing.WeChatLogin{Kind: ticketing.WeChatMiniProgram, Code: "8"})
	require.ErrorIs(t, err, ticketing.ErrWeChatRefused)
}

func TestOneWeChatUserManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		accounts = map[string]bool{}
	)
	for i := range 10 {
		login := w.issue(string(rune('a'+i)), "wxa", "o", "u")
		group.Go(func() {
			in, err := f.SignInWithWeChat(t.Context(), ticketing.Call{}, login)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			accounts[in.AccountID] = true
		})
	}
	group.Wait()
	assert.Len(t, accounts, 1)
}

func TestWeChatSignInIsIdempotent(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	login := w.issue("1", "wxa", "o", "")
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("r")}
	one, err := f.SignInWithWeChat(t.Context(), call, login)
	require.NoError(t, err)
	two, err := f.SignInWithWeChat(t.Context(), call, login)
	require.NoError(t, err, "WeChat is not asked again")
	assert.Equal(t, one, two)
	_, err = f.SignInWithWeChat(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("other")}, login)
	require.ErrorIs(t, err, ticketing.ErrIdempotencyMismatch)
	f.pass(10 * time.Minute)
	_, err = f.SignInWithWeChat(t.Context(), call, login)
	require.ErrorIs(t, err, ticketing.ErrWeChatRefused)
}

func TestStateBindsTheBrowser(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	begin, err := f.BeginWeChat()
	require.NoError(t, err)
	assert.Equal(t, "https://wechat.test/?state="+begin.State, begin.URL)
	assert.NotContains(t, begin.URL, begin.Browser)
	other, err := f.BeginWeChat()
	require.NoError(t, err)
	assert.NotEqual(t, begin.Browser, other.Browser)
	issue := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.users["webc"] = ticketing.WeChatUser{AppID: "wxw", OpenID: "o"}
	}
	issue()
	flipped := begin.State[:42] + map[bool]string{true: "Q", false: "A"}[begin.State[42] == 'A']
	for why, login := range map[string]ticketing.WeChatLogin{
		"none":              {},
		"no browser":        {State: begin.State},
		"no state":          {Browser: begin.Browser},
		"another browser":   {State: begin.State, Browser: other.Browser},
		"another state":     {State: other.State, Browser: begin.Browser},
		"changed state":     {State: flipped, Browser: begin.Browser},
		"cut state":         {State: begin.State[:20], Browser: begin.Browser},
		"not even a state":  {State: "!", Browser: begin.Browser},
		"lengthened states": {State: begin.State + "AAAA", Browser: begin.Browser},
	} {
		login.Kind, login.Code = ticketing.WeChatWeb, "c"
		_, err := f.SignInWithWeChat(t.Context(), ticketing.Call{}, login)
		require.ErrorIs(t, err, ticketing.ErrWeChatState, why)
	}
	right := ticketing.WeChatLogin{Kind: ticketing.WeChatWeb, Code: "c", State: begin.State, Browser: begin.Browser}
	f.enter(right)
	issue()
	f.pass(10 * time.Minute)
	_, err = f.SignInWithWeChat(t.Context(), ticketing.Call{}, right)
	require.ErrorIs(t, err, ticketing.ErrWeChatState, "too late")
}

func TestLinkPhoneToWeChat(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	in := f.enter(w.issue("1", "wxa", "o", ""))
	code := f.code(phoneA, ticketing.PurposeLinkPhone)
	link := func(phone, code string) (ticketing.Profile, error) {
		return f.LinkPhone(t.Context(), ticketing.Call{}, in.AccountID, phone, code)
	}
	_, err := link(phoneA, other(code))
	require.ErrorIs(t, err, ticketing.ErrWrongCode)
	_, err = link(phoneB, code)
	require.ErrorIs(t, err, ticketing.ErrWrongCode)
	me, err := link(phoneA, code)
	require.NoError(t, err)
	assert.Equal(t, "+86*******0001", me.PhoneMasked)
	assert.False(t, me.PhoneVerifiedAt.IsZero())

	f.pass(time.Minute)
	byPhone, err := f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	assert.Equal(t, in.AccountID, byPhone.AccountID, "one account, two ways in")
	_, err = f.Authenticate(t.Context(), in.Token)
	require.NoError(t, err)

	f.pass(time.Minute)
	_, err = link(phoneA, f.code(phoneA, ticketing.PurposeLinkPhone))
	require.NoError(t, err, "the same again")
	_, err = link(phoneB, f.code(phoneB, ticketing.PurposeLinkPhone))
	require.ErrorIs(t, err, ticketing.ErrPhoneLinked)
	f.pass(time.Minute)
	second := f.enter(w.issue("2", "wxa", "o2", ""))
	spent := f.code(phoneA, ticketing.PurposeLinkPhone)
	for _, want := range []error{ticketing.ErrPhoneTaken, ticketing.ErrWrongCode} {
		_, err = f.LinkPhone(t.Context(), ticketing.Call{}, second.AccountID, phoneA, spent)
		require.ErrorIs(t, err, want, "refused, the code is spent all the same")
	}
}

func TestLinkWeChatToPhone(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	in, err := f.signIn(phoneA, f.code(phoneA, ticketing.PurposeSignIn))
	require.NoError(t, err)
	link := func(account string, login ticketing.WeChatLogin) error {
		_, err := f.LinkWeChat(t.Context(), ticketing.Call{}, account, login)
		return err
	}
	shell := f.enter(w.issue("1", "wxa", "o", "u"))
	require.Equal(t, shell.AccountID, f.enter(w.issue("1b", "wxc", "oc", "u")).AccountID)
	require.NotEqual(t, in.AccountID, shell.AccountID)
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("r")}
	login := w.issue("2", "wxa", "o", "u")
	for range 2 {
		me, err := f.LinkWeChat(t.Context(), call, in.AccountID, login)
		require.NoError(t, err, "repeated, the same answer")
		assert.True(t, me.WeChat)
		assert.Equal(t, in.AccountID, me.ID)
	}
	_, err = f.Authenticate(t.Context(), shell.Token)
	require.ErrorIs(t, err, ticketing.ErrUnauthenticated, "the shell is left")
	assert.Equal(t, in.AccountID, f.enter(w.issue("3", "wxa", "o", "u")).AccountID)
	assert.Equal(t, in.AccountID, f.enter(w.issue("4", "wxb", "ob", "u")).AccountID)
	assert.Equal(t, in.AccountID, f.enter(w.issue("4c", "wxc", "oc", "")).AccountID, "all of the shell's identities moved")
	require.NoError(t, link(in.AccountID, w.issue("5", "wxa", "o", "u")), "the same again")
	require.ErrorIs(t, link(in.AccountID, w.issue("6", "wxa", "o9", "u9")), ticketing.ErrWeChatLinked)

	f.pass(time.Minute)
	other, err := f.signIn(phoneB, f.code(phoneB, ticketing.PurposeSignIn))
	require.NoError(t, err)
	require.ErrorIs(t, link(other.AccountID, w.issue("7", "wxa", "o", "u")), ticketing.ErrWeChatTaken, "an account with a number")
	f.pool("main", 0, 5)
	booker := f.enter(w.issue("8", "wxa", "o8", ""))
	f.book(booker.AccountID, booking("main", 1))
	require.ErrorIs(t, link(other.AccountID, w.issue("9", "wxa", "o8", "")), ticketing.ErrWeChatTaken, "an account with orders")
	assert.Equal(t, booker.AccountID, f.enter(w.issue("10", "wxa", "o8", "")).AccountID, "nothing changed")
	require.ErrorIs(t, link(other.AccountID, ticketing.WeChatLogin{Kind: ticketing.WeChatMiniProgram, Code: "none"}), ticketing.ErrWeChatRefused)
}

func TestWeChatRefuses(t *testing.T) {
	t.Parallel()
	f, _ := withWeChat(t)
	for _, login := range []ticketing.WeChatLogin{
		{Kind: "else", Code: "c"}, {Kind: ticketing.WeChatMiniProgram}, {Kind: ticketing.WeChatMiniProgram, Code: strings.Repeat("c", 129)}, {},
	} {
		_, err := f.SignInWithWeChat(t.Context(), ticketing.Call{}, login)
		require.ErrorIs(t, err, ticketing.ErrInvalidField)
	}
	bare := newFixture(t, ticketing.Options{})
	login := ticketing.WeChatLogin{Kind: ticketing.WeChatMiniProgram, Code: "c"}
	_, err := bare.SignInWithWeChat(t.Context(), ticketing.Call{}, login)
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = bare.LinkWeChat(t.Context(), ticketing.Call{}, "x", login)
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = bare.BeginWeChat()
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
}

// FuzzState holds that nobody but the service makes a state that it accepts.
func FuzzState(f *testing.F) {
	fix, _ := withWeChat(f)
	begin, err := fix.BeginWeChat()
	require.NoError(f, err)
	f.Add(begin.State, "x")
	f.Add("", begin.Browser)
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "")
	f.Fuzz(func(t *testing.T, state, browser string) {
		if state == begin.State && browser == begin.Browser {
			return
		}
		login := ticketing.WeChatLogin{Kind: ticketing.WeChatWeb, Code: "none", State: state, Browser: browser}
		_, err := fix.SignInWithWeChat(t.Context(), ticketing.Call{}, login)
		require.ErrorIs(t, err, ticketing.ErrWeChatState)
	})
}
