package challenge_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"fairgate/enforcement/challenge"
	"fairgate/enforcement/challenge/redis"
	"fairgate/ingest"
)

var (
	start   = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	visitor = ingest.Subject{Account: "a1", Session: "s1", Device: "d1"}
	scope   = challenge.Scope{Kind: ingest.KindOrderSubmit, Pool: "main"}
)

func service(t *testing.T, now *time.Time) *challenge.Service {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	s, err := challenge.New([]byte(strings.Repeat("k", 32)), redis.New(client), challenge.Options{MaxNumber: 300, Now: func() time.Time { return *now }})
	require.NoError(t, err)
	return s
}

// solve does what the widget does.
func solve(t *testing.T, c challenge.Challenge) map[string]any {
	t.Helper()
	for n := 0; n <= c.MaxNumber; n++ {
		sum := sha256.Sum256([]byte(c.Salt + strconv.Itoa(n)))
		if hex.EncodeToString(sum[:]) == c.Challenge {
			return map[string]any{"algorithm": c.Algorithm, "challenge": c.Challenge, "number": n, "salt": c.Salt, "signature": c.Signature}
		}
	}
	t.Fatal("no number solves the challenge")
	return nil
}

func encode(t *testing.T, answer map[string]any) string {
	t.Helper()
	b, err := json.Marshal(answer)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(b)
}

func event(change func(*ingest.Event)) *ingest.Event {
	e := &ingest.Event{Time: start.Add(time.Minute), Kind: scope.Kind, Subject: visitor, Order: ingest.Order{Pool: scope.Pool}}
	if change != nil {
		change(e)
	}
	return e
}

func TestPassIsForOneVisitorAndScope(t *testing.T) {
	now := start
	s := service(t, &now)
	c, err := s.Issue(visitor, scope)
	require.NoError(t, err)
	pass, err := s.Redeem(t.Context(), visitor, scope, encode(t, solve(t, c)))
	require.NoError(t, err)
	burn, ok := s.Verify(pass.Token, event(nil))
	assert.True(t, ok)
	assert.NotEmpty(t, burn)
	for name, change := range map[string]func(*ingest.Event){
		"another account":  func(e *ingest.Event) { e.Subject.Account = "a2" },
		"another device":   func(e *ingest.Event) { e.Subject.Device = "d2" },
		"another kind":     func(e *ingest.Event) { e.Kind = ingest.KindOrderChange },
		"another pool":     func(e *ingest.Event) { e.Order.Pool = "other" },
		"after its expiry": func(e *ingest.Event) { e.Time = start.Add(2 * time.Minute) },
	} {
		_, ok := s.Verify(pass.Token, event(change))
		assert.False(t, ok, name)
	}
	for i := range pass.Token {
		forged := []byte(pass.Token)
		forged[i] ^= 1
		_, ok := s.Verify(string(forged), event(nil))
		assert.False(t, ok, "character %d changed", i)
	}
}

func TestRedeemRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(a map[string]any, now *time.Time)
		as     ingest.Subject
		want   error
	}{
		"a wrong number":         {change: func(a map[string]any, _ *time.Time) { a["number"] = a["number"].(int) + 1 }, want: challenge.ErrWrong},
		"a forged signature":     {change: func(a map[string]any, _ *time.Time) { a["signature"] = strings.Repeat("0", 64) }, want: challenge.ErrForged},
		"a later expiry":         {change: func(a map[string]any, _ *time.Time) { a["salt"] = a["salt"].(string) + "&expires=9999999999" }, want: challenge.ErrWrong},
		"too late":               {change: func(_ map[string]any, now *time.Time) { *now = now.Add(6 * time.Minute) }, want: challenge.ErrExpired},
		"somebody else's answer": {as: ingest.Subject{Account: "a2", Device: "d1"}, want: challenge.ErrForged},
		"another algorithm":      {change: func(a map[string]any, _ *time.Time) { a["algorithm"] = "MD5" }, want: challenge.ErrMalformed},
		"a negative number":      {change: func(a map[string]any, _ *time.Time) { a["number"] = -1 }, want: challenge.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			now := start
			s := service(t, &now)
			c, err := s.Issue(visitor, scope)
			require.NoError(t, err)
			a := solve(t, c)
			if tt.change != nil {
				tt.change(a, &now)
			}
			as := visitor
			if tt.as.Account != "" {
				as = tt.as
			}
			_, err = s.Redeem(t.Context(), as, scope, encode(t, a))
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func TestAnAnswerCountsOnce(t *testing.T) {
	now := start
	s := service(t, &now)
	c, err := s.Issue(visitor, scope)
	require.NoError(t, err)
	payload := encode(t, solve(t, c))
	_, err = s.Redeem(t.Context(), visitor, scope, payload)
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), visitor, scope, payload)
	require.ErrorIs(t, err, challenge.ErrSpent)
}

func TestHandler(t *testing.T) {
	now := start
	s := service(t, &now)
	h := challenge.Handler(s, func(context.Context) (ingest.Subject, bool) { return visitor, true }, slog.New(slog.DiscardHandler))
	call := func(method, target, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
		return w
	}
	w := call(http.MethodGet, "/.fairgate/challenge?kind=order.submit&pool=main", "")
	require.Equal(t, http.StatusOK, w.Code)
	var c challenge.Challenge
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &c))
	body, err := json.Marshal(map[string]string{"payload": encode(t, solve(t, c)), "kind": "order.submit", "pool": "main"})
	require.NoError(t, err)
	w = call(http.MethodPost, "/.fairgate/challenge", string(body))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Contains(t, w.Body.String(), `"pass":"v1.`)
	w = call(http.MethodPost, "/.fairgate/challenge", string(body))
	assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
	assert.Contains(t, w.Body.String(), "spent_challenge")
	assert.Equal(t, http.StatusBadRequest, call(http.MethodGet, "/.fairgate/challenge?kind=nonsense", "").Code)
	assert.Equal(t, http.StatusBadRequest, call(http.MethodPost, "/.fairgate/challenge", strings.Repeat("[", 10_000)).Code)
}

func FuzzRedeem(f *testing.F) {
	now := start
	s, err := challenge.New([]byte(strings.Repeat("k", 32)), once{}, challenge.Options{Now: func() time.Time { return now }})
	require.NoError(f, err)
	f.Add("e30=")
	f.Add(base64.StdEncoding.EncodeToString([]byte(`{"algorithm":"SHA-256","challenge":"00","number":1,"salt":"a?expires=1","signature":"00"}`)))
	f.Fuzz(func(t *testing.T, payload string) {
		if _, err := s.Redeem(t.Context(), visitor, scope, payload); err == nil {
			t.Fatal("a made-up answer won a pass")
		}
		if _, ok := s.Verify(payload, event(nil)); ok {
			t.Fatal("a made-up pass was believed")
		}
	})
}

type once struct{}

func (once) Once(context.Context, string, time.Duration) (bool, error) { return true, nil }
