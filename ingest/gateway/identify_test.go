package gateway_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

func TestAccountIsLearnedFromSignIn(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"session_token":"tok-1","account_id":"acc-1"}`)
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		}
	}
	const read = "/api/v1/orders"
	s.send(t, "GET", read, "", "Authorization: Bearer tok-1")
	s.send(t, "POST", "/api/v1/sessions", `{"phone":"138 0000 0000","password":"p"}`, "Authorization: Bearer tok-0")
	s.send(t, "GET", read, "", "Authorization: bearer tok-1")
	s.send(t, "GET", read, "", "Authorization: Bearer tok-2")
	s.send(t, "GET", read, "", "Authorization: Basic tok-1")
	s.send(t, "DELETE", "/api/v1/sessions", "", "Authorization: Bearer tok-1")
	s.send(t, "GET", read, "", "Authorization: Bearer tok-1")
	events := bySeq(s.events(t, 7))
	key := s.keyer.Current(fingerprint.PurposeSession, "tok-1")
	assert.Empty(t, events[0].Subject.Account, "a token is nobody before its sign-in was seen")
	assert.Equal(t, key, events[0].Subject.Session)

	signIn := events[1].Subject
	assert.Equal(t, "acc-1", signIn.Account, "the upstream proved it")
	assert.Equal(t, s.keyer.Current(fingerprint.PurposeClaimed, "13800000000"), signIn.Claimed)
	assert.Equal(t, s.keyer.Current(fingerprint.PurposePhone, "13800000000"), signIn.Phone)

	assert.Equal(t, "acc-1", events[2].Subject.Account)
	assert.Empty(t, events[3].Subject.Account)
	assert.Empty(t, events[4].Subject.Account)
	assert.Equal(t, "acc-1", events[5].Subject.Account)
	assert.Empty(t, events[6].Subject.Account, "signed out")
}

// bySeq puts events into the order in which they were made.
func bySeq(events []ingest.Event) []ingest.Event {
	sorted := make([]ingest.Event, len(events))
	for _, e := range events {
		sorted[e.Seq-1] = e
	}
	return sorted
}

func TestARefusedSignInBindsNothing(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"session_token":"tok-1","account_id":"acc-1","code":"bad_credentials"}`)
		}
	}
	s.send(t, "POST", "/api/v1/sessions", `{"phone":"13800000000"}`)
	s.send(t, "GET", "/", "", "Authorization: Bearer tok-1")
	events := bySeq(s.events(t, 2))
	assert.Empty(t, events[0].Subject.Account)
	assert.Equal(t, "bad_credentials", events[0].Outcome.Code)
	assert.Empty(t, events[1].Subject.Account)
}

func TestJWT(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	s := newSite(t, func(o *gateway.Options) {
		o.JWT = &gateway.JWTOptions{Issuer: "museum", Audience: "booking", Keys: []gateway.JWTKey{{ID: "k1", Algorithm: "EdDSA", Key: public}}}
	})
	at := s.now.Now()
	sign := func(method jwt.SigningMethod, key any, kid string, change func(jwt.MapClaims)) string {
		claims := jwt.MapClaims{"sub": "acc-9", "iss": "museum", "aud": "booking", "exp": at.Add(time.Hour).Unix()}
		if change != nil {
			change(claims)
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = kid
		text, err := token.SignedString(key)
		require.NoError(t, err)
		return text
	}
	good := sign(jwt.SigningMethodEdDSA, private, "k1", nil)
	for _, c := range []struct{ name, token, want string }{
		{"verified", good, "acc-9"},
		{"again, from the cache", good, "acc-9"},
		{"another's key", sign(jwt.SigningMethodEdDSA, stranger, "k1", nil), ""},
		{"unknown key", sign(jwt.SigningMethodEdDSA, private, "k2", nil), ""},
		{"public key as a shared secret", sign(jwt.SigningMethodHS256, []byte(public), "k1", nil), ""},
		{"no signature", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "k1", nil), ""},
		{"other audience", sign(jwt.SigningMethodEdDSA, private, "k1", func(c jwt.MapClaims) { c["aud"] = "shop" }), ""},
		{"other issuer", sign(jwt.SigningMethodEdDSA, private, "k1", func(c jwt.MapClaims) { c["iss"] = "shop" }), ""},
		{"expired", sign(jwt.SigningMethodEdDSA, private, "k1", func(c jwt.MapClaims) { c["exp"] = at.Add(-time.Hour).Unix() }), ""},
		{"without expiry", sign(jwt.SigningMethodEdDSA, private, "k1", func(c jwt.MapClaims) { delete(c, "exp") }), ""},
		{"subject is no text", sign(jwt.SigningMethodEdDSA, private, "k1", func(c jwt.MapClaims) { c["sub"] = 7 }), ""},
		{"garbage", "a.b.c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.recorder.mu.Lock()
			s.recorder.completed = nil
			s.recorder.mu.Unlock()
			r := s.send(t, "GET", "/", "", "Authorization: Bearer "+c.token)
			assert.Equal(t, http.StatusOK, r.StatusCode, "the upstream decides")
			assert.Equal(t, c.want, s.events(t, 1)[0].Subject.Account)
		})
	}
	s.now.add(2 * time.Hour)
	s.recorder.completed = nil
	s.send(t, "GET", "/", "", "Authorization: Bearer "+good)
	assert.Empty(t, s.events(t, 1)[0].Subject.Account, "the cache does not outlive the token")
}

