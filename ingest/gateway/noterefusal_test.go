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
)

// What is refused for its form becomes an event that names who sent it.
func TestRefusedRequestsAreTold(t *testing.T) {
	for _, c := range []struct {
		name, request, code, path, route string
		status                           int
	}{
		{"unknown write", "DELETE /api/v1/orders HTTP/1.1\r\nHost: a\r\n%s\r\n", "unknown_route", "/api/v1/orders", "", 404},
		{"below a private prefix", "GET /internal/pools HTTP/1.1\r\nHost: a\r\n%s\r\n", "unknown_route", "/internal/pools", "", 404},
		{"duplicate key", "POST /api/v1/orders HTTP/1.1\r\nHost: a\r\n%sContent-Length: 21\r\n\r\n" + `{"pool":1,"pool":"b"}`, "duplicate_key", "/api/v1/orders", "order-submit", 400},
		{"too large for any route", "POST /api/v1/orders HTTP/1.1\r\nHost: a\r\n%sContent-Length: 90000000\r\n\r\n", "body_too_large", "/api/v1/orders", "", 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, nil)
			token, device := s.tokens.Issue(0)
			r := s.raw(t, fmt.Sprintf(c.request, "X-Forwarded-For: 203.0.113.9\r\nCookie: fgd="+token+"\r\n"))
			assert.Equal(t, c.status, r.StatusCode)
			e := s.events(t, 1)[0]
			assert.Equal(t, ingest.KindRequestRefused, e.Kind)
			assert.Equal(t, c.code, e.Outcome.Code)
			assert.Equal(t, c.status, e.Outcome.Status)
			assert.Equal(t, ingest.DispositionRefused, e.Outcome.Disposition)
			assert.Equal(t, c.path, e.Path)
			assert.Equal(t, c.route, e.Route)
			assert.Equal(t, device.ID, e.Subject.Device)
			assert.Equal(t, "203.0.113.0/24", e.Client.Subnet)
			require.NoError(t, e.Validate())
			assert.Empty(t, s.screener.policies, "it is not screened")
		})
	}
}

// Who cannot be told from the proxy is nobody, and a device that is only being
// issued is not one yet.
func TestRefusalsOfNobodyAreNotTold(t *testing.T) {
	s := newSite(t, nil)
	r := s.send(t, "DELETE", "/api/v1/orders", "", "X-Forwarded-For: 203.0.113.9")
	require.Equal(t, http.StatusNotFound, r.StatusCode)
	assert.Empty(t, s.events(t, 1)[0].Subject.Device)
	s.raw(t, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n")
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_refusals_unnoted_total"), 0)
}

// A scan cannot flood the log, by one source or by many.
func TestRefusalsHaveABudget(t *testing.T) {
	s := newSite(t, nil)
	from := func(ip string, n int) {
		for range n {
			s.send(t, "DELETE", "/x", "", "X-Forwarded-For: "+ip)
		}
	}
	from("203.0.113.9", 45)
	s.events(t, 40)
	assert.InDelta(t, 5, s.counter(t, "fairgate_gateway_refusals_unnoted_total"), 0)
	for i := range 70 {
		from(fmt.Sprintf("10.0.%d.1", i), 1) // trusted: the peer before them stands for them
		from(fmt.Sprintf("198.51.%d.1", i), 1)
	}
	s.events(t, 100)
	s.now.add(time.Second)
	from("192.0.2.1", 1)
	events := s.events(t, 101)
	assert.True(t, strings.HasPrefix(events[100].Client.Subnet, "192.0.2."))
	s.now.add(time.Minute)
	from("203.0.113.9", 1)
	s.events(t, 102)
}

// A registration tells whose account it made; nothing typed does.
func TestARegistrationNamesItsAccount(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"account_id":"acc-7"}`)) }
	s.send(t, "POST", "/api/v1/accounts", `{"phone":"13800000000","account_id":"acc-1"}`)
	e := s.events(t, 1)[0]
	assert.Equal(t, ingest.KindAccountRegister, e.Kind)
	assert.Equal(t, "acc-7", e.Subject.Account)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"account_id":"acc-7"}`))
	}
	s.send(t, "POST", "/api/v1/accounts", `{"phone":"13800000000"}`)
	assert.Empty(t, s.events(t, 2)[1].Subject.Account)
}
