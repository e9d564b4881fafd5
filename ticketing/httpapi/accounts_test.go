package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/sms"
	"fairgate/ticketing/wechat"
	"fairgate/ticketing/wechat/wechattest"
)

// startAccounts is a server with a sandbox for codes and a local WeChat.
func startAccounts(tb testing.TB) (*server, *wechattest.Fake) {
	tb.Helper()
	weChat := wechattest.New(map[string]string{"wxmini": "mini-secret", "wxweb": "web-secret"})
	upstream := httptest.NewServer(weChat)
	tb.Cleanup(upstream.Close)
	client, err := wechat.New(wechat.Options{
		MiniProgram: wechat.App{ID: "wxmini", Secret: "mini-secret"}, Web: wechat.App{ID: "wxweb", Secret: "web-secret"},
		RedirectURL: "https://tickets.example/wechat", BaseURL: upstream.URL, Backoff: time.Millisecond,
	})
	require.NoError(tb, err)
	var box *sms.Sandbox
	s := startWith(tb, func(s *server, service *ticketing.Options, api *httpapi.Options) {
		box, err = sms.NewSandbox(func() time.Time { return time.UnixMilli(s.now.Load()) }, 1000)
		require.NoError(tb, err)
		service.Codes, service.WeChat, api.Sandbox = &ticketing.CodeOptions{}, client, box
	})
	dispatcher, err := sms.NewDispatcher(s.store, s.service, box, sms.Options{
		PollInterval: time.Millisecond, Clock: func() time.Time { return time.UnixMilli(s.now.Load()) }, Registerer: prometheus.NewRegistry(),
	})
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- dispatcher.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		assert.NoError(tb, <-ended)
	})
	return s, weChat
}

// code asks for a code and reads it from the sandbox as operations may.
func (s *server) code(phone, purpose string) string {
	s.t.Helper()
	inbox := func() []any {
		got := s.house("GET", "/internal/v1/sms?phone="+phone, "", operationsKey)
		require.Equal(s.t, http.StatusOK, got.status, got.body)
		messages, _ := got.body["messages"].([]any)
		return messages
	}
	before := len(inbox())
	asked := s.visitor("POST", "/api/v1/codes", fmt.Sprintf(`{"phone":%q,"purpose":%q}`, phone, purpose), "")
	require.Equal(s.t, http.StatusAccepted, asked.status, asked.body)
	var messages []any
	require.Eventually(s.t, func() bool { messages = inbox(); return len(messages) > before }, 10*time.Second, time.Millisecond)
	message, _ := messages[0].(map[string]any)
	code, _ := message["code"].(string)
	return code
}

func (s *server) enter(body string, extra ...string) answer {
	s.t.Helper()
	return s.visitor("POST", "/api/v1/sessions", body, "", extra...)
}

func withCode(phone, code string) string { return fmt.Sprintf(`{"phone":%q,"code":%q}`, phone, code) }

func TestPhoneCodeEndToEnd(t *testing.T) {
	t.Parallel()
	s, _ := startAccounts(t)
	code := s.code("13900000001", "sign_in")
	in := s.enter(withCode("13900000001", code))
	require.Equal(t, http.StatusCreated, in.status, in.body)
	assert.Equal(t, "no-store", in.header.Get("Cache-Control"))
	token := in.text("session_token")
	me := s.visitor("GET", "/api/v1/accounts/me", "", token)
	require.Equal(t, http.StatusOK, me.status)
	assert.Equal(t, map[string]any{
		"account_id": in.text("account_id"), "phone_masked": "+86*******0001", "phone_verified": true, "password_set": false,
		"wechat_linked": false, "created_at": "2026-05-01T04:00:00.000Z",
	}, me.body)
	assert.Equal(t, "wrong_code", s.enter(withCode("13900000001", code)).text("code"))
	s.putPool("main", 0, 5)
	assert.Equal(t, http.StatusCreated, s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token).status)

	limited := s.visitor("POST", "/api/v1/codes", `{"phone":"13900000001","purpose":"sign_in"}`, "")
	assert.Equal(t, http.StatusTooManyRequests, limited.status)
	assert.Equal(t, "code_limit", limited.text("code"))
	assert.Equal(t, "60", limited.header.Get("Retry-After"))

	s.now.Add(60_000)
	set := s.visitor("PUT", "/api/v1/accounts/me/password", fmt.Sprintf(`{"password":"correct horse","code":%q}`, s.code("13900000001", "set_password")), token)
	require.Equal(t, http.StatusOK, set.status, set.body)
	assert.Equal(t, true, set.body["password_set"])
	assert.Equal(t, http.StatusCreated, s.enter(`{"phone":"13900000001","password":"correct horse"}`).status)
}

