package outcome_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outage"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/outcome"
	"fairgate/ingest/stream"
)

var (
	now    = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	oldKey = []byte(strings.Repeat("o", 24))
	newKey = []byte(strings.Repeat("n", 32))
)

var _ outcome.Publisher = (*stream.Producer)(nil)

type published struct {
	mu   sync.Mutex
	err  error
	keys map[string][]outcome.Record
}

func (p *published) Publish(_ context.Context, topic, key string, values ...[]byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	if topic != "outcomes" {
		return errors.New("wrong topic " + topic)
	}
	for _, v := range values {
		var r outcome.Record
		if err := json.Unmarshal(v, &r); err != nil {
			return err
		}
		p.keys[key] = append(p.keys[key], r)
	}
	return nil
}

func receiver(t *testing.T, p *published) *outcome.Receiver {
	t.Helper()
	p.keys = map[string][]outcome.Record{}
	r, err := outcome.NewReceiver(p, "outcomes", [][]byte{newKey, oldKey}, outcome.ReceiverOptions{
		Site: "museum", Now: func() time.Time { return now }, Registerer: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return r
}

func post(r http.Handler, body string, prepare func(*http.Request)) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	outcome.Sign(q.Header, newKey, "msg_1", now, []byte(body))
	if prepare != nil {
		prepare(q)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	return w
}

const batch = `{"events":[` + good + `,` +
	`{"id":"r-2","type":"order.checked_in","occurred_at":"2026-05-03T09:00:00Z","order_id":"o-9"},` +
	`{"id":"r-3","type":"order.refunded","occurred_at":"2026-05-03T10:00:00Z","order_id":"o-1","account_id":"a-1","site":"forged"}]}`

func TestReceiverPublishes(t *testing.T) {
	p := &published{}
	r := receiver(t, p)
	for range 2 { // a repeat is harmless
		w := post(r, batch, nil)
		require.Equal(t, http.StatusNoContent, w.Code, w.Body.String())
		assert.Empty(t, w.Body.String())
	}
	require.Len(t, p.keys["a-1"], 4)
	assert.Equal(t, "r-1", p.keys["a-1"][0].ID)
	assert.Equal(t, "r-3", p.keys["a-1"][1].ID, "one account's records keep their order")
	assert.Equal(t, "museum", p.keys["a-1"][1].Site, "the sender does not choose the site")
	assert.Len(t, p.keys["o-9"], 2)
}

func TestReceiverSignatures(t *testing.T) {
	sign := func(key []byte, at time.Time) func(*http.Request) {
		return func(q *http.Request) { outcome.Sign(q.Header, key, "msg_1", at, []byte(batch)) }
	}
	set := func(name, value string) func(*http.Request) {
		return func(q *http.Request) { q.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		prepare func(*http.Request)
		status  int
	}{
		"new key":         {nil, 204},
		"old key":         {sign(oldKey, now), 204},
		"4 min late":      {sign(newKey, now.Add(-4*time.Minute)), 204},
		"foreign key":     {sign([]byte(strings.Repeat("x", 32)), now), 401},
		"6 min late":      {sign(newKey, now.Add(-6*time.Minute)), 401},
		"6 min early":     {sign(newKey, now.Add(6*time.Minute)), 401},
		"no id":           {set("webhook-id", ""), 401},
		"other id":        {set("webhook-id", "msg_2"), 401},
		"no time":         {set("webhook-timestamp", ""), 401},
		"time in words":   {set("webhook-timestamp", "now"), 401},
		"no signature":    {set("webhook-signature", ""), 401},
		"not base64":      {set("webhook-signature", "v1,???"), 401},
		"empty signature": {set("webhook-signature", "v1,"), 401},
		"several, one holds": {func(q *http.Request) {
			q.Header.Set("webhook-signature", "v1a,abc v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))+" "+q.Header.Get("webhook-signature"))
		}, 204},
		"too many": {func(q *http.Request) {
			q.Header.Set("webhook-signature", strings.Repeat("v1,eA== ", 10)+q.Header.Get("webhook-signature"))
		}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			p := &published{}
			w := post(receiver(t, p), batch, c.prepare)
			assert.Equal(t, c.status, w.Code, w.Body.String())
			if c.status != 204 {
				assert.Empty(t, p.keys)
				assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestReceiverRefuses(t *testing.T) {
	r := receiver(t, &published{})
	w := post(r, `{"events":[{"id":"1","type":"order.eaten"}]}`, nil)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Contains(t, w.Body.String(), `order.eaten`)
	w = post(r, strings.Repeat(" ", outcome.MaxBytes+1), nil)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	w = post(r, "", func(q *http.Request) { q.Method = http.MethodGet })
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
}

func TestReceiverKafkaAway(t *testing.T) {
	p := &published{}
	r := receiver(t, p)
	p.err = errors.New("no broker at 10.0.0.1")
	w := post(r, batch, nil)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "5", w.Header().Get("Retry-After"))
	assert.NotContains(t, w.Body.String(), "10.0.0.1")
}

func TestReceiverKafkaAwayIsAFewLines(t *testing.T) {
	b, p := outagetest.New(), &published{err: errors.New("no broker"), keys: map[string][]outcome.Record{}}
	r, err := outcome.NewReceiver(p, "outcomes", [][]byte{newKey}, outcome.ReceiverOptions{Now: b.Now, Logger: b.Logger(), Skew: 10 * 365 * 24 * time.Hour})
	require.NoError(t, err)
	for range 14 { // 65 s
		require.Equal(t, http.StatusServiceUnavailable, post(r, batch, nil).Code)
		b.Add(5 * time.Second)
	}
	assert.Equal(t, 2, b.Count("outcomes not published"))
	b.Add(outage.Settle)
	for range 3 {
		require.Equal(t, http.StatusNoContent, func() int { p.err = nil; return post(r, batch, nil).Code }())
	}
	assert.Equal(t, 1, b.Count("outcomes published again"))
	assert.EqualValues(t, 14, b.Last("outcomes published again")["failures"])
}

func TestSecrets(t *testing.T) {
	key, err := outcome.ParseSecret("whsec_" + base64.StdEncoding.EncodeToString(newKey) + "\n")
	require.NoError(t, err)
	assert.Equal(t, newKey, key)
	for _, bad := range []string{"", "secret", "whsec_???", "whsec_c2hvcnQ="} {
		_, err := outcome.ParseSecret(bad)
		require.Error(t, err)
		if bad != "" {
			assert.NotContains(t, err.Error(), strings.TrimPrefix(bad, "whsec_")+"\"")
		}
	}
	_, err = outcome.NewReceiver(&published{}, "outcomes", nil, outcome.ReceiverOptions{})
	require.Error(t, err)
	_, err = outcome.NewReceiver(&published{}, "outcomes", [][]byte{[]byte("short")}, outcome.ReceiverOptions{})
	require.Error(t, err)
}
