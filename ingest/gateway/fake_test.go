package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

var (
	signingKey = []byte("0123456789abcdef0123456789abcdef")
	masterKey  = []byte("fedcba9876543210fedcba9876543210")
	deviceKey  = []byte("device-token-key-device-token-ke")
)

// screener answers what decide says and remembers what it was asked.
type screener struct {
	mu       sync.Mutex
	decide   func(*ingest.Event, ingest.Policy) ingest.Decision
	policies []ingest.Policy
	observed []*ingest.Event
}

func (s *screener) Screen(_ context.Context, e *ingest.Event, p ingest.Policy) ingest.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies = append(s.policies, p)
	if s.decide == nil {
		return ingest.Decision{Action: ingest.Allow}
	}
	return s.decide(e, p)
}

func (s *screener) Observe(_ context.Context, e *ingest.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observed = append(s.observed, e)
	return nil
}

// recorder keeps copies, in the order in which they came.
type recorder struct {
	mu        sync.Mutex
	intended  []ingest.Event
	completed []ingest.Event
	refuse    error
}

func (r *recorder) Intend(_ context.Context, e *ingest.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return r.refuse
	}
	r.intended = append(r.intended, *e)
	return nil
}

func (r *recorder) Complete(_ context.Context, e *ingest.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.completed = append(r.completed, *e)
	return nil
}

// seen is a request as the upstream got it.
type seen struct {
	Method, Target, Host, Body string
	Header                     http.Header
}

// site is a gateway on a free port in front of a fake upstream.
type site struct {
	gateway  *gateway.Gateway
	addr     string
	screener *screener
	recorder *recorder
	registry *prometheus.Registry
	tokens   *fingerprint.Tokens
	keyer    *fingerprint.Keyer
	now      *clock

	mu     sync.Mutex
	seen   []seen
	answer func(http.ResponseWriter, *http.Request)
}

// clock stands still until it is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// newSite starts both; change adjusts the options first.
func newSite(t testing.TB, change func(*gateway.Options)) *site {
	t.Helper()
	s := &site{
		screener: &screener{}, recorder: &recorder{}, registry: prometheus.NewRegistry(),
		now: &clock{at: time.Date(2026, 5, 1, 8, 0, 0, 123_456_789, time.UTC)},
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.Method, r.RequestURI, r.Host, string(body), r.Header.Clone()})
		answer := s.answer
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))
	t.Cleanup(upstream.Close)
	var err error
	s.tokens, err = fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{Now: s.now.Now})
	require.NoError(t, err)
	s.keyer, err = fingerprint.NewKeyer("museum", masterKey, nil)
	require.NoError(t, err)
	proxies, err := fingerprint.NewProxies([]string{"127.0.0.0/8", "10.0.0.0/8"})
	require.NoError(t, err)
	reader, err := fingerprint.New(s.tokens, fingerprint.Options{Proxies: proxies, Registerer: s.registry, TLSHeader: "X-JA4"})
	require.NoError(t, err)
	o := gateway.Options{
		Site: "museum", Name: "gw-1", Reader: reader, Keyer: s.keyer, SigningKey: signingKey,
		Clock: s.now.Now, Registerer: s.registry, UpstreamTimeout: 5 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	s.gateway, err = gateway.New(s.screener, s.recorder, upstream.URL, o)
	require.NoError(t, err)
	s.addr = serve(t, s.gateway)
	return s
}

// serve runs a gateway on a free loopback port until the test ends.
func serve(t testing.TB, g *gateway.Gateway) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- g.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// raw sends bytes as they are and reads one answer.
func (s *site) raw(t *testing.T, request string) *http.Response {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	return response
}

// send makes a well-formed request with further header lines ("Name: value").
func (s *site) send(t *testing.T, method, target, body string, headers ...string) *http.Response {
	t.Helper()
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: museum.test\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/json\r\nContent-Length: " + itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return s.raw(t, b.String())
}

// forwarded is what the upstream has got so far.
func (s *site) forwarded() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.seen...)
}

// events waits until n events are recorded and returns them.
func (s *site) events(t *testing.T, n int) []ingest.Event {
	t.Helper()
	var events []ingest.Event
	require.Eventually(t, func() bool {
		s.recorder.mu.Lock()
		defer s.recorder.mu.Unlock()
		events = append([]ingest.Event(nil), s.recorder.completed...)
		return len(events) >= n
	}, 5*time.Second, time.Millisecond)
	require.Len(t, events, n)
	return events
}

// counter reads a counter of the registry, all labels given as "name=value".
func (s *site) counter(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := s.registry.Gather()
	require.NoError(t, err)
	total := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	metric:
		for _, m := range family.GetMetric() {
			for _, want := range labels {
				key, value, _ := strings.Cut(want, "=")
				found := false
				for _, label := range m.GetLabel() {
					found = found || label.GetName() == key && label.GetValue() == value
				}
				if !found {
					continue metric
				}
			}
			total += m.GetCounter().GetValue()
		}
	}
	return total
}
