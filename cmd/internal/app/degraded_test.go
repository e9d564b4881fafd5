package app

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// degradedHouse is a gateway as deployed, with the shipped rules, a Redis that can be
// taken away, and a clock that stands still between requests.
type degradedHouse struct {
	redis   *miniredis.Miniredis
	metrics *prometheus.Registry
	addr    string
	session ed25519.PrivateKey
	now     atomic.Int64 // Unix ms
}

func startDegradedHouse(t *testing.T, fleet int) *degradedHouse {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(upstream.Close)
	deploy := deployFolder(t)
	h := &degradedHouse{redis: miniredis.RunT(t), metrics: prometheus.NewRegistry()}
	h.now.Store(time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC).UnixMilli())
	c := deployed(t, deploy, sqlite, inCompose(t, deploy, "gateway"))
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h.session = private
	require.NoError(t, os.WriteFile(filepath.Join("secrets", "session-public"), []byte(hex.EncodeToString(public)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join("secrets", "redis"), nil, 0o600))
	c.Redis.Addrs, c.Redis.Password = []string{h.redis.Addr()}, ""
	c.Gateway.Upstream, c.Gateway.TrustedProxies, c.Gateway.Fleet = upstream.URL, []string{"127.0.0.1/32"}, fleet
	// Redis is never too slow for the test's machine.
	c.Gateway.Deadline = 10 * time.Second
	s := NewStack(quiet())
	h.addr, err = Gateway(t.Context(), s, Env{Config: c, Log: slog.New(slog.DiscardHandler), Registry: h.metrics, Now: func() time.Time {
		return time.UnixMilli(h.now.Load())
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		closing, end := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer end()
		assert.NoError(t, s.Close(closing))
	})
	return h
}

// wait lets so much time pass.
func (h *degradedHouse) wait(d time.Duration) { h.now.Add(d.Milliseconds()) }

// state is what the gateway says of its counters: 1 while they are its own.
func (h *degradedHouse) state(t *testing.T) float64 {
	t.Helper()
	families, err := h.metrics.Gather()
	require.NoError(t, err)
	for _, m := range families {
		if m.GetName() == "fairgate_failover_state" {
			return m.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("no metric of the state")
	return 0
}

// guest is one who has signed in; it keeps its device token.
type guest struct {
	h                 *degradedHouse
	token, ip, device string
}

func (h *degradedHouse) guest(t *testing.T, name string, host int) *guest {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Subject: name, Issuer: ticketing.TokenIssuer, Audience: jwt.ClaimStrings{ticketing.TokenAudience},
		ExpiresAt: jwt.NewNumericDate(time.UnixMilli(h.now.Load()).Add(24 * time.Hour)),
	}).SignedString(h.session)
	require.NoError(t, err)
	return &guest{h: h, token: token, ip: fmt.Sprintf("36.112.%d.7", host)}
}

// send makes a request and reports whether it was let through.
func (g *guest) send(t *testing.T, method, path, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+g.h.addr+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148")
	req.Header.Set("Accept-Language", "zh-CN")
	req.Header.Set("X-Forwarded-For", g.ip)
	req.Header.Set("Authorization", "Bearer "+g.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if g.device != "" {
		req.AddCookie(&http.Cookie{Name: "fgd", Value: g.device})
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	for _, c := range res.Cookies() {
		if c.Name == "fgd" {
			g.device = c.Value
		}
	}
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text)
}

func (g *guest) read(t *testing.T) int {
	t.Helper()
	status, _ := g.send(t, http.MethodGet, "/api/v1/pools/hall/stock", "")
	return status
}

func (g *guest) book(t *testing.T) (int, string) {
	t.Helper()
	return g.send(t, http.MethodPost, "/api/v1/orders", `{"pool":"hall","date":"2026-04-01","positions":[{"name":"A"}]}`)
}

// ordinary looks at its own pace and books; everything is let through.
func (g *guest) ordinary(t *testing.T) {
	t.Helper()
	status, answer := g.send(t, http.MethodGet, "/api/v1/pools", "")
	require.Equal(t, http.StatusOK, status, answer)
	for _, seconds := range []float64{4.1, 9.3, 2.7, 17.9, 6.2} {
		g.h.wait(time.Duration(seconds * float64(time.Second)))
		require.Equal(t, http.StatusOK, g.read(t))
	}
	g.h.wait(12 * time.Second)
	for range 2 { // a double tap
		status, answer = g.book(t)
		require.Equal(t, http.StatusOK, status, answer)
		g.h.wait(400 * time.Millisecond)
	}
}

// takeRedisAway has Redis answer as one does that was started anew and is not
// ready, and sends what it takes until the gateway noticed.
func (h *degradedHouse) takeRedisAway(t *testing.T) {
	t.Helper()
	h.redis.SetError("LOADING Redis is loading the dataset in memory")
	for n := 0; h.state(t) == 0; n++ {
		require.Less(t, n, 10, "a handful of failures is enough")
		require.Equal(t, http.StatusOK, h.guest(t, fmt.Sprint("noticing", n), 200+n).read(t))
		h.wait(3 * time.Second)
	}
}

// TestGatewayScreensWithItsOwnCounters takes Redis away while the gateway runs.
// How many requests it takes until a script is stopped depends on the fleet:
// each gateway sees its share, and multiplies by how many there are.
//
// A simulation on an overloaded machine, whose Redis was too slow again and
// again for a few seconds each, intercepted neither pollers (S1) nor those who
// book without looking (S2). Two things worked together: the gateway's own
// counters lacked what Redis had answered between two outages, which scoring/
// window/failover now counts along; and rules that conclude from what was not
// seen rest during an outage and after it, so that nobody is stopped whose look
// was forgotten. Those who book out of nothing are now stopped by their number,
// and by a gateway that is alone also once it has seen enough for itself.
func TestGatewayScreensWithItsOwnCounters(t *testing.T) {
	for _, c := range []struct{ fleet, reads, bookings int }{{1, 14, 8}, {4, 14, 3}} {
		t.Run(fmt.Sprint(c.fleet), func(t *testing.T) {
			h := startDegradedHouse(t, c.fleet)
			h.guest(t, "before", 1).ordinary(t)
			require.Zero(t, h.state(t))
			h.takeRedisAway(t)

			poller := h.guest(t, "poller", 2)
			reads := 1
			for ; poller.read(t) == http.StatusOK; reads++ {
				require.LessOrEqual(t, reads, c.reads, "once a second, for ever")
				h.wait(time.Second)
			}
			script := h.guest(t, "script", 3)
			bookings := 1
			for ; ; bookings++ {
				status, answer := script.book(t)
				if status != http.StatusOK {
					assert.Contains(t, answer, "challenge")
					break
				}
				require.LessOrEqual(t, bookings, c.bookings, "a booking out of nothing each 20 s")
				h.wait(20 * time.Second)
			}
			t.Logf("the poller was stopped at read %d, the script at booking %d", reads, bookings)
			for n := range 20 {
				h.guest(t, fmt.Sprint("visitor", n), 10+n).ordinary(t)
			}
			assert.Equal(t, 1.0, h.state(t))
		})
	}
}

func TestGatewayAloneKnowsWhoHasNotLooked(t *testing.T) {
	h := startDegradedHouse(t, 1)
	h.takeRedisAway(t)
	script := h.guest(t, "script", 3)
	status, answer := script.book(t)
	require.Equal(t, http.StatusOK, status, "who looked before the outage is not known: %s", answer)
	h.wait(6 * time.Minute)
	status, answer = h.guest(t, "another", 4).book(t)
	assert.Equal(t, http.StatusForbidden, status, "nobody takes so long from looking to booking")
	assert.Contains(t, answer, `"reason":"client"`)
	h.guest(t, "visitor", 5).ordinary(t)
}

func TestGatewayTrustsRedisAgainAfterTenGoodAnswers(t *testing.T) {
	h := startDegradedHouse(t, 2)
	h.takeRedisAway(t)
	h.redis.SetError("")
	visitor := h.guest(t, "visitor", 10)
	for n := range 10 {
		require.Equal(t, 1.0, h.state(t), "after %d good answers", n)
		h.wait(time.Duration(3+n*n%7) * time.Second)
		require.Equal(t, http.StatusOK, visitor.read(t))
	}
	require.Zero(t, h.state(t))
	script := h.guest(t, "script", 3)
	status, answer := script.book(t)
	assert.Equal(t, http.StatusOK, status, "what was seen during the outage is not in Redis yet: %s", answer)
	h.wait(11 * time.Minute)
	status, _ = h.guest(t, "another", 4).book(t)
	assert.NotEqual(t, http.StatusOK, status)
}
