package httpapi_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/engines"
	"fairgate/console/httpapi"
	"fairgate/console/live"
	"fairgate/ingest/pulse"
)

// steady are sources that always have the same to say, as large as in life.
type steady struct{}

func (steady) Frame(_ context.Context, _ live.Topic, at time.Time) (any, error) {
	p99 := 7.25
	o := live.Overview{At: at, Traffic: &live.Traffic{Requests: 1234.5, Screening: live.Latency{P99: &p99, Deadline: 20}}}
	for range 24 {
		o.Pools = append(o.Pools, live.Pool{Pool: "main", NameZH: "常设展览", NameEN: "Permanent exhibition", Capacity: 30_000, Left: 1200, Sold: 28_000})
		o.Routes = append(o.Routes, engines.Route{ID: "order-submit", FailMode: "degraded"})
	}
	return o, nil
}

// who knows two operators, by token, until they are signed out.
type who struct {
	httpapi.Operators
	mu  sync.Mutex
	out map[string]bool
}

func (w *who) Glance(ctx context.Context, token string) (console.Identity, error) {
	return w.Who(ctx, token)
}

func (w *who) Who(_ context.Context, token string) (console.Identity, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	role, ok := map[string]console.Role{"boxer": console.BoxOffice, "analyst": console.Analyst}[token[:max(0, strings.LastIndex(token, "-"))]]
	if !ok || w.out[token] {
		return console.Identity{}, console.ErrSignedOut
	}
	return console.Identity{Principal: console.Principal{Name: token, Role: role}, Session: console.Session{Credential: console.ByBearer}}, nil
}

// streaming serves the API with a hub, and returns its address.
func streaming(t testing.TB, w *who, o live.Options) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	hub := live.New(steady{}, o)
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, hub.Run(ctx)) })
	app := httpapi.New(httpapi.Services{Operators: w, Glances: w, Live: hub, Engines: healthy{}}, httpapi.Options{})
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	running.Go(func() { assert.NoError(t, app.Listener(ln)) })
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, app.ShutdownWithTimeout(5*time.Second))
		running.Wait()
	})
	return ln.Addr().String()
}

type healthy struct{}

func (healthy) Health(context.Context) engines.Health {
	return engines.Health{Known: true, Engines: []engines.Engine{{Name: "redis", State: engines.Up}}, Processes: []engines.Process{{Role: pulse.Gateway, Name: "g1", State: engines.Up}}}
}

func watch(t testing.TB, addr, token, query string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/api/v1/live?"+query, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// until reads a stream up to a line that begins so, and gives the rest of it.
func until(t testing.TB, from *bufio.Reader, prefix string) string {
	t.Helper()
	for {
		line, err := from.ReadString('\n')
		require.NoError(t, err)
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
}

func TestLiveStreams(t *testing.T) {
	w := &who{out: map[string]bool{}}
	addr := streaming(t, w, live.Options{Every: 20 * time.Millisecond, Recheck: 100 * time.Millisecond, PerOperator: 2})
	res := watch(t, addr, "analyst-1", "topics=overview,alerts")
	require.Equal(t, http.StatusOK, res.StatusCode)
	assert.Equal(t, "text/event-stream; charset=utf-8", res.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	stream := bufio.NewReader(res.Body)
	assert.Equal(t, "3000", until(t, stream, "retry: "))
	id := until(t, stream, "id: ")
	until(t, stream, "event: overview")
	until(t, stream, "event: alerts")

	again := watch(t, addr, "analyst-1", "topics=overview,alerts", "Last-Event-ID", id)
	assert.NotContains(t, until(t, bufio.NewReader(again.Body), "event: "), "gap")

	assert.Equal(t, http.StatusTooManyRequests, watch(t, addr, "analyst-1", "topics=overview").StatusCode)

	w.mu.Lock()
	w.out["analyst-1"] = true
	w.mu.Unlock()
	until(t, stream, "event: bye")
	assert.Contains(t, until(t, stream, "data: "), "session_over")
	_, err := io.ReadAll(stream)
	require.NoError(t, err, "the stream ends as it should")
}

func TestLiveRefusals(t *testing.T) {
	addr := streaming(t, &who{}, live.Options{})
	for name, c := range map[string]struct {
		token, query string
		want         int
	}{
		"nobody":                             {"stranger-1", "topics=overview", http.StatusUnauthorized},
		"no topic":                           {"boxer-1", "", http.StatusUnprocessableEntity},
		"an unknown topic":                   {"boxer-1", "topics=everything", http.StatusUnprocessableEntity},
		"too many topics":                    {"boxer-1", "topics=" + strings.Repeat("overview,", 100), http.StatusUnprocessableEntity},
		"box office reads no alerts":         {"boxer-1", "topics=overview,alerts", http.StatusForbidden},
		"box office reads no engines":        {"boxer-1", "topics=engines", http.StatusForbidden},
		"an analyst does not watch releases": {"analyst-1", "topics=release:main@2026-05-10", http.StatusForbidden},
		"box office watches releases":        {"boxer-1", "topics=release:main@2026-05-10", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, watch(t, addr, c.token, c.query).StatusCode)
		})
	}
}

func TestWithoutAHubThereAreNoLiveFigures(t *testing.T) {
	app := httpapi.New(httpapi.Services{Operators: &who{}}, httpapi.Options{})
	for _, path := range []string{"/api/v1/live?topics=overview", "/api/v1/engines"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		req.Header.Set("Authorization", "Bearer analyst-1")
		res, err := app.Test(req)
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.NoError(t, res.Body.Close())
	}
}

func TestEnginesAreTold(t *testing.T) {
	app := httpapi.New(httpapi.Services{Operators: &who{}, Engines: healthy{}}, httpapi.Options{})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/engines", http.NoBody)
	req.Header.Set("Authorization", "Bearer analyst-1")
	res, err := app.Test(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"state":"up"`)
	assert.Equal(t, http.StatusOK, res.StatusCode)
}

// BenchmarkLiveListeners has 200 operators watch the overview, a frame a second,
// over TCP with HTTP, and reports which share of one core this process used: the
// server and its 200 readers together. Two cores of an EPYC: 1.0 % of one, of
// frames of 6 KB.
//
//	go test ./console/httpapi -run '^$' -bench LiveListeners -benchtime 20x
func BenchmarkLiveListeners(b *testing.B) {
	addr := streaming(b, &who{}, live.Options{})
	var streams []*bufio.Reader
	for i := range 200 {
		res := watch(b, addr, "analyst-"+string(rune('a'+i/8)), "topics=overview")
		require.Equal(b, http.StatusOK, res.StatusCode)
		streams = append(streams, bufio.NewReaderSize(res.Body, 8<<10))
	}
	for _, s := range streams {
		until(b, s, "data: ")
	}
	began, used := time.Now(), cpu(b)
	for b.Loop() {
		for _, s := range streams {
			until(b, s, "event: ")
		}
	}
	b.ReportMetric(100*(cpu(b)-used).Seconds()/time.Since(began).Seconds(), "%core")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