// TestKnownAndUnknownNumbersAnswerAlike holds that nobody learns who has an
// account by asking for codes or by guessing them.
func TestKnownAndUnknownNumbersAnswerAlike(t *testing.T) {
	t.Parallel()
	s, _ := startAccounts(t)
	s.signUp(1) // 13800000001
	for _, send := range []func(phone string) answer{
		func(phone string) answer {
			return s.visitor("POST", "/api/v1/codes", fmt.Sprintf(`{"phone":%q,"purpose":"sign_in"}`, phone), "")
		},
		func(phone string) answer { return s.enter(withCode(phone, "000000")) },
		func(phone string) answer { return s.enter(fmt.Sprintf(`{"phone":%q,"password":""}`, phone)) },
	} {
		known, unknown := send("13800000001"), send("13800000002")
		assert.Equal(t, unknown.status, known.status)
		assert.Equal(t, unknown.body, known.body)
		for _, a := range []answer{known, unknown} {
			a.header.Del("Date")
		}
		assert.Equal(t, unknown.header, known.header)
	}
}

// TestOneCodeOneSessionOverHTTP redeems one code many times at once.
func TestOneCodeOneSessionOverHTTP(t *testing.T) {
	t.Parallel()
	s, _ := startAccounts(t)
	body := withCode("13900000001", s.code("13900000001", "sign_in"))
	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		statuses = map[int]int{}
	)
	for range 8 {
		group.Go(func() {
			got := s.enter(body)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
		})
	}
	group.Wait()
	assert.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusUnauthorized: 7}, statuses)
}

func TestWeChatEndToEnd(t *testing.T) {
	t.Parallel()
	s, weChat := startAccounts(t)
	weChat.Issue("wxmini", "m1", wechattest.User{OpenID: "o1", UnionID: "u"})
	mini := s.enter(`{"wechat":{"kind":"mini_program","code":"m1"}}`, "key")
	require.Equal(t, http.StatusCreated, mini.status, mini.body)
	assert.Equal(t, mini.body, s.enter(`{"wechat":{"kind":"mini_program","code":"m1"}}`, "key").body)
	spent := s.enter(`{"wechat":{"kind":"mini_program","code":"m1"}}`)
	assert.Equal(t, http.StatusUnauthorized, spent.status)
	assert.Equal(t, "wechat_code_refused", spent.text("code"))

	linked := s.visitor("POST", "/api/v1/accounts/me/phone", withCode("13900000001", s.code("13900000001", "link_phone")), mini.text("session_token"))
	require.Equal(t, http.StatusOK, linked.status, linked.body)
	assert.Equal(t, "+86*******0001", linked.text("phone_masked"))
	assert.Equal(t, true, linked.body["wechat_linked"])
	s.now.Add(60_000)
	byPhone := s.enter(withCode("13900000001", s.code("13900000001", "sign_in")))
	assert.Equal(t, mini.text("account_id"), byPhone.text("account_id"))

	begin := s.visitor("POST", "/api/v1/wechat/states", "", "")
	require.Equal(t, http.StatusCreated, begin.status, begin.body)
	u, err := url.Parse(begin.text("authorize_url"))
	require.NoError(t, err)
	assert.Equal(t, begin.text("state"), u.Query().Get("state"))
	cookies := (&http.Response{Header: begin.header}).Cookies()
	require.Len(t, cookies, 1)
	assert.True(t, cookies[0].HttpOnly && cookies[0].Secure && cookies[0].SameSite == http.SameSiteLaxMode)
	weChat.Issue("wxweb", "w1", wechattest.User{OpenID: "o2", UnionID: "u"})
	body := fmt.Sprintf(`{"wechat":{"kind":"web","code":"w1","state":%q}}`, begin.text("state"))
	stray := s.enter(body)
	assert.Equal(t, "wechat_state_invalid", stray.text("code"), "a browser that did not begin it")
	web := s.send("POST", "/api/v1/sessions", body, http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}}, true)
	require.Equal(t, http.StatusCreated, web.status, web.body)
	assert.Equal(t, mini.text("account_id"), web.text("account_id"), "the unionid makes them one")

	for code, want := range map[int]answer{
		45011: {status: http.StatusTooManyRequests, body: map[string]any{"code": "wechat_too_often"}},
		40226: {status: http.StatusForbidden, body: map[string]any{"code": "wechat_blocked"}},
		40125: {status: http.StatusServiceUnavailable, body: map[string]any{"code": "unavailable"}},
	} {
		weChat.FailNext(code)
		got := s.enter(`{"wechat":{"kind":"mini_program","code":"x"}}`)
		assert.Equal(t, want.status, got.status)
		assert.Equal(t, want.text("code"), got.text("code"))
	}
}

