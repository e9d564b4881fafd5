package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
)

// tab is a page of the console in a browser: it has a cookie and a CSRF token.
type tab struct {
	h       *house
	base    string // where it thinks that the console is
	headers map[string]string
	cookie  string // name=value
	csrf    string
}

const tabPassword = "correct horse battery"

// openTab changes the first administrator's password and signs in.
func (h *house) openTab(t *testing.T) *tab {
	t.Helper()
	var session struct{ Token string }
	require.Equal(t, http.StatusCreated, h.call(t, "", http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+h.first+`"}`, &session))
	require.Equal(t, http.StatusNoContent, h.call(t, session.Token, http.MethodPost, "/api/v1/password",
		`{"old_password":"`+h.first+`","new_password":"`+tabPassword+`"}`, nil))
	b := &tab{h: h, base: "http://127.0.0.1:8090", headers: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	b.signIn(t)
	return b
}

func (b *tab) signIn(t *testing.T) {
	t.Helper()
	var in struct {
		Token string `json:"token"`
		CSRF  string `json:"csrf_token"`
	}
	status, header := b.do(t, http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`","cookie":true}`, &in)
	require.Equal(t, http.StatusCreated, status)
	assert.Empty(t, in.Token, "no script can read the token")
	require.NotEmpty(t, in.CSRF)
	b.csrf = in.CSRF
	b.take(t, header)
}

// take keeps the cookie of an answer.
func (b *tab) take(t *testing.T, header http.Header) {
	t.Helper()
	c, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	require.NoError(t, err)
	b.cookie = c.Name + "=" + c.Value
}

// do sends a request as a browser does.
func (b *tab) do(t *testing.T, method, path, body string, out any) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.base+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", "theme=dark; "+b.cookie)
	}
	if b.csrf != "" {
		req.Header.Set("X-CSRF-Token", b.csrf)
	}
	for name, value := range b.headers {
		req.Header.Set(name, value)
	}
	res, err := b.h.app.Test(req, 10_000)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if out != nil {
		require.NoError(t, json.Unmarshal(data, out), "%s", data)
	}
	return res.StatusCode, res.Header
}

// text is the body of an answer as it came.
func (b *tab) text(t *testing.T, path string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+path, http.NoBody)
	require.NoError(t, err)
	for name, value := range b.headers {
		req.Header.Set(name, value)
	}
	res, err := b.h.app.Test(req, 10_000)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, res.Header, string(data)
}

func TestBrowsersSignInByCookie(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	_, header := b.do(t, http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`","cookie":true}`, nil)
	c, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Equal(t, "fairgate", c.Name, "plain HTTP to this machine")
	assert.True(t, c.HttpOnly)
	assert.False(t, c.Secure)
	assert.Equal(t, http.SameSiteStrictMode, c.SameSite)
	assert.Equal(t, "/", c.Path)
	assert.Positive(t, c.MaxAge)
	status, _ := b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status, "the new session took the old one's place")
	b.take(t, header)

	var me struct {
		Name        string               `json:"name"`
		CSRF        string               `json:"csrf_token"`
		Permissions []console.Permission `json:"permissions"`
		Session     console.Session      `json:"session"`
	}
	status, header = b.do(t, http.MethodGet, "/api/v1/me", "", &me)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, "no-store", header.Get("Cache-Control"))
	assert.Equal(t, "admin", me.Name)
	assert.Contains(t, me.Permissions, console.EditOperators)
	assert.Equal(t, console.ByCookie, me.Session.Credential)
	b.csrf = me.CSRF
	status, header = b.do(t, http.MethodDelete, "/api/v1/sessions", "", nil)
	require.Equal(t, http.StatusNoContent, status)
	gone, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Negative(t, gone.MaxAge)
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)
}

func TestWritesByCookieNeedTheConsolesOwnPage(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	other := h.openSecond(t)
	const path, body = "/api/v1/lists/deny", `{"entity":"account","key":"a1","reason":"seen on resale sites","expires_at":"2099-01-01T00:00:00Z"}`
	tests := []struct {
		name    string
		headers map[string]string
		csrf    string
		want    int
	}{
		{"its own page", map[string]string{"Sec-Fetch-Site": "same-origin"}, b.csrf, http.StatusCreated},
		{"its own page in an older browser", map[string]string{"Origin": "http://127.0.0.1:8090"}, b.csrf, http.StatusCreated},
		{"no CSRF token", map[string]string{"Sec-Fetch-Site": "same-origin"}, "", http.StatusForbidden},
		{"a made-up CSRF token", map[string]string{"Sec-Fetch-Site": "same-origin"}, strings.Repeat("x", len(b.csrf)), http.StatusForbidden},
		{"the CSRF token of another session", map[string]string{"Sec-Fetch-Site": "same-origin"}, other.csrf, http.StatusForbidden},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site"}, b.csrf, http.StatusForbidden},
		{"another host of this site", map[string]string{"Sec-Fetch-Site": "same-site"}, b.csrf, http.StatusForbidden},
		{"another site in an older browser", map[string]string{"Origin": "https://scalpers.example"}, b.csrf, http.StatusForbidden},
		{"another port", map[string]string{"Origin": "http://127.0.0.1:8091"}, b.csrf, http.StatusForbidden},
		{"a hidden origin", map[string]string{"Origin": "null"}, b.csrf, http.StatusForbidden},
		{"from nowhere", nil, b.csrf, http.StatusForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := *b
			c.headers, c.csrf = tt.headers, tt.csrf
			var p problem
			status, _ := c.do(t, http.MethodPost, path, body, &p)
			assert.Equal(t, tt.want, status, "%s", p.Detail)
			if tt.want == http.StatusForbidden {
				assert.Equal(t, csrfProblem, p.Type)
			}
			status, _ = c.do(t, http.MethodGet, "/api/v1/accounts", "", nil)
			assert.Equal(t, http.StatusOK, status, "reading needs the cookie alone")
		})
	}
}

