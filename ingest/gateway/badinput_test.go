package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/gateway"
)

// post is a raw booking request with the header lines given.
func post(lines ...string) string {
	return "POST /api/v1/orders HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n{}"
}

func TestBadInput(t *testing.T) {
	documents := strings.Repeat(`{"document":{"number":"E1"}},`, ingest.MaxDocuments+1)
	for _, c := range []struct {
		name, request string
		status        int
		code, detail  string
	}{
		{"both framings", strings.Replace(post("Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"), "{}", "0\r\n\r\n", 1), 400, "ambiguous_framing", "Content-Length and Transfer-Encoding"},
		{"both framings, the other order", strings.Replace(post("Host: a", "Transfer-Encoding: chunked", "Content-Length: 5"), "{}", "0\r\n\r\n", 1), 400, "ambiguous_framing", "Content-Length and Transfer-Encoding"},
		{"unknown transfer encoding", post("Host: a", "Transfer-Encoding: gzip, chunked"), 400, "malformed_request", ""},
		{"two lengths", post("Host: a", "Content-Length: 2", "Content-Length: 3"), 400, "malformed_request", ""},
		{"two hosts", post("Host: a", "Host: b", "Content-Length: 2"), 400, "duplicate_header", "more than once"},
		{"no host", post("Content-Length: 2"), 400, "bad_header", "missing"},
		{"space before the colon", post("Host : a", "Content-Length: 2"), 400, "bad_header", "no space before the colon"},
		{"two authorizations", post("Host: a", "Content-Length: 2", "Authorization: Bearer a", "authorization: Bearer b"), 400, "duplicate_header", "more than once"},
		{"two cookie headers", post("Host: a", "Content-Length: 2", "Cookie: a=1", "Cookie: b=1"), 400, "duplicate_header", "more than once"},
		{"two device cookies", post("Host: a", "Content-Length: 2", "Cookie: fgd=1; fgd=2"), 400, "duplicate_header", `"fgd"`},
		{"two device tokens", post("Host: a", "Content-Length: 2", "X-Device-Token: 1", "X-Device-Token: 2"), 400, "duplicate_header", "more than once"},
		{"method override", post("Host: a", "Content-Length: 2", "X-HTTP-Method-Override: DELETE"), 400, "method_override", "overridden"},
		{"content encoding", post("Host: a", "Content-Length: 2", "Content-Encoding: gzip"), 415, "unsupported_encoding", `"gzip"`},
		{"connection names the token", post("Host: a", "Content-Length: 2", "Connection: Authorization"), 400, "bad_header", `"Authorization"`},
		{"folded header", post("Host: a", "Content-Length: 2", "X-A: b", " c"), 400, "", ""},
		{"bare line feed", "GET / HTTP/1.1\r\nHost: a\nX-Evil: 1\r\n\r\n", 400, "bad_header", "CR LF"},
		{"header without a colon", post("Host: a", "Content-Length: 2", "nonsense"), 400, "malformed_request", ""},
		{"unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method_not_allowed", "unknown"},
		{"trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed", "TRACE"},
		{"absolute target", "GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", `start with "/"`},
		{"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "byte 2"},
		{"encoded slash", "GET /api%2fv1/orders HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "encoded slash"},
		{"backslash", "GET /api\\v1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "backslash"},
		{"NUL", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "control character 0x00"},
		{"hidden dots", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "hides a dot segment"},
		{"above the root", "GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "above the root"},
		{"half an escape", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target", "incomplete percent escape"},
		{"unknown write", "DELETE /api/v1/orders HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown_route", "DELETE /api/v1/orders"},
		{"unknown own path", "GET /.fairgate/secret HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown_route", ""},
		{"malformed JSON", body(`{"pool":"main",}`), 400, "malformed_json", "at byte 15"},
		{"text after JSON", body(`{} {}`), 400, "malformed_json", "at byte 3"},
		{"duplicate key", body(`{"pool":"a","pool":"b"}`), 400, "duplicate_key", `"pool" is given twice at byte 12`},
		{"duplicate key in escapes", body(`{"pool":"a","\u0070ool":"b"}`), 400, "duplicate_key", `"pool"`},
		{"duplicate key in another case", body(`{"pool":"a","POOL":"b"}`), 400, "duplicate_key", `"pool"`},
		{"too deep", body(strings.Repeat("[", 40) + strings.Repeat("]", 40)), 400, "malformed_json", "nesting deeper than 32"},
		{"too many documents", body(`{"positions":[` + documents[:len(documents)-1] + `]}`), 400, "too_many_documents", "501 documents, at most 500"},
		{"oversized", body(`{"pool":"` + strings.Repeat("a", 64<<10) + `"}`), 413, "body_too_large", "65536 bytes"},
		{"oversized in chunks", "POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 70000, strings.Repeat("a", 70000)), 413, "body_too_large", "65536 bytes"},
		{"oversized header", "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 431, "bad_header", "16384 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, nil)
			r := s.raw(t, c.request)
			require.Equal(t, c.status, r.StatusCode)
			p := problemOf(t, r)
			if c.code != "" {
				assert.Equal(t, c.code, p.Code)
			}
			assert.Contains(t, p.Detail, c.detail)
			assert.Empty(t, s.forwarded(), "nothing of it reaches the upstream")
			assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_refused_total", "reason="+p.Code), 0)
			assert.Equal(t, http.StatusOK, s.send(t, "GET", "/", "").StatusCode, "the next visitor is served")
		})
	}
}

func body(json string) string {
	return fmt.Sprintf("POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(json), json)
}

func TestASmuggledRequestIsNotServed(t *testing.T) {
	s := newSite(t, nil)
	hidden := "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
	r := s.raw(t, fmt.Sprintf("POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s", 5+len(hidden), hidden))
	assert.Equal(t, http.StatusBadRequest, r.StatusCode)
	assert.True(t, r.Close, "what follows on the connection is not trusted")
	assert.Empty(t, s.forwarded())
}

func TestChunkedBodyIsForwardedWithItsLength(t *testing.T) {
	s := newSite(t, nil)
	r := s.raw(t, "POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\nf\r\n{\"pool\":\"main\"}\r\n0\r\nX-Late: 1\r\n\r\n")
	require.Equal(t, http.StatusOK, r.StatusCode)
	up := s.forwarded()[0]
	assert.JSONEq(t, `{"pool":"main"}`, up.Body)
	assert.Equal(t, "15", up.Header.Get("Content-Length"))
	assert.Empty(t, up.Header.Get("X-Late"))
	assert.Equal(t, "main", s.events(t, 1)[0].Order.Pool)
}

func TestKeysInAnotherCaseAreSeen(t *testing.T) {
	s := newSite(t, nil)
	s.send(t, "POST", "/api/v1/orders", `{"POOL":"main","Positions":[{"Document":{"Number":"E1"}}]}`)
	e := s.events(t, 1)[0]
	assert.Equal(t, "main", e.Order.Pool)
	assert.Len(t, e.Subject.Documents, 1)
}

func TestDeviceTokens(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) { o.SecureCookies = true })
	s.answer = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") }
	valid, _ := s.tokens.Issue(0)
	for _, c := range []struct {
		name, header, reason string
		later                time.Duration
	}{
		{"none", "X-A: b", "", 0},
		{"forged", "Cookie: fgd=" + valid[:len(valid)-6] + "AAAAAA", "", 0},
		{"malformed", "X-Device-Token: nonsense", "malformed", 0},
		{"expired", "X-Device-Token: " + valid, "expired", 401 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.now.add(c.later)
			s.recorder.mu.Lock()
			s.recorder.completed = nil
			s.recorder.mu.Unlock()
			r := s.send(t, "GET", "/", "", c.header)
			cookie := r.Header.Get("Set-Cookie")
			assert.Regexp(t, `^fgd=v1\.[^;]+; max-age=34560000; path=/; HttpOnly; secure; SameSite=Lax$`, cookie)
			token := r.Header.Get("X-Device-Token")
			assert.Contains(t, cookie, token)
			_, err := s.tokens.Verify(token)
			require.NoError(t, err)
			assert.Equal(t, "private, no-cache", r.Header.Get("Cache-Control"), "no shared cache may give it to others")
			e := s.events(t, 1)[0]
			assert.Empty(t, e.Subject.Device)
			assert.True(t, e.Subject.DeviceFresh)
			if c.reason != "" {
				assert.InDelta(t, 1, s.counter(t, "fairgate_fingerprint_rejected_total", "what=device_token", "reason="+c.reason), 0)
			}
		})
	}
}

func TestForgedForwardingIsIgnored(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) { o.Reader = mustReader(t) }) // trusts nobody
	s.send(t, "GET", "/", "", "X-Forwarded-For: 8.8.8.8", "X-Real-IP: 8.8.8.8", "Forwarded: for=8.8.8.8", "X-Forwarded-Proto: https", "X-JA4: t13d")
	e := s.events(t, 1)[0]
	assert.Equal(t, "127.0.0.1", e.Client.IP.String())
	assert.Empty(t, e.Client.TLS)
	up := s.forwarded()[0].Header
	assert.Equal(t, []string{"127.0.0.1"}, up.Values("X-Forwarded-For"))
	assert.Equal(t, "http", up.Get("X-Forwarded-Proto"))
	assert.Empty(t, up.Get("X-Real-Ip")+up.Get("Forwarded"))
}
