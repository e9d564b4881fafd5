package outbox_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/outage/outagetest"
	"fairgate/ticketing/outbox"
	"fairgate/ticketing/sqlstore"
)

const secret = "webhook-secret-webhook-secret"

// queue is an outbox in memory whose leases are one field.
type queue struct {
	mu        sync.Mutex
	events    []ticketing.Event
	delivered map[int64]int
	holder    string
	until     time.Time
	markFails int
	away      time.Time // until when leases cannot be asked for
	asked     int       // in vain
}

func (q *queue) add(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for range n {
		seq := int64(len(q.events) + 1)
		q.events = append(q.events, ticketing.Event{
			Seq: seq, ID: fmt.Sprintf("event-%d", seq), Type: ticketing.EventHeld, OrderID: fmt.Sprintf("order-%d", seq%3),
			OccurredAt: ticketing.Millis{Time: time.Now()},
		})
	}
}

func (q *queue) Pending(_ context.Context, limit int) ([]ticketing.Event, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []ticketing.Event
	for _, e := range q.events {
		if q.delivered[e.Seq] == 0 && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (q *queue) MarkDelivered(_ context.Context, first, last int64, _ time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.markFails > 0 {
		q.markFails--
		return errors.New("database is away")
	}
	for seq := first; seq <= last; seq++ {
		q.delivered[seq]++
	}
	return nil
}

func (q *queue) Acquire(_ context.Context, _, holder string, now, until time.Time) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Before(q.away) {
		q.asked++
		return false, errors.New("database is away")
	}
	if q.holder != "" && q.holder != holder && q.until.After(now) {
		return false, nil
	}
	q.holder, q.until = holder, until
	return true, nil
}

func (q *queue) Release(_ context.Context, _, holder string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.holder == holder {
		q.holder = ""
	}
	return nil
}

// receiver verifies and notes deliveries; refuse says how many to refuse first.
type receiver struct {
	t      *testing.T
	mu     sync.Mutex
	refuse int
	seen   []int64
	ids    []string
	times  []time.Time
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(req.Header.Get(outbox.HeaderTimestamp), 10, 64)
	if err != nil {
		return nil, err
	}
	id := req.Header.Get(outbox.HeaderID)
	assert.Equal(r.t, "v1,"+outbox.Sign([]byte(secret), id, time.Unix(seconds, 0), body), req.Header.Get(outbox.HeaderSignature))
	r.ids, r.times = append(r.ids, id), append(r.times, time.Now())
	status := http.StatusNoContent
	if r.refuse > 0 {
		r.refuse--
		status = http.StatusInternalServerError
	} else {
		var batch struct{ Events []ticketing.Event }
		if err := json.Unmarshal(body, &batch); err != nil {
			return nil, err
		}
		assert.Equal(r.t, id, batch.Events[len(batch.Events)-1].ID)
		for _, e := range batch.Events {
			r.seen = append(r.seen, e.Seq)
		}
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: req}, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	resp, err := r.RoundTrip(req)
	if !assert.NoError(r.t, err) {
		return
	}
	w.WriteHeader(resp.StatusCode)
	_ = resp.Body.Close() // http.NoBody
}

// TestSignGolden is the vector of the Standard Webhooks reference libraries.
func TestSignGolden(t *testing.T) {
	t.Parallel()
	key, err := outbox.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	assert.Equal(t, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		outbox.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)))
	for _, bad := range []string{"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_" + base64.StdEncoding.EncodeToString([]byte("short"))} {
		_, err := outbox.ParseSecret(bad)
		assert.Error(t, err, bad)
	}
}

// TestOrderAndRetries holds that a failing receiver gets the same batch again,
// later each time, and every event in order.
func TestOrderAndRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, r := &queue{delivered: map[int64]int{}}, &receiver{t: t, refuse: 4}
		d, err := outbox.NewDispatcher(q, q, "http://receiver.test/hook", []byte(secret), outbox.Options{Transport: r, BatchSize: 3, MaxBackoff: time.Second})
		require.NoError(t, err)
		q.add(7)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		synctest.Wait()
		q.add(2) // what arrives meanwhile must not change the batch under retry
		timer := time.NewTimer(10 * time.Second)
		<-timer.C
		cancel()
		require.NoError(t, <-done)
		assert.Equal(t, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, r.seen)
		assert.Equal(t, []string{"event-3", "event-3", "event-3", "event-3", "event-3", "event-6", "event-9"}, r.ids)
		assert.GreaterOrEqual(t, r.times[4].Sub(r.times[3]), 500*time.Millisecond, "back-off grows")
		assert.Less(t, r.times[4].Sub(r.times[0]), 4*time.Second)
		assert.Empty(t, q.holder, "the lease is given up at the end")
	})
}

// TestAtLeastOnce holds that an event whose mark failed is delivered again.
func TestAtLeastOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, r := &queue{delivered: map[int64]int{}, markFails: 1}, &receiver{t: t}
		d, err := outbox.NewDispatcher(q, q, "http://receiver.test/hook", []byte(secret), outbox.Options{Transport: r})
		require.NoError(t, err)
		q.add(2)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		require.NoError(t, d.Run(ctx))
		assert.Equal(t, []int64{1, 2, 1, 2}, r.seen)
	})
}

