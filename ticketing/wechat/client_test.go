package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/wechat"
	"fairgate/ticketing/wechat/wechattest"
)

func apps() map[string]string {
	return map[string]string{"wxmini": "mini-secret", "wxweb": "web-secret"}
}

func options(base string) wechat.Options {
	return wechat.Options{
		MiniProgram: wechat.App{ID: "wxmini", Secret: "mini-secret"}, Web: wechat.App{ID: "wxweb", Secret: "web-secret"},
		RedirectURL: "https://tickets.example/wechat?lang=zh", BaseURL: base, Backoff: time.Microsecond, Registerer: prometheus.NewRegistry(),
	}
}

func fake(t *testing.T) (*wechattest.Fake, *wechat.Client) {
	t.Helper()
	f := wechattest.New(apps())
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	c, err := wechat.New(options(server.URL))
	require.NoError(t, err)
	return f, c
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	f, c := fake(t)
	f.Issue("wxmini", "c1", wechattest.User{OpenID: "o1", UnionID: "u"})
	f.Issue("wxmini", "c2", wechattest.User{OpenID: "o2"})
	f.Issue("wxweb", "c&=#1", wechattest.User{OpenID: "o3", UnionID: "u"})
	for _, want := range []struct {
		kind ticketing.WeChatKind
		code string
		user ticketing.WeChatUser
	}{
		{ticketing.WeChatMiniProgram, "c1", ticketing.WeChatUser{AppID: "wxmini", OpenID: "o1", UnionID: "u"}},
		{ticketing.WeChatMiniProgram, "c2", ticketing.WeChatUser{AppID: "wxmini", OpenID: "o2"}},
		{ticketing.WeChatWeb, "c&=#1", ticketing.WeChatUser{AppID: "wxweb", OpenID: "o3", UnionID: "u"}},
	} {
		got, err := c.Identify(t.Context(), want.kind, want.code)
		require.NoError(t, err)
		assert.Equal(t, want.user, got)
		_, err = c.Identify(t.Context(), want.kind, want.code)
		require.ErrorIs(t, err, ticketing.ErrWeChatRefused, "a code serves once")
	}
	f.Issue("wxweb", "w", wechattest.User{OpenID: "o"})
	_, err := c.Identify(t.Context(), ticketing.WeChatMiniProgram, "w")
	require.ErrorIs(t, err, ticketing.ErrWeChatRefused, "another app's code")
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for code, c := range map[int]struct {
		want  error
		calls int
	}{
		40029: {ticketing.ErrWeChatRefused, 1}, 40163: {ticketing.ErrWeChatRefused, 1}, 42003: {ticketing.ErrWeChatRefused, 1},
		40226: {ticketing.ErrWeChatBlocked, 1}, 45011: {ticketing.ErrWeChatTooOften, 1}, 45009: {ticketing.ErrUnavailable, 1},
		40013: {ticketing.ErrUnavailable, 1}, 40125: {ticketing.ErrUnavailable, 1}, 99999: {ticketing.ErrUnavailable, 1},
		-1: {ticketing.ErrUnavailable, 3},
	} {
		f, client := fake(t)
		f.FailNext(code, code, code, code)
		_, err := client.Identify(t.Context(), ticketing.WeChatMiniProgram, "c")
		require.ErrorIs(t, err, c.want, code)
		assert.Equal(t, c.calls, f.Calls(), code)
	}
}

func TestBusyIsAskedAgain(t *testing.T) {
	t.Parallel()
	f, c := fake(t)
	f.Issue("wxmini", "c", wechattest.User{OpenID: "o"})
	f.FailNext(-1, -1)
	got, err := c.Identify(t.Context(), ticketing.WeChatMiniProgram, "c")
	require.NoError(t, err)
	assert.Equal(t, "o", got.OpenID)
	assert.Equal(t, 3, f.Calls())

	f.FailNext(-1)
	opts := options("http://127.0.0.1:1")
	opts.Backoff = time.Hour
	opts.Transport = http.DefaultTransport
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	opts.BaseURL = server.URL
	slow, err := wechat.New(opts)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = slow.Identify(ctx, ticketing.WeChatMiniProgram, "c")
	require.ErrorIs(t, err, context.DeadlineExceeded, "waiting ends with the caller")
}

