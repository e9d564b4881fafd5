package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

const booking = `{"pool":"main","date":"2026-05-02","positions":[
 {"name":"A","document":{"type":"cn_id","number":"11010519491231002x","nationality":"CN"},"phone":"+86 138-0000-0000"},
 {"name":"B","document":{"type":"passport","number":"E 123 456","nationality":"FR"},"phone":"13900000000"}]}`

func TestBookingIsScreenedForwardedAndRecorded(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Connection", "X-Inner")
		w.Header().Set("X-Inner", "1")
		w.Header().Set("X-Fairgate-Anything", "1")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"order_id":"o-1","state":"provisional"}`)
	}
	token, device := s.tokens.Issue(0)
	r := s.send(t, "POST", "/api//v1/./x/../%6Frders?x=1", booking,
		"Cookie: a=b; fgd="+token+"; fgp=secret", "Accept-Language: fr;q=0.8", "Accept-Encoding: gzip",
		"X-Forwarded-For: 8.8.8.8, 203.0.113.9, 10.1.1.1", "X-Forwarded-Host: evil.test", "X-Fairgate-Signature: v1=00",
		"X-Fairgate-Account: admin", "Connection: keep-alive, X-Drop", "X-Drop: 1", "Te: trailers", "User-Agent: curl/8.0")
	require.Equal(t, http.StatusCreated, r.StatusCode)
	assert.JSONEq(t, `{"order_id":"o-1","state":"provisional"}`, text(t, r))
	assert.Empty(t, r.Header.Get("X-Inner"))
	assert.Empty(t, r.Header.Get("X-Fairgate-Anything"))
	assert.Empty(t, r.Header.Get("Set-Cookie"), "a valid device token is not replaced")

	require.Len(t, s.forwarded(), 1)
	up := s.forwarded()[0]
	assert.Equal(t, "/api/v1/orders?x=1", up.Target)
	assert.Equal(t, "museum.test", up.Host)
	require.Empty(t, strings.Replace(up.Body, booking, "", 1), "byte for byte")
	require.Len(t, up.Body, len(booking))
	assert.Equal(t, "203.0.113.9", up.Header.Get("X-Forwarded-For"))
	assert.Equal(t, "a=b", up.Header.Get("Cookie"))
	assert.Equal(t, "curl/8.0", up.Header.Get("User-Agent"))
	for _, gone := range []string{"X-Forwarded-Host", "X-Fairgate-Account", "X-Drop", "Te", "Accept-Encoding"} {
		assert.Empty(t, up.Header.Values(gone), gone)
	}
	event := s.events(t, 1)[0]
	assert.Equal(t, gateway.Sign(signingKey, "POST", "/api/v1/orders?x=1", up.Header.Get("X-Fairgate-Timestamp"), event.ID, []byte(booking)),
		up.Header.Get("X-Fairgate-Signature"))
	assert.Equal(t, event.ID, up.Header.Get("X-Fairgate-Request-Id"))

	require.NoError(t, event.Validate())
	assert.Equal(t, ingest.KindOrderSubmit, event.Kind)
	assert.Equal(t, "order-submit", event.Route)
	assert.Equal(t, "/api/v1/orders", event.Path)
	assert.Equal(t, time.Date(2026, 5, 1, 8, 0, 0, 123_000_000, time.UTC), event.Time)
	assert.Equal(t, device.ID, event.Subject.Device)
	assert.True(t, device.Issued.Equal(event.Subject.DeviceIssued))
	assert.Equal(t, []string{s.keyer.Current(fingerprint.PurposeDocument, "11010519491231002X"), s.keyer.Current(fingerprint.PurposeDocument, "E123456")},
		event.Subject.Documents)
	assert.Equal(t, s.keyer.Current(fingerprint.PurposePhone, "13800000000"), event.Subject.Phone)
	assert.Equal(t, ingest.Order{ID: "o-1", Pool: "main", Day: "2026-05-02", Positions: 2}, event.Order)
	assert.Equal(t, "203.0.113.9", event.Client.IP.String())
	assert.Equal(t, "203.0.113.0/24", event.Client.Subnet)
	assert.True(t, event.Client.Automation)
	assert.Equal(t, ingest.DispositionForwarded, event.Outcome.Disposition)
	assert.Equal(t, http.StatusCreated, event.Outcome.Status)
	assert.Equal(t, "provisional", event.Outcome.OrderState)
	assert.Equal(t, "secret", s.screener.policies[0].Pass)
	require.Len(t, s.recorder.intended, 1)
	assert.Equal(t, event.ID, s.recorder.intended[0].ID)
	assert.Zero(t, s.recorder.intended[0].Outcome.Disposition, "an intent has no outcome")
}

func TestSignatureGoldenVector(t *testing.T) {
	assert.Equal(t, "v1=a31688fe117bb7d09b8d3bb9f16b84e748e91e395a84b9579fce1d5a3adeea76",
		gateway.Sign([]byte("0123456789abcdef0123456789abcdef"), "POST", "/api/v1/orders?x=1", "1767225600000",
			"018f0000-0000-7000-8000-000000000001", []byte(`{"pool":"main"}`)))
}

func TestUpstreamAway(t *testing.T) {
	s := newSite(t, nil)
	g, err := gateway.New(s.screener, s.recorder, "http://127.0.0.1:1", gateway.Options{
		Reader: mustReader(t), Keyer: s.keyer, SigningKey: signingKey,
	})
	require.NoError(t, err)
	s.addr = serve(t, g)
	r := s.send(t, "POST", "/api/v1/orders", booking, "Accept-Language: en")
	assert.Equal(t, http.StatusBadGateway, r.StatusCode)
	p := problemOf(t, r)
	assert.Equal(t, "upstream_unavailable", p.Code)
	assert.Equal(t, "The service is busy. Please try again shortly.", p.Detail)
	assert.Equal(t, ingest.DispositionFailed, s.events(t, 1)[0].Outcome.Disposition)
}

func TestUpstreamSlow(t *testing.T) {
	release := make(chan struct{})
	s := newSite(t, func(o *gateway.Options) { o.UpstreamTimeout = 50 * time.Millisecond })
	t.Cleanup(func() { close(release) })
	s.answer = func(http.ResponseWriter, *http.Request) { <-release }
	r := s.send(t, "POST", "/api/v1/orders", booking)
	assert.Equal(t, http.StatusGatewayTimeout, r.StatusCode)
	assert.Equal(t, "upstream_timeout", problemOf(t, r).Code)
	assert.Len(t, s.forwarded(), 1, "a write is not sent twice")
}

func TestNothingIsForwardedWithoutItsIntent(t *testing.T) {
	s := newSite(t, nil)
	s.recorder.refuse = context.DeadlineExceeded
	r := s.send(t, "POST", "/api/v1/orders", booking)
	assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	assert.Equal(t, "not_recorded", problemOf(t, r).Code)
	assert.Empty(t, s.forwarded())
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_record_failures_total", "step=intend"), 0)

	r = s.send(t, "GET", "/api/v1/pools/main/stock", "")
	assert.Equal(t, http.StatusOK, r.StatusCode, "a read has no intent")
}

func TestBestEffortIntent(t *testing.T) {
	table := strings.Replace(smallTable, "kind: order.submit", "kind: order.submit\n    intent: best_effort", 1)
	s := newSite(t, func(o *gateway.Options) { o.Routes = mustRoutes(t, table) })
	s.recorder.refuse = context.DeadlineExceeded
	assert.Equal(t, http.StatusOK, s.send(t, "POST", "/book", `{}`).StatusCode)
	assert.Len(t, s.forwarded(), 1)
}

func TestReadsAndUnmatched(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range []struct {
		target string
		kind   ingest.Kind
		pool   string
	}{
		{"/", ingest.KindPageRead, ""},
		{"/assets/app.js", ingest.KindPageRead, ""},
		{"/api/v1/pools", ingest.KindPageRead, ""},
		{"/api/v1/pools/main", ingest.KindDetailRead, "main"},
		{"/api/v1/pools/main/stock", ingest.KindStockRead, "main"},
		{"/API/v1/pools/main/stock/", ingest.KindStockRead, "main"},
		{"/api/v1/pools/main;x=1/stock;y", ingest.KindStockRead, "main"},
		{"/api/v1/orders", ingest.KindOrderRead, ""},
	} {
		s.recorder.mu.Lock()
		s.recorder.completed = nil
		s.recorder.mu.Unlock()
		r := s.send(t, "GET", c.target, "")
		require.Equal(t, http.StatusOK, r.StatusCode, c.target)
		e := s.events(t, 1)[0]
		assert.Equal(t, c.kind, e.Kind, c.target)
		assert.Equal(t, c.pool, e.Order.Pool, c.target)
	}
	assert.Equal(t, http.StatusOK, s.send(t, "HEAD", "/", "").StatusCode)
}