func TestSessionCookieFormAndQueryKeys(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) { o.Routes = mustRoutes(t, smallTable) })
	r := s.raw(t, "POST /form?day=2026-05-02 HTTP/1.1\r\nHost: a\r\nCookie: sid=tok; who=me\r\nX-Phone: 13800000000\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\npool=main&doc=E1&doc=E2&n=2")
	require.Equal(t, http.StatusOK, r.StatusCode)
	e := s.events(t, 1)[0]
	assert.Equal(t, s.keyer.Current(fingerprint.PurposeSession, "tok"), e.Subject.Session)
	assert.Equal(t, s.keyer.Current(fingerprint.PurposePhone, "13800000000"), e.Subject.Phone)
	assert.Equal(t, s.keyer.Current(fingerprint.PurposeClaimed, "me"), e.Subject.Claimed)
	assert.Len(t, e.Subject.Documents, 2)
	assert.Equal(t, ingest.Order{Pool: "main", Day: "2026-05-02"}, ingest.Order{Pool: e.Order.Pool, Day: e.Order.Day})

	for name, c := range map[string]struct{ head, body, code string }{
		"two pools":      {"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", "pool=a&pool=b", "duplicate_key"},
		"broken escape":  {"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", "pool=%zz", "malformed_form"},
		"another type":   {"POST /form HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x", "pool=a", "unsupported_encoding"},
		"two days":       {"POST /form?day=1&day=2 HTTP/1.1", "", "duplicate_key"},
		"two phones":     {"POST /form HTTP/1.1\r\nX-Phone: 1\r\nX-Phone: 2", "", "duplicate_header"},
		"two sids":       {"POST /form HTTP/1.1\r\nCookie: sid=1; sid=2", "", "duplicate_header"},
		"two whos":       {"POST /form HTTP/1.1\r\nCookie: who=1; who=2", "", "duplicate_header"},
		"semicolon pair": {"POST /form?a;b HTTP/1.1", "", "bad_target"},
	} {
		r := s.raw(t, c.head+"\r\nHost: a\r\nContent-Length: "+itoa(len(c.body))+"\r\n\r\n"+c.body)
		assert.Equal(t, c.code, problemOf(t, r).Code, name)
	}
}

// failing is a shared store that is away.
type failing struct{}

func (failing) Get(context.Context, string) (string, bool, error) {
	return "", false, errors.New("away")
}

func (failing) Put(context.Context, string, string, time.Duration) error { return errors.New("away") }

func TestMemoryBindings(t *testing.T) {
	ctx := context.Background()
	c := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	fleet := gateway.NewMemoryBindings(0, nil, c.Now)
	here := gateway.NewMemoryBindings(2, fleet, c.Now)
	require.NoError(t, here.Put(ctx, "s1", "a1", time.Hour))
	for name, b := range map[string]gateway.Bindings{"own": here, "fleet": fleet, "another gateway": gateway.NewMemoryBindings(2, fleet, c.Now)} {
		account, ok, err := b.Get(ctx, "s1")
		require.NoError(t, err)
		assert.True(t, ok, name)
		assert.Equal(t, "a1", account, name)
	}
	require.NoError(t, fleet.Put(ctx, "s1", "", 0))
	_, ok, err := here.Get(ctx, "s1")
	require.NoError(t, err)
	assert.True(t, ok, "its own memory still has it")
	c.add(time.Hour)
	_, ok, err = here.Get(ctx, "s1")
	require.NoError(t, err)
	assert.False(t, ok, "expired")

	alone := gateway.NewMemoryBindings(2, failing{}, c.Now)
	require.Error(t, alone.Put(ctx, "s2", "a2", time.Hour))
	account, ok, err := alone.Get(ctx, "s2")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "a2", account)
	_, _, err = alone.Get(ctx, "s3")
	require.Error(t, err)
}

func TestABindingStoreThatIsAwayStopsNobody(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) { o.Bindings = failing{} })
	assert.Equal(t, http.StatusOK, s.send(t, "GET", "/", "", "Authorization: Bearer x").StatusCode)
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_binding_errors_total"), 0)
}
