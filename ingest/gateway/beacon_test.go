package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/gateway"
)

// withCollector is a site whose gateway takes beacons and remembers with store.
func withCollector(t *testing.T, store collector.Store) *site {
	t.Helper()
	return newSite(t, func(o *gateway.Options) {
		tokens, err := fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{Now: o.Clock})
		require.NoError(t, err)
		service, err := collector.New(store, collector.Options{
			Site: o.Site, Keys: [][]byte{deviceKey}, Tokens: tokens, Now: o.Clock, Registerer: o.Registerer,
		})
		require.NoError(t, err)
		o.Collector = service
		handler, err := collector.NewHandler(service, func(r *http.Request) string {
			v, ok := gateway.VisitorFrom(r.Context())
			assert.True(t, ok)
			return v.Subject.Device
		})
		require.NoError(t, err)
		o.CollectorPath = handler.ScriptPath()
		o.Mounts = map[string]fiber.Handler{collector.Mount: adaptor.HTTPHandler(handler)}
	})
}

// device gives the site a known device and returns its cookie header.
func (s *site) device() (id, cookie string) {
	token, device := s.tokens.Issue(0)
	return device.ID, "Cookie: fgd=" + token
}

func (s *site) nonce(t *testing.T, cookie string) string {
	t.Helper()
	r := s.send(t, "GET", collector.NoncePath, "", cookie)
	require.Equal(t, http.StatusOK, r.StatusCode)
	assert.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	var given struct {
		Nonce     string
		ExpiresIn int `json:"expires_in"`
	}
	require.NoError(t, json.Unmarshal([]byte(text(t, r)), &given))
	assert.Equal(t, 600, given.ExpiresIn)
	return given.Nonce
}

func (s *site) beacon(nonce, more string) string {
	return fmt.Sprintf(`{"v":1,"nonce":%q,"source":"browser","at":%d%s}`, nonce, s.now.Now().UnixMilli(), more)
}

func (s *site) beacons(t *testing.T, result collector.Result) float64 {
	t.Helper()
	return s.counter(t, "fairgate_fingerprint_beacons_total", "result="+string(result))
}

func TestBeacon(t *testing.T) {
	s := withCollector(t, collector.NewMemory(nil))
	s.screener.decide = always(ingest.Decision{Action: ingest.Block})
	id, cookie := s.device()
	r := s.send(t, "POST", gateway.CollectPath, s.beacon(s.nonce(t, cookie), `,"automation":["webdriver"],"keys":{"presses":3,"gap":180.4}`), cookie)
	require.Equal(t, http.StatusOK, r.StatusCode)
	var next struct{ Nonce string }
	require.NoError(t, json.Unmarshal([]byte(text(t, r)), &next))
	e := s.events(t, 1)[0]
	assert.Equal(t, ingest.KindBeacon, e.Kind)
	assert.Equal(t, ingest.Allow, e.Decision.Action, "a beacon is never acted on")
	assert.Equal(t, id, e.Subject.Device)
	assert.Equal(t, []ingest.Trace{ingest.TraceWebdriver}, e.Telemetry.Traces)
	assert.Equal(t, 180, e.Telemetry.KeyGap)
	assert.Empty(t, s.forwarded())

	carried := r.Cookies()[0]
	assert.Equal(t, fingerprint.TelemetryCookie, carried.Name)
	assert.True(t, carried.HttpOnly)
	assert.Equal(t, carried.Value, r.Header.Get(fingerprint.TelemetryHeader))
	s.screener.decide = nil
	s.send(t, "GET", "/api/v1/pools", "", cookie+"; fgt="+carried.Value+"; sid=x")
	s.send(t, "GET", "/api/v1/pools", "", cookie, "X-Device-Telemetry: "+carried.Value)
	_, other := s.device()
	s.send(t, "GET", "/api/v1/pools", "", other+"; fgt="+carried.Value)
	events := s.events(t, 4)[1:]
	assert.Equal(t, e.Telemetry, events[0].Telemetry, "every later event of the device has it")
	assert.Equal(t, e.Telemetry, events[1].Telemetry)
	assert.True(t, events[2].Telemetry.IsZero(), "and no other device's")
	assert.Equal(t, "sid=x", s.forwarded()[0].Header.Get("Cookie"), "the upstream does not see it")
	assert.Empty(t, s.forwarded()[1].Header.Get("X-Device-Telemetry"))

	r = s.send(t, "POST", gateway.CollectPath, s.beacon(next.Nonce, ""), cookie)
	assert.Equal(t, http.StatusOK, r.StatusCode, "the answer brings the next nonce")
	assert.InDelta(t, 2, s.beacons(t, collector.Accepted), 0)
}

func TestCollectorIsAnnouncedAndServed(t *testing.T) {
	s := withCollector(t, collector.NewMemory(nil))
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(gateway.CollectorHeader, "/evil.js")
		w.WriteHeader(http.StatusNoContent)
	}
	_, cookie := s.device()
	path := s.send(t, "GET", "/api/v1/pools", "", cookie).Header.Get(gateway.CollectorHeader)
	assert.Regexp(t, `^/\.fairgate/collector/[0-9a-f]{16}\.js$`, path, "by the gateway alone")
	r := s.send(t, "GET", path, "", cookie)
	assert.Equal(t, http.StatusOK, r.StatusCode)
	assert.Equal(t, "text/javascript; charset=utf-8", r.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"))
	assert.Contains(t, text(t, r), "fairgateCollector")
	fresh := s.send(t, "GET", path, "")
	assert.Equal(t, "private, no-cache", fresh.Header.Get("Cache-Control"), "no cache shares what carries a device token")
}

