package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/gateway"
)

func TestNewReportsEveryFault(t *testing.T) {
	_, err := gateway.New(nil, nil, "ftp://x/y", gateway.Options{SigningKey: []byte("short"), JWT: &gateway.JWTOptions{}})
	for _, want := range []string{"reader is missing", "keyer is missing", "signing key has 5 bytes", "screener or recorder", `upstream "ftp://x/y"`} {
		require.ErrorContains(t, err, want)
	}
	s := newSite(t, nil)
	_, err = gateway.New(s.screener, s.recorder, "http://127.0.0.1:1", gateway.Options{
		Reader: mustReader(t), Keyer: s.keyer, SigningKey: signingKey, JWT: &gateway.JWTOptions{Keys: []gateway.JWTKey{{Algorithm: "none"}}},
	})
	require.ErrorContains(t, err, "issuer and audience")
	require.ErrorContains(t, err, `algorithm "none"`)
}

func TestHealthAndReadiness(t *testing.T) {
	var down error
	s := newSite(t, func(o *gateway.Options) {
		o.Ready = map[string]gateway.Check{"log": func(context.Context) error { return down }}
	})
	assert.Equal(t, http.StatusOK, s.send(t, "GET", "/healthz", "").StatusCode)
	r := s.send(t, "GET", "/readyz", "")
	assert.Equal(t, http.StatusOK, r.StatusCode)
	assert.JSONEq(t, `{"ready":true,"checks":{"log":"ok"}}`, text(t, r))
	down = errors.New("dsn with a password")
	r = s.send(t, "GET", "/readyz", "")
	assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	assert.JSONEq(t, `{"ready":false,"checks":{"log":"not ready"}}`, text(t, r))
	assert.Empty(t, s.forwarded())
}

func TestMounts(t *testing.T) {
	token := make(chan gateway.Visitor, 2)
	s := newSite(t, func(o *gateway.Options) {
		o.Mounts = map[string]fiber.Handler{
			"/.fairgate/challenge": func(c *fiber.Ctx) error {
				v, ok := gateway.VisitorFrom(c.Context())
				assert.True(t, ok)
				token <- v
				return c.SendString(c.Path() + " " + c.Get("X-Fairgate-Account") + c.Query("kind"))
			},
			"/.fairgate/appeal": adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v, ok := gateway.VisitorFrom(r.Context())
				assert.True(t, ok)
				token <- v
				_, _ = fmt.Fprint(w, r.URL.Path)
			}),
		}
	})
	valid, device := s.tokens.Issue(0)
	r := s.send(t, "GET", "/x/..//.fairgate/challenge?kind=a", "", "X-Device-Token: "+valid, "X-Fairgate-Account: admin", "X-Forwarded-For: 203.0.113.5")
	assert.Equal(t, "/.fairgate/challenge a", text(t, r))
	v := <-token
	assert.Equal(t, device.ID, v.Subject.Device)
	assert.Equal(t, "203.0.113.5", v.Client.IP.String())
	r = s.send(t, "POST", "/.fairgate/appeal/R-1", `{}`)
	assert.Equal(t, "/.fairgate/appeal/R-1", text(t, r))
	assert.NotEmpty(t, r.Header.Get("Set-Cookie"))
	<-token
	assert.Equal(t, "unknown_route", problemOf(t, s.send(t, "GET", "/.fairgate/appealing", "")).Code)
	_, ok := gateway.VisitorFrom(context.Background())
	assert.False(t, ok)
}

func TestEventsAreNumberedAndKeepTheirStrings(t *testing.T) {
	s := newSite(t, nil)
	const n = 200
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			r, err := http.Get(fmt.Sprintf("http://%s/page-%03d", s.addr, i))
			if assert.NoError(t, err) {
				assert.NoError(t, r.Body.Close())
			}
		})
	}
	wg.Wait()
	paths, ids := map[string]bool{}, map[string]bool{}
	for _, e := range bySeq(s.events(t, n)) {
		paths[e.Path], ids[e.ID] = true, true
		id, err := uuid.Parse(e.ID)
		require.NoError(t, err)
		assert.EqualValues(t, 7, id.Version())
		sec, nsec := id.Time().UnixTime()
		assert.Equal(t, e.Time.UnixMilli(), time.Unix(sec, nsec).UnixMilli(), "ids sort as times do")
	}
	assert.Len(t, paths, n, "no string became another request's")
	assert.Len(t, ids, n)
}

func TestShutdownFinishesEvents(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) { o.Workers, o.Backlog = 1, 2 })
	for range 20 {
		require.Equal(t, http.StatusOK, s.send(t, "GET", "/", "").StatusCode)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.NoError(t, s.gateway.Shutdown(ctx))
	assert.Len(t, s.recorder.completed, 20)
	assert.Len(t, s.screener.observed, 20)
	require.NoError(t, s.gateway.Shutdown(ctx), "twice is once")
}

func TestSetRoutes(t *testing.T) {
	s := newSite(t, nil)
	assert.Equal(t, http.StatusNotFound, s.send(t, "POST", "/book", `{}`).StatusCode)
	s.gateway.SetRoutes(mustRoutes(t, smallTable))
	assert.Equal(t, http.StatusOK, s.send(t, "POST", "/book", `{}`).StatusCode)
}
