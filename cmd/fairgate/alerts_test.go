package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/enforcement/notify/hook"
)

// told is a webhook that came.
type told struct {
	at      time.Time
	payload hook.Payload
}

// onCall receives webhooks and refuses those that are not signed with its key.
type onCall struct {
	key    []byte
	server *httptest.Server

	mu     sync.Mutex
	told   []told
	forged int
}

func newOnCall(t *testing.T) *onCall {
	t.Helper()
	o := &onCall{key: make([]byte, 32)}
	_, err := rand.Read(o.key)
	require.NoError(t, err)
	o.server = httptest.NewServer(http.HandlerFunc(o.take))
	t.Cleanup(o.server.Close)
	return o
}

func (o *onCall) take(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	want := hook.Signature(o.key, r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), body)
	var p hook.Payload
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || !hmac.Equal([]byte(want), []byte(r.Header.Get("Webhook-Signature"))) || json.Unmarshal(body, &p) != nil {
		o.forged++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	o.told = append(o.told, told{at, p})
}

// of is the first message of a kind whose title has a word, and how many came.
func (o *onCall) of(kind notify.Kind, word string) (first told, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.told {
		if m.payload.Type == string(kind) && strings.Contains(m.payload.Data.Title, word) {
			if n == 0 {
				first = m
			}
			n++
		}
	}
	return first, n
}

// TestAnAttackIsToldOfInTime: hostile traffic begins, and whoever is on call
// has a signed webhook within ten seconds; then takes, silences and closes.
func TestAnAttackIsToldOfInTime(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	dir := t.TempDir()
	s, dev := startService(t, app.DevOptions{Data: dir})
	require.NoError(t, dev.NoAnalytics)
	call := func(method, path string, in, out any) {
		t.Helper()
		require.NoError(t, house(t.Context(), method, "http://"+s.operators+path, s.securityKey, in, out))
	}
	receiver := newOnCall(t)
	call(http.MethodPost, "/api/v1/notifications/channels", map[string]any{
		"name": "on call", "kind": "webhook", "language": "zh", "least_severity": "warning", "enabled": true, "reason": "trial",
		"url": receiver.server.URL, "key": "whsec_" + base64.StdEncoding.EncodeToString(receiver.key),
	}, nil)

	attack, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	service, err := (&simulateCommand{Data: dir, Ticketing: "http://" + dev.Ticketing, Operators: "http://" + dev.Operators}).service()
	require.NoError(t, err)
	runner, err := simulate.New(simulate.NewClient(dev.Gateway), service, simulate.Options{
		Plan: simulate.Plan{Seed: 7, Duration: 40 * time.Second, People: 60, HostileShare: 0.9}, Out: io.Discard,
	})
	require.NoError(t, err)
	running.Go(func() { _, _ = runner.Run(attack) }) // ended by stop, which it reports

	if !assert.Eventually(t, func() bool { _, n := receiver.of(notify.AlertFired, "异常流量"); return n > 0 }, 60*time.Second, 50*time.Millisecond) {
		course(t, dev.Ledger.Reader)
		return
	}
	fired, _ := receiver.of(notify.AlertFired, "异常流量")
	began := attackBegan(t, dev.Ledger.Reader)
	t.Logf("webhook %.1f s after the first refused request: %s\n%s", fired.at.Sub(began).Seconds(), fired.payload.Data.Title, fired.payload.Data.Text)
	assert.Less(t, fired.at.Sub(began), 10*time.Second)
	assert.Zero(t, receiver.forged)

	var open struct{ Alerts []alert.Alert }
	call(http.MethodGet, "/api/v1/alerts?open=true&pattern=hostile_surge", nil, &open)
	require.Len(t, open.Alerts, 1)
	a := open.Alerts[0]
	assert.NotEmpty(t, a.Evidence.ZH)
	assert.NotEmpty(t, a.Done.EN)
	assert.Positive(t, a.Accounts)
	call(http.MethodPost, "/api/v1/alerts/"+a.ID+"/acknowledge", map[string]any{}, &a)
	assert.Equal(t, alert.Acknowledged, a.State)
	call(http.MethodPost, "/api/v1/silences", map[string]any{"pattern": "hostile_surge", "until": time.Now().Add(time.Hour), "reason": "looked into"}, nil)
	call(http.MethodGet, "/api/v1/alerts/"+a.ID, nil, &a)
	assert.NotEmpty(t, a.Silence)
	stop()
	running.Wait()
	call(http.MethodPost, "/api/v1/alerts/"+a.ID+"/close", map[string]any{"note": "over"}, &a)
	assert.Equal(t, alert.Closed, a.State)
	_, n := receiver.of(notify.AlertClosed, "异常流量")
	assert.Zero(t, n, "a silenced alert tells nobody")
	for _, engine := range []string{"redis", "kafka", "clickhouse", "sql", "booking"} {
		call(http.MethodGet, "/api/v1/alerts?open=true&pattern=engine_degraded", nil, &open)
		for _, e := range open.Alerts {
			assert.NotEqual(t, engine, e.Group, "every engine works: %s", e.Evidence.EN)
		}
	}
}

// attackBegan is when the first request was refused.
func attackBegan(t *testing.T, client *clickhouse.Options) time.Time {
	t.Helper()
	conn, err := clickhouse.Open(client)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	var at time.Time
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT min(time) FROM events WHERE disposition = 'refused' AND action IN ('block', 'challenge')`).Scan(&at))
	return at
}

// course logs what the ledger saw, five seconds a line.
func course(t *testing.T, client *clickhouse.Options) {
	t.Helper()
	conn, err := clickhouse.Open(client)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	rows, err := conn.Query(t.Context(), `SELECT toStartOfInterval(time, INTERVAL 5 SECOND) AS at, pool, count(),
		countIf(action = 'block'), countIf(action = 'challenge'), countIf(action = 'flag'), countIf(kind = 'order.submit'), uniqExactIf(account, action IN ('block', 'challenge', 'flag'))
		FROM events FINAL GROUP BY at, pool ORDER BY at, pool`)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	for rows.Next() {
		var at time.Time
		var pool string
		var n, blocked, challenged, flagged, orders, accounts uint64
		require.NoError(t, rows.Scan(&at, &pool, &n, &blocked, &challenged, &flagged, &orders, &accounts))
		t.Logf("%s %q: %d requests, %d blocked, %d challenged, %d flagged, %d orders, %d accounts", at.Format(time.TimeOnly), pool, n, blocked, challenged, flagged, orders, accounts)
	}
	require.NoError(t, rows.Err())
}
