package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/stream"
)

// post is a raw booking request.
func post(body string, lines ...string) string {
	head := "POST /api/v1/orders HTTP/1.1\r\nHost: tickets.example\r\nContent-Type: application/json\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func get(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: tickets.example\r\n\r\n"
}

// TestBadInputEndToEnd sends the running service what nobody should, and sees
// each refused by name and counted, and the next visitor book.
func TestBadInputEndToEnd(t *testing.T) {
	s, _ := startService(t, app.DevOptions{Data: t.TempDir()})
	day := s.openPool(t, "main", 10)
	v := newcomer(t, s.gateway)
	entered := time.Now()
	crowd := strings.TrimSuffix(strings.Repeat(`{"document":{"number":"E1"}},`, ingest.MaxDocuments+1), ",")
	for _, c := range []struct {
		name, request string
		status        int
		code, names   string // what was wrong, and where
	}{
		{"malformed JSON", post(`{"pool":"main",}`), 400, "malformed_json", "at byte 15"},
		{"text after the JSON", post(`{} {}`), 400, "malformed_json", "at byte 3"},
		{"duplicate keys", post(`{"pool":"main","pool":"other"}`), 400, "duplicate_key", `"pool" is given twice at byte 15`},
		{"both framings", post("0\r\n\r\n", "Transfer-Encoding: chunked"), 400, "ambiguous_framing", "Content-Length and Transfer-Encoding"},
		{"unknown write", "DELETE /api/v1/orders HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown_route", "DELETE /api/v1/orders"},
		{"the booking system's own interface", "PUT /internal/v1/pools/main HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404, "unknown_route", "PUT /internal/v1/pools/main"},
		{"reading there", get("/Internal/v1/outbox"), 404, "unknown_route", "GET /Internal/v1/outbox"},
		{"above the root", get("/../internal/v1/outbox"), 400, "bad_target", "above the root"},
		{"encoded slash", get("/api/v1%2Fpools"), 400, "bad_target", "encoded slash"},
		{"dots in escapes", get("/api/v1/pools/%2e%2e/orders"), 400, "bad_target", "hides a dot segment"},
		{"backslash", get(`/api\v1\pools`), 400, "bad_target", "backslash"},
		{"NUL", get("/api/v1/pools/a%00"), 400, "bad_target", "control character 0x00"},
		{"over 64 KiB", post(`{"pool":"` + strings.Repeat("a", 64<<10) + `"}`), 413, "body_too_large", "65536 bytes"},
		{"too many documents", post(`{"positions":[` + crowd + `]}`), 400, "too_many_documents", "501 documents, at most 500"},
		{"two bearers", post("{}", "Authorization: Bearer a", "Authorization: Bearer b"), 400, "duplicate_header", "Authorization"},
		{"another method meant", post("{}", "X-HTTP-Method-Override: DELETE"), 400, "method_override", "X-HTTP-Method-Override"},
		{"compressed", post("{}", "Content-Encoding: gzip"), 415, "unsupported_encoding", `"gzip"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.sample(t, "fairgate_gateway_refused_total", fmt.Sprintf("reason=%q", c.code))
			r := raw(t, s.gateway, c.request)
			assert.Equal(t, c.status, r.status, "%s", r.body)
			assert.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
			assert.Equal(t, c.code, r.field("code"))
			assert.Contains(t, r.field("detail")+" ("+r.field("field")+")", c.names)
			assert.InDelta(t, before+1, s.sample(t, "fairgate_gateway_refused_total", fmt.Sprintf("reason=%q", c.code)), 0, "counted")
		})
	}
	t.Run("one spelling of a path", func(t *testing.T) {
		for _, path := range []string{"//api///v1/pools", "/api/v1/./pools", "/api/v1/orders/../pools", "/api/v1/%70ools"} {
			r := raw(t, s.gateway, get(path))
			assert.Equal(t, http.StatusOK, r.status, "%s: %s", path, r.body)
			assert.Contains(t, string(r.body), `"pool":"main"`, path)
		}
	})
	t.Run("past the gateway", func(t *testing.T) { s.pastTheGateway(t, day) })

	takesTime(t, entered)
	r := v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day))
	require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
	assert.Zero(t, s.sample(t, "fairgate_gateway_panics_total"))
}

// pastTheGateway goes straight to the booking system.
func (s *service) pastTheGateway(t *testing.T, day string) {
	t.Helper()
	v := newVisitor(s.ticketing)
	for name, header := range map[string][]string{
		"no signature": nil,
		"made up": {
			"X-Fairgate-Timestamp", fmt.Sprint(time.Now().UnixMilli()), "X-Fairgate-Request-Id", "0198a5c0-0000-7000-8000-000000000001",
			"X-Fairgate-Signature", "v1=" + strings.Repeat("0", 64),
		},
	} {
		r := v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day), header...)
		assert.Equal(t, http.StatusUnauthorized, r.status, name)
		assert.Equal(t, "application/problem+json", r.header.Get("Content-Type"), name)
		assert.Equal(t, "unsigned_request", r.field("code"), name)
	}
	assert.InDelta(t, 2, s.sample(t, "fairgate_ticketing_unsigned_requests_total"), 0)
	r := v.must(t, http.MethodGet, "/internal/v1/outbox", "", "Authorization", "Bearer "+strings.Repeat("0", 64))
	assert.Equal(t, http.StatusUnauthorized, r.status)
	assert.Equal(t, "wrong_key", r.field("code"))
}

// TestForgeriesAreNotBelieved: what a visitor says of itself counts for
// nothing unless it is signed, or told by a proxy that is trusted.
func TestForgeriesAreNotBelieved(t *testing.T) {
	e := startEdge(t, func(_ string, c *config.Config) { c.Gateway.TrustedProxies = nil })
	day := e.openPool(t, "main", 10)
	key, err := app.ReadSecret(e.data, "device")
	require.NoError(t, err)
	issuer := func(key string, ago time.Duration) string {
		tokens, err := fingerprint.NewTokens([]byte(key), fingerprint.TokenOptions{Now: func() time.Time { return time.Now().Add(-ago) }})
		require.NoError(t, err)
		token, _ := tokens.Issue(0)
		return token
	}
	forwarded := []string{
		"X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9",
		"X-Fairgate-Request-Id", "0198a5c0-0000-7000-8000-000000000001", "X-Fairgate-Timestamp", "1", "X-Fairgate-Signature", "v1=00",
	}
	for _, c := range []struct{ name, token, reason string }{
		{"valid", issuer(key, time.Hour), ""},
		{"forged", issuer(strings.Repeat("another key's ", 4), time.Hour), "forged"},
		{"expired", issuer(key, 401*24*time.Hour), "expired"},
		{"malformed", "v1." + base64.RawURLEncoding.EncodeToString([]byte("nonsense")), "malformed"},
	} {
		v := newVisitor(e.gateway)
		v.device = c.token
		r := v.must(t, http.MethodGet, "/api/v1/pools", "", forwarded...)
		require.Equal(t, http.StatusOK, r.status, "%s: forged gateway headers are stripped, not passed on: %s", c.name, r.body)
		seen := e.next(t)
		assert.Equal(t, "127.0.0.1", seen.Client.IP.String(), c.name)
		assert.NotEqual(t, "0198a5c0-0000-7000-8000-000000000001", seen.ID, c.name)
		if c.reason == "" {
			assert.NotEmpty(t, seen.Subject.Device)
			assert.Equal(t, c.token, v.device, "a good token is kept")
			continue
		}
		assert.Empty(t, seen.Subject.Device, c.name)
		assert.True(t, seen.Subject.DeviceFresh, c.name)
		assert.NotEqual(t, c.token, v.device, "%s: a new one is given", c.name)
		assert.InDelta(t, 1, e.sample(t, "fairgate_fingerprint_rejected_total", `what="device_token"`, fmt.Sprintf("reason=%q", c.reason)), 0, c.name)
	}
	e.books(t, "main", day)
}

// next waits for the next event that reached Kafka.
func (e *edge) next(t *testing.T) ingest.Event {
	t.Helper()
	if e.events == nil {
		consumer, err := stream.NewConsumer(t.Context(), []string{e.kafka}, "test", []string{e.topic}, stream.ConsumerOptions{})
		require.NoError(t, err)
		t.Cleanup(func() { _ = consumer.Close() })
		e.events = consumer
	}
	message, err := e.events.Fetch(t.Context())
	require.NoError(t, err)
	var seen ingest.Event
	require.NoError(t, json.Unmarshal(message.Value, &seen))
	return seen
}