func TestBeaconsThatAreRefused(t *testing.T) {
	s := withCollector(t, collector.NewMemory(nil))
	_, cookie := s.device()
	_, other := s.device()
	foreignTokens, err := fingerprint.NewTokens([]byte("another-sites-key-another-sites-"), fingerprint.TokenOptions{Now: s.now.Now})
	require.NoError(t, err)
	foreignToken, _ := foreignTokens.Issue(0)
	good := s.nonce(t, cookie)
	for _, test := range []struct {
		name, body, cookie string
		status             int
		result             collector.Result
		noted              bool
	}{
		{"not JSON", `{`, cookie, 400, collector.Malformed, false},
		{"a thousand deep", `{"traits":` + strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000) + `}`, cookie, 400, collector.TooDeep, false},
		{"NaN", s.beacon(good, `,"traits":{"memory":NaN}`), cookie, 400, collector.Malformed, false},
		{"a number beyond all", s.beacon(good, `,"traits":{"memory":1e999}`), cookie, 400, collector.BadValue, false},
		{"17 KB", s.beacon(good, `,"traits":{"agent":"`+strings.Repeat("a", 17<<10)+`"}`), cookie, 413, collector.TooLarge, false},
		{"no device", s.beacon(good, ""), "X: y", 409, collector.NoDevice, false},
		{"a device token of another site", s.beacon(good, ""), "Cookie: fgd=" + foreignToken, 409, collector.NoDevice, false},
		{"another device's nonce", s.beacon(good, ""), other, 409, collector.NonceForeign, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, events := s.beacons(t, test.result), s.counter(t, "fairgate_gateway_requests_total")
			r := s.send(t, "POST", gateway.CollectPath, test.body, test.cookie)
			assert.Equal(t, test.status, r.StatusCode)
			p := problemOf(t, r)
			assert.Equal(t, "beacon_"+string(test.result), p.Code)
			assert.NotEmpty(t, p.Detail)
			assert.InDelta(t, before+1, s.beacons(t, test.result), 0)
			noted := s.counter(t, "fairgate_gateway_requests_total") > events
			assert.Equal(t, test.noted, noted, "an event is made of what says something about the sender")
			if test.result == collector.NoDevice {
				assert.NotEmpty(t, r.Header.Get("Set-Cookie"), "the token comes with the answer")
			}
		})
	}
	assert.Equal(t, "beacon_too_large", problemOf(t, s.send(t, "POST", gateway.CollectPath, strings.Repeat("a", 1<<20), cookie)).Code)
	assert.Equal(t, "body_too_large", problemOf(t, s.send(t, "POST", gateway.CollectPath, strings.Repeat("a", 1<<20+1), cookie)).Code, "the server's own limit")
	r := s.send(t, "GET", collector.NoncePath, "")
	assert.Equal(t, "no_device", problemOf(t, r).Code)
	assert.NotEmpty(t, r.Header.Get("Set-Cookie"))
	r = s.send(t, "POST", gateway.CollectPath, s.beacon(good, ""), cookie)
	assert.Equal(t, http.StatusOK, r.StatusCode, "nothing of all that used the nonce up")
}

// TestOneNonceTwoGateways sends one beacon to two gateways at the same instant.
func TestOneNonceTwoGateways(t *testing.T) {
	fleet := collector.NewMemory(nil)
	gateways := []*site{withCollector(t, fleet), withCollector(t, fleet)}
	for range 20 {
		_, cookie := gateways[0].device()
		body := gateways[0].beacon(gateways[1].nonce(t, cookie), "")
		status := make([]int, len(gateways))
		var both sync.WaitGroup
		for i, g := range gateways {
			both.Go(func() { status[i] = g.send(t, "POST", gateway.CollectPath, body, cookie).StatusCode })
		}
		both.Wait()
		assert.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, status, "exactly one wins")
	}
	refused := gateways[0].beacons(t, collector.Replayed) + gateways[1].beacons(t, collector.Replayed)
	assert.InDelta(t, 20, refused, 0)
	require.Eventually(t, func() bool {
		replayed := 0
		for _, g := range gateways {
			g.recorder.mu.Lock()
			for _, e := range g.recorder.completed {
				if e.Telemetry.Refused == string(collector.Replayed) && e.Outcome.Disposition == ingest.DispositionRefused {
					replayed++
				}
			}
			g.recorder.mu.Unlock()
		}
		return replayed == 20
	}, 5*time.Second, time.Millisecond, "rules can count them")
}

// TestClocksTwoHoursOff is about a device's clock, which nobody trusts, and
// about a gateway's, whose nonces are refused.
func TestClocksTwoHoursOff(t *testing.T) {
	fleet := collector.NewMemory(nil)
	s, ahead := withCollector(t, fleet), withCollector(t, fleet)
	_, cookie := s.device()
	body := fmt.Sprintf(`{"v":1,"nonce":%q,"source":"browser","at":%d}`, s.nonce(t, cookie), s.now.Now().Add(-2*time.Hour).UnixMilli())
	require.Equal(t, http.StatusOK, s.send(t, "POST", gateway.CollectPath, body, cookie).StatusCode)
	e := s.events(t, 1)[0]
	assert.Equal(t, -7200, e.Telemetry.Skew, "told, and nothing else disturbed")
	assert.Equal(t, s.now.Now().UTC().Truncate(time.Millisecond), e.Time)

	ahead.now.add(2 * time.Hour)
	future := ahead.nonce(t, cookie)
	assert.Equal(t, "beacon_nonce_future", problemOf(t, s.send(t, "POST", gateway.CollectPath, s.beacon(future, ""), cookie)).Code)
	past := s.nonce(t, cookie)
	assert.Equal(t, "beacon_nonce_expired", problemOf(t, ahead.send(t, "POST", gateway.CollectPath, ahead.beacon(past, ""), cookie)).Code)
}