// TestDatabaseAway holds that a database that is away is asked less and less,
// and that what waits is delivered once it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, r := &queue{delivered: map[int64]int{}}, &receiver{t: t}
		d, err := outbox.NewDispatcher(q, q, "http://receiver.test/hook", []byte(secret), outbox.Options{Transport: r, MaxBackoff: 10 * time.Second})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		time.AfterFunc(30*time.Second, func() { // it holds the lease by then
			q.add(2)
			q.mu.Lock()
			defer q.mu.Unlock()
			q.away = time.Now().Add(2 * time.Minute)
		})
		require.NoError(t, d.Run(ctx))
		assert.Less(t, q.asked, 40, "no more than the back-off allows")
		assert.Equal(t, []int64{1, 2}, r.seen)
	})
}

// TestReceiverAwayIsAFewLines holds that a receiver that is away for ten
// minutes is no more than a line a minute, and one when it is back.
func TestReceiverAwayIsAFewLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, q, r := outagetest.New(), &queue{delivered: map[int64]int{}}, &receiver{t: t, refuse: 160}
		d, err := outbox.NewDispatcher(q, q, "http://receiver.test/hook", []byte(secret),
			outbox.Options{Transport: r, MaxBackoff: 5 * time.Second, Logger: b.Logger()})
		require.NoError(t, err)
		q.add(2)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		require.NoError(t, d.Run(ctx))
		assert.Equal(t, []int64{1, 2}, r.seen)
		said := b.Count("webhook delivery failed")
		assert.Greater(t, said, 5)
		assert.Less(t, said, 15)
		assert.Equal(t, 1, b.Count("webhooks delivered again"))
		assert.EqualValues(t, 160, b.Last("webhooks delivered again")["failures"])
	})
}

// TestTwoProcesses holds that only one delivers, and the other takes over.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, r := &queue{delivered: map[int64]int{}}, &receiver{t: t}
		run := func() (stop func()) {
			d, err := outbox.NewDispatcher(q, q, "http://receiver.test/hook", []byte(secret), outbox.Options{Transport: r, BatchSize: 1})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- d.Run(ctx) }()
			return func() { cancel(); require.NoError(t, <-done) }
		}
		first, second := run(), run()
		q.add(20)
		<-time.NewTimer(5 * time.Second).C
		first()
		q.add(20)
		<-time.NewTimer(5 * time.Second).C
		second()
		assert.Len(t, r.seen, 40, "each event once")
		assert.True(t, slices.IsSorted(r.seen))
	})
}

func TestNewDispatcherRefuses(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"", "receiver", "ftp://receiver/x", "http://"} {
		_, err := outbox.NewDispatcher(nil, nil, target, []byte(secret), outbox.Options{})
		require.Error(t, err, target)
	}
	_, err := outbox.NewDispatcher(nil, nil, "http://receiver.test", []byte("short"), outbox.Options{})
	require.ErrorContains(t, err, "secret")
	_, err = outbox.NewDispatcher(nil, nil, "http://receiver.test", []byte(secret), outbox.Options{Timeout: time.Minute})
	require.ErrorContains(t, err, "lease life")
}

// TestSurvivesRestart delivers from a real store over real HTTP: what the
// first run could not deliver, the second does, after the store was reopened.
func TestSurvivesRestart(t *testing.T) {
	t.Parallel()
	r := &receiver{t: t, refuse: 1 << 30}
	srv := httptest.NewServer(r)
	defer srv.Close()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "ticketing.db")
	opts := outbox.Options{PollInterval: time.Millisecond, MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond}
	attempts := func() int { r.mu.Lock(); defer r.mu.Unlock(); return len(r.ids) }
	for run := range 2 {
		store, err := sqlstore.Open(t.Context(), dsn, sqlstore.Options{})
		require.NoError(t, err)
		require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
			for i := range 250 {
				e := ticketing.Event{ID: fmt.Sprintf("%d-%s", run, strings.Repeat("x", i+1)), Type: ticketing.EventHeld, OccurredAt: ticketing.Millis{Time: time.Now()}}
				if err := tx.Append(ctx, e); err != nil {
					return err
				}
			}
			return nil
		}))
		d, err := outbox.NewDispatcher(store, store, srv.URL, []byte(secret), opts)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		if run == 0 {
			require.Eventually(t, func() bool { return attempts() > 3 }, 10*time.Second, time.Millisecond)
			r.mu.Lock()
			r.refuse = 0
			r.seen = nil
			r.mu.Unlock()
		}
		want := 250 * (run + 1)
		if run == 1 {
			require.Eventually(t, func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.seen) >= want }, 10*time.Second, time.Millisecond)
			assert.Eventually(t, func() bool { left, err := store.Pending(t.Context(), 1); return err == nil && len(left) == 0 }, 10*time.Second, time.Millisecond)
		}
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, store.Close())
	}
	first := slices.Compact(slices.Sorted(slices.Values(r.seen)))
	assert.Len(t, first, 500, "every event arrived")
}