// openSecond signs the administrator in a second time, in another browser.
func (h *house) openSecond(t *testing.T) *tab {
	t.Helper()
	b := &tab{h: h, base: "http://localhost:8090", headers: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	b.signIn(t)
	return b
}

func TestSignInByCookieIsRefusedToStrangers(t *testing.T) {
	h := build(t)
	h.openTab(t)
	tests := []struct {
		name, base string
		headers    map[string]string
		want       int
		kind       string
		cookie     string
	}{
		{"another site", "http://127.0.0.1:8090", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden, csrfProblem, ""},
		{"from nowhere", "http://127.0.0.1:8090", nil, http.StatusForbidden, csrfProblem, ""},
		{"in clear over the network", "http://console.example", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusForbidden, "urn:fairgate:problem:insecure-connection", ""},
		{"in clear, and said to be otherwise by nobody we trust", "http://console.example", map[string]string{"Sec-Fetch-Site": "same-origin", "X-Forwarded-Proto": "https"}, http.StatusForbidden, "urn:fairgate:problem:insecure-connection", ""},
		{"on this machine", "http://[::1]:8090", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusCreated, "", "fairgate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &tab{h: h, base: tt.base, headers: tt.headers}
			var p problem
			status, header := b.do(t, http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`","cookie":true}`, &p)
			require.Equal(t, tt.want, status, p.Detail)
			assert.Equal(t, tt.kind, p.Type)
			if tt.cookie == "" {
				assert.Empty(t, header.Get("Set-Cookie"))
				return
			}
			c, err := http.ParseSetCookie(header.Get("Set-Cookie"))
			require.NoError(t, err)
			assert.Equal(t, tt.cookie, c.Name)
		})
	}
}

func TestCookiesBehindAProxyAreSecure(t *testing.T) {
	h := buildWith(t, behind("0.0.0.0/8"))
	h.openTab(t)
	b := &tab{h: h, base: "http://console.example", headers: map[string]string{
		"Sec-Fetch-Site": "same-origin", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9",
	}}
	_, header := b.do(t, http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`","cookie":true}`, nil)
	c, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Equal(t, "__Host-fairgate", c.Name)
	assert.True(t, c.Secure)
	assert.Empty(t, c.Domain)
	b.take(t, header)
	status, _ := b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "203.0.113.9", h.audit(t)[0].Address, "the browser's, not the proxy's")
	b.cookie = strings.TrimPrefix(b.cookie, "__Host-")
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status, "another host of the domain can set a cookie without the prefix")
}

func TestTokensAreGoodOnlyAsWhatTheyWereGiven(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	_, token, _ := strings.Cut(b.cookie, "=")
	assert.Equal(t, http.StatusUnauthorized, h.call(t, token, http.MethodGet, "/api/v1/me", "", nil), "a cookie as a bearer token")
	for name, value := range map[string]string{"an API key": keyOf("root"), "made up": "x", "nothing": "", "far too long": strings.Repeat("x", 300)} {
		c := *b
		c.cookie = "fairgate=" + value
		status, _ := c.do(t, http.MethodGet, "/api/v1/me", "", nil)
		assert.Equal(t, http.StatusUnauthorized, status, name)
	}
	var in struct{ Token string }
	require.Equal(t, http.StatusCreated, h.call(t, "", http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`"}`, &in))
	b.cookie = "fairgate=" + in.Token
	status, _ := b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status, "a bearer token as a cookie")
	b.headers["Authorization"] = "Basic YWRtaW46eA=="
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	h := build(t)
	b, other := h.openTab(t), (*tab)(nil)
	other = h.openSecond(t)
	type sessions struct {
		Sessions []struct {
			console.Session
			Current bool `json:"current"`
		} `json:"sessions"`
	}
	var own sessions
	status, _ := b.do(t, http.MethodGet, "/api/v1/me/sessions", "", &own)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, own.Sessions, 2)
	current := 0
	for _, x := range own.Sessions {
		assert.NotEmpty(t, x.Address)
		assert.False(t, x.ExpiresAt.IsZero())
		if x.Current {
			current++
		}
	}
	assert.Equal(t, 1, current)
	var ended struct{ Ended int }
	status, _ = b.do(t, http.MethodDelete, "/api/v1/me/sessions", "", &ended)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, 1, ended.Ended)
	status, _ = other.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)

	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/sessions", "", nil))
	var all sessions
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/sessions?operator=admin", "", &all))
	require.Len(t, all.Sessions, 1)
	path := "/api/v1/sessions/" + all.Sessions[0].ID
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("audrey"), http.MethodDelete, path, "", nil), "an auditor reads")
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("ana"), http.MethodDelete, "/api/v1/me/sessions/"+all.Sessions[0].ID, "", nil), "somebody else's")
	require.Equal(t, http.StatusNoContent, h.call(t, keyOf("root"), http.MethodDelete, path, "", nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("root"), http.MethodDelete, path, "", nil))
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"session.end", "admin", "root"}, []string{entry.Action, entry.Object, entry.Actor})
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)

	b.signIn(t)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("root"), http.MethodPost, "/api/v1/users/admin/sign-out", `{}`, nil), "a reason is needed")
	require.Equal(t, http.StatusOK, h.call(t, keyOf("root"), http.MethodPost, "/api/v1/users/admin/sign-out", `{"reason":"a lost phone"}`, &ended))
	assert.Equal(t, 1, ended.Ended)
	assert.Equal(t, "a lost phone", h.audit(t)[0].Reason)
}