// TestNothingSecretLeaks fails in every way and looks for secrets in errors,
// logs and what is returned.
func TestNothingSecretLeaks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := wechattest.New(apps())
	f.Issue("wxmini", "visitors-code", wechattest.User{OpenID: "o"})
	server := httptest.NewServer(f)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("js_code") == "hang up" {
			panic(http.ErrAbortHandler)
		}
		_, _ = fmt.Fprintf(w, `{"session_key":%q,"openid":`, wechattest.SessionKey)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(broken.Close)
	var texts []string
	for _, base := range []string{"http://127.0.0.1:1", broken.URL, server.URL} {
		for _, code := range []string{"visitors-code", "hang up"} {
			opts := options(base)
			opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c, err := wechat.New(opts)
			require.NoError(t, err)
			got, err := c.Identify(t.Context(), ticketing.WeChatMiniProgram, code)
			texts = append(texts, fmt.Sprintf("%+v %v", got, err))
		}
	}
	opts := options("http://127.0.0.1:1")
	opts.BaseURL = ""
	opts.MiniProgram.Secret = ""
	_, err := wechat.New(opts)
	require.ErrorContains(t, err, "mini-program app")
	texts = append(texts, err.Error(), log.String())
	for _, text := range texts {
		for _, secret := range []string{"mini-secret", "web-secret", "visitors-code", wechattest.SessionKey} {
			assert.NotContains(t, text, secret)
			assert.NotContains(t, text, url.QueryEscape(secret))
		}
	}
}

func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "{}", "[]", `{"openid":1}`, `{"openid":""}`, `{"openid":"` + string(bytes.Repeat([]byte("o"), 200)) + `"}`, "<html>"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		t.Cleanup(server.Close)
		c, err := wechat.New(options(server.URL))
		require.NoError(t, err)
		_, err = c.Identify(t.Context(), ticketing.WeChatMiniProgram, "c")
		require.ErrorIs(t, err, ticketing.ErrUnavailable, body)
	}
	for _, status := range []int{http.StatusFound, http.StatusBadGateway} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"openid":"o"}`))
		}))
		t.Cleanup(server.Close)
		c, err := wechat.New(options(server.URL))
		require.NoError(t, err)
		_, err = c.Identify(t.Context(), ticketing.WeChatMiniProgram, "c")
		require.ErrorContains(t, err, fmt.Sprint(status), "redirects are not followed")
	}
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	text, err := c.AuthorizeURL("a+b/c")
	require.NoError(t, err)
	u, err := url.Parse(text)
	require.NoError(t, err)
	assert.Equal(t, "https://open.weixin.qq.com/connect/qrconnect", u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, "wechat_redirect", u.Fragment)
	assert.Equal(t, url.Values{
		"appid": {"wxweb"}, "redirect_uri": {"https://tickets.example/wechat?lang=zh"}, "response_type": {"code"}, "scope": {"snsapi_login"}, "state": {"a+b/c"},
	}, u.Query())
}

func TestHalfConfigured(t *testing.T) {
	t.Parallel()
	mini, err := wechat.New(wechat.Options{MiniProgram: wechat.App{ID: "wxmini", Secret: "s"}})
	require.NoError(t, err)
	_, err = mini.AuthorizeURL("s")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = mini.Identify(t.Context(), ticketing.WeChatWeb, "c")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	_, err = mini.Identify(t.Context(), "else", "c")
	require.ErrorIs(t, err, ticketing.ErrNotConfigured)
	for want, opts := range map[string]wechat.Options{
		"or both":      {},
		"redirect url": {Web: wechat.App{ID: "wxweb", Secret: "s"}},
		"base url":     {MiniProgram: wechat.App{ID: "wxmini", Secret: "s"}, BaseURL: "ftp://x"},
		"open url":     {MiniProgram: wechat.App{ID: "wxmini", Secret: "s"}, OpenURL: "open.weixin.qq.com"},
	} {
		_, err := wechat.New(opts)
		require.ErrorContains(t, err, want)
	}
}

// FuzzAnswer holds that no answer makes a user of nobody.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"openid":"o","session_key":"k","unionid":"u"}`, `{"errcode":40029}`, `{"errcode":"x"}`, `{`, `{"openid":null}`} {
		f.Add([]byte(seed))
	}
	var body []byte
	transport := roundTrip(func() []byte { return body })
	opts := options("http://wechat.test")
	opts.Transport, opts.Attempts = transport, 1
	c, err := wechat.New(opts)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text []byte) {
		body = text
		got, err := c.Identify(t.Context(), ticketing.WeChatMiniProgram, "c")
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.NotEmpty(t, got.OpenID)
		require.True(t, json.Valid(text))
	})
}

type roundTrip func() []byte

func (r roundTrip) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	_, err := w.Write(r())
	return w.Result(), err
}