func TestLinkConflicts(t *testing.T) {
	t.Parallel()
	s, weChat := startAccounts(t)
	_, token := s.signUp(1)
	link := func(code, open string) answer {
		weChat.Issue("wxmini", code, wechattest.User{OpenID: open})
		return s.visitor("POST", "/api/v1/accounts/me/wechat", fmt.Sprintf(`{"kind":"mini_program","code":%q}`, code), token)
	}
	require.Equal(t, http.StatusOK, link("1", "o1").status)
	other := link("2", "o2")
	assert.Equal(t, http.StatusConflict, other.status)
	assert.Equal(t, "wechat_already_linked", other.text("code"))
	weChat.Issue("wxmini", "3", wechattest.User{OpenID: "o3"})
	shell := s.enter(`{"wechat":{"kind":"mini_program","code":"3"}}`).text("session_token")
	taken := s.visitor("POST", "/api/v1/accounts/me/phone", withCode("13800000001", s.code("13800000001", "link_phone")), shell)
	assert.Equal(t, http.StatusConflict, taken.status)
	assert.Equal(t, "phone_taken", taken.text("code"))
	second := s.visitor("POST", "/api/v1/accounts/me/phone", withCode("13900000009", s.code("13900000009", "link_phone")), token)
	assert.Equal(t, http.StatusConflict, second.status)
	assert.Equal(t, "phone_already_linked", second.text("code"))
}

func TestNothingConfigured(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, token := s.signUp(1)
	for _, c := range []struct{ method, target, body string }{
		{"POST", "/api/v1/codes", `{"phone":"13800000001","purpose":"sign_in"}`},
		{"POST", "/api/v1/sessions", `{"phone":"13800000001","code":"123456"}`},
		{"POST", "/api/v1/sessions", `{"wechat":{"kind":"mini_program","code":"c"}}`},
		{"POST", "/api/v1/wechat/states", ""},
		{"POST", "/api/v1/accounts/me/phone", `{"phone":"13800000001","code":"123456"}`},
		{"POST", "/api/v1/accounts/me/wechat", `{"kind":"mini_program","code":"c"}`},
		{"PUT", "/api/v1/accounts/me/password", `{"password":"correct horse","code":"123456"}`},
	} {
		got := s.visitor(c.method, c.target, c.body, token)
		assert.Equal(t, http.StatusNotImplemented, got.status, c.target)
		assert.Equal(t, "not_configured", got.text("code"), c.target)
		assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
	}
	inbox := s.house("GET", "/internal/v1/sms?phone=13800000001", "", operationsKey)
	assert.Equal(t, http.StatusNotFound, inbox.status)
	assert.Equal(t, "not_configured", inbox.text("code"))
	me := s.visitor("GET", "/api/v1/accounts/me", "", token)
	assert.Equal(t, http.StatusOK, me.status)
	assert.Equal(t, false, me.body["phone_verified"])
	assert.Equal(t, true, me.body["password_set"])
}

