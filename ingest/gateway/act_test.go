package gateway_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/gateway"
)

// always is a screener's answer to everything.
func always(d ingest.Decision) func(*ingest.Event, ingest.Policy) ingest.Decision {
	return func(*ingest.Event, ingest.Policy) ingest.Decision { return d }
}

func TestBlock(t *testing.T) {
	s := newSite(t, nil)
	s.screener.decide = always(ingest.Decision{Action: ingest.Block, Reason: ingest.ReasonIdentity, Hits: []ingest.Hit{{Rule: "secret-rule"}}})
	r := s.send(t, "POST", "/api/v1/orders", booking, "Accept-Language: en-GB,en;q=0.9")
	assert.Equal(t, http.StatusForbidden, r.StatusCode)
	assert.Equal(t, "en", r.Header.Get("Content-Language"))
	assert.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	assert.NotEmpty(t, r.Header.Get("Set-Cookie"))
	p := problemOf(t, r)
	assert.Equal(t, "refused", p.Code)
	assert.Equal(t, "identity", p.Reason)
	assert.Equal(t, "/.fairgate/appeal", p.AppealURL)
	assert.Regexp(t, "^[0-9A-HJKMNP-TV-Z]{20}$", p.Receipt)
	assert.Equal(t, "We couldn't complete this booking. If this seems wrong, appeal with receipt "+p.Receipt+"; we answer within 24 hours.", p.Detail)
	assert.Empty(t, s.forwarded())
	e := s.events(t, 1)[0]
	assert.Equal(t, p.Receipt, e.Decision.Receipt)
	assert.Equal(t, ingest.DispositionRefused, e.Outcome.Disposition)
	assert.Empty(t, s.recorder.intended)
}

func TestChallenge(t *testing.T) {
	s := newSite(t, nil)
	s.screener.decide = always(ingest.Decision{Action: ingest.Challenge, Ticket: "sealed"})
	p := problemOf(t, s.send(t, "POST", "/api/v1/orders", booking))
	assert.Equal(t, "challenge_required", p.Code)
	assert.Equal(t, "/.fairgate/challenge", p.ChallengeURL)
	assert.Equal(t, "order.submit", p.Scope.Kind)
	assert.Equal(t, "main", p.Scope.Pool)
	assert.Equal(t, "sealed", p.Scope.Ticket)
	assert.NotEmpty(t, p.Receipt)
	assert.Equal(t, "请完成验证后继续。如有不便,可改用短信验证。", p.Detail)
}

func TestRefusalsHaveOneShape(t *testing.T) {
	shape := func(d ingest.Decision) []string {
		s := newSite(t, nil)
		s.screener.decide = always(d)
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(text(t, s.send(t, "GET", "/api/v1/pools/main/stock", ""))), &fields))
		var names []string
		for name := range fields {
			names = append(names, name)
		}
		return names
	}
	assert.ElementsMatch(t, shape(ingest.Decision{Action: ingest.Block}),
		shape(ingest.Decision{Action: ingest.Block, Reason: ingest.ReasonPace, Receipt: "R", Score: 90, Hits: []ingest.Hit{{Rule: "x", TTL: 60}}}))
	assert.ElementsMatch(t, shape(ingest.Decision{Action: ingest.Block}), shape(ingest.Decision{Action: ingest.Block, Reason: ingest.ReasonService}))
}

func TestLanguage(t *testing.T) {
	s := newSite(t, nil)
	s.screener.decide = always(ingest.Decision{Action: ingest.Block, Receipt: "R-1"})
	const zh = "暂时无法完成本次预约。如有疑问,请凭回执 R-1 申诉,我们将在 24 小时内答复。"
	const en = "We couldn't complete this booking. If this seems wrong, appeal with receipt R-1; we answer within 24 hours."
	for accept, want := range map[string]string{
		"zh-CN": zh, "zh-TW,en;q=0.5": zh, "zh": zh, "en": en, "en-US,en;q=0.9,zh;q=0.8": en, "fr, en;q=0.2": en, "fr": zh, "*": zh,
		"": zh, "\xff;;q=": zh, "en;q=0, zh": zh,
	} {
		var lines []string
		if accept != "" {
			lines = append(lines, "Accept-Language: "+accept)
		}
		assert.Equal(t, want, problemOf(t, s.send(t, "GET", "/anything", "", lines...)).Detail, accept)
	}
}

func TestObserveModeNeverActs(t *testing.T) {
	s := newSite(t, func(o *gateway.Options) {
		o.Routes = mustRoutes(t, "site: {mode: observe, fail_mode: open}\n"+smallTable[len("\nsite: {session: [\"cookie:sid\"]}\n"):])
	})
	s.screener.decide = always(ingest.Decision{Action: ingest.Block})
	assert.Equal(t, http.StatusOK, s.send(t, "POST", "/book", `{}`).StatusCode)
	assert.Equal(t, ingest.Policy{Observe: true, FailMode: ingest.FailOpen}, s.screener.policies[0])
	e := s.events(t, 1)[0]
	assert.Equal(t, ingest.Allow, e.Decision.Action)
	assert.Equal(t, ingest.Block, e.Decision.Observed)
}

func TestAnInvalidDecisionFollowsTheFailMode(t *testing.T) {
	s := newSite(t, nil)
	s.screener.decide = always(ingest.Decision{})
	assert.Equal(t, http.StatusOK, s.send(t, "GET", "/", "").StatusCode)
	assert.True(t, s.events(t, 1)[0].Decision.Degraded)

	closed := newSite(t, func(o *gateway.Options) {
		o.Routes = mustRoutes(t, `
site: {fail_mode: closed}
routes: [{id: a, method: GET, path: /, kind: page.read}]`)
	})
	closed.screener.decide = always(ingest.Decision{})
	for accept, detail := range map[string]string{
		"zh-CN": "暂时无法预约，请稍后再试。", "en": "Bookings are not possible right now. Please try again in a moment.",
	} {
		r := closed.send(t, "GET", "/anything", "", "Accept-Language: "+accept)
		assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
		assert.Equal(t, "30", r.Header.Get("Retry-After"))
		p := problemOf(t, r)
		assert.Equal(t, "urn:fairgate:problem:unavailable", p.Type)
		assert.Equal(t, "unavailable", p.Code)
		assert.Equal(t, "Service Unavailable", p.Title)
		assert.Equal(t, http.StatusServiceUnavailable, p.Status)
		assert.Equal(t, "service", p.Reason)
		assert.Equal(t, detail, p.Detail)
		assert.Regexp(t, "^[0-9A-HJKMNP-TV-Z]{20}$", p.Receipt)
	}
	for _, e := range closed.events(t, 2) {
		assert.Equal(t, ingest.DispositionRefused, e.Outcome.Disposition)
		assert.Equal(t, http.StatusServiceUnavailable, e.Outcome.Status)
	}
	assert.Empty(t, closed.forwarded())
}

func TestAPanicIsAnAnswer(t *testing.T) {
	s := newSite(t, nil)
	s.screener.decide = func(*ingest.Event, ingest.Policy) ingest.Decision { panic("broken rule") }
	r := s.send(t, "GET", "/", "")
	assert.Equal(t, http.StatusInternalServerError, r.StatusCode)
	assert.NotContains(t, text(t, r), "broken rule")
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_panics_total"), 0)
}