func TestAccountRefusals(t *testing.T) {
	t.Parallel()
	s, _ := startAccounts(t)
	_, token := s.signUp(1)
	for _, c := range []struct {
		name, method, target, body string
		status                     int
		code, field                string
	}{
		{"unknown purpose", "POST", "/api/v1/codes", `{"phone":"13900000001","purpose":"x"}`, 422, "invalid_field", "purpose"},
		{"no purpose", "POST", "/api/v1/codes", `{"phone":"13900000001"}`, 422, "invalid_field", "purpose"},
		{"abroad", "POST", "/api/v1/codes", `{"phone":"+447700900123","purpose":"sign_in"}`, 422, "invalid_field", "phone"},
		{"code and password", "POST", "/api/v1/sessions", `{"phone":"13900000001","code":"123456","password":"x"}`, 422, "invalid_field", ""},
		{"wechat and phone", "POST", "/api/v1/sessions", `{"phone":"13900000001","wechat":{"kind":"web","code":"c"}}`, 422, "invalid_field", ""},
		{"short code", "POST", "/api/v1/sessions", `{"phone":"13900000001","code":"12345"}`, 422, "invalid_field", "code"},
		{"numeric code", "POST", "/api/v1/sessions", `{"phone":"13900000001","code":123456}`, 400, "invalid_json", "code"},
		{"wechat kind", "POST", "/api/v1/sessions", `{"wechat":{"kind":"x","code":"c"}}`, 422, "invalid_field", "wechat.kind"},
		{"wechat type", "POST", "/api/v1/sessions", `{"wechat":"c"}`, 400, "invalid_json", "wechat"},
		{"code at registration", "POST", "/api/v1/accounts", `{"phone":"13900000001","code":"123456"}`, 400, "invalid_json", "code"},
	} {
		got := s.visitor(c.method, c.target, c.body, token)
		assert.Equal(t, c.status, got.status, c.name)
		assert.Equal(t, c.code, got.text("code"), c.name)
		assert.Equal(t, c.field, got.text("field"), c.name)
	}
	for _, target := range []string{"/api/v1/accounts/me", "/api/v1/accounts/me/phone"} {
		method := map[bool]string{true: "POST", false: "GET"}[strings.HasSuffix(target, "phone")]
		assert.Equal(t, "unauthenticated", s.visitor(method, target, "{}", "").text("code"), target)
	}
	assert.Equal(t, http.StatusUnauthorized, s.house("GET", "/internal/v1/sms?phone=13900000001", "", enforcementKey).status, "operations alone")
	assert.Equal(t, http.StatusOK, s.house("GET", "/internal/v1/sms?phone=+8613900000001", "", operationsKey).status, "an unescaped +")
	assert.Equal(t, "phone", s.house("GET", "/internal/v1/sms", "", operationsKey).text("field"))
}

// FuzzSignIn holds that no body crashes sign-in or lets anybody in.
func FuzzSignIn(f *testing.F) {
	s, _ := startAccounts(f)
	for _, seed := range []string{
		withCode("13900000001", "123456"), `{"wechat":{"kind":"web","code":"c","state":"s"}}`, `{"phone":"13900000001","password":"x"}`,
		`{"wechat":null}`, `{"code":"\u0000"}`, `[]`, `{`, `{"phone":{"a":1}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		one := &server{t: t, base: s.base}
		one.now.Store(s.now.Load())
		got := one.enter(body)
		require.Contains(t, []int{400, 401, 413, 422}, got.status, body)
		if got.status == http.StatusBadRequest {
			return
		}
		require.True(t, json.Valid([]byte(body)))
	})
}
