package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/ticketing"
)

// promise is a booking that was sent, and what the visitor was told.
type promise struct {
	visitor   *visitor
	key, body string
	order     string // empty: no answer came
}

func (p promise) send(ctx context.Context) (reply, error) {
	return p.visitor.send(ctx, http.MethodPost, "/api/v1/orders", p.body, "Idempotency-Key", p.key)
}

// crowd books until the service is gone, and remembers what it was told.
type crowd struct {
	pool, day string

	mu       sync.Mutex
	kept     []promise // accepted
	unsure   []promise // sent, and the service died
	answered []time.Time
	problems []string
}

// visit is one visitor's time; it ends when the service does not answer.
func (c *crowd) visit(ctx context.Context, v *visitor, number int) {
	for n := 0; ; n++ {
		p := promise{visitor: v, key: fmt.Sprintf("visitor-%d-order-%d", number, n), body: booking(c.pool, c.day)}
		for range 3 {
			if _, err := c.note(v.send(ctx, http.MethodGet, "/api/v1/pools/"+c.pool+"/stock", "")); err != nil {
				return
			}
		}
		r, err := c.note(p.send(ctx))
		c.mu.Lock()
		switch {
		case err != nil:
			c.unsure = append(c.unsure, p)
		case r.status == http.StatusCreated:
			p.order = r.field("order_id")
			c.kept = append(c.kept, p)
		default:
			c.problems = append(c.problems, fmt.Sprintf("status %d: %s", r.status, r.body))
		}
		c.mu.Unlock()
		if err != nil || r.status != http.StatusCreated {
			return
		}
		if n%3 == 0 {
			if _, err := c.note(v.send(ctx, http.MethodPost, "/api/v1/orders/"+p.order+"/cancel", "")); err != nil {
				return
			}
		}
	}
}

// note remembers when an answer came.
func (c *crowd) note(r reply, err error) (reply, error) {
	if err == nil {
		c.mu.Lock()
		c.answered = append(c.answered, time.Now())
		c.mu.Unlock()
	}
	return r, err
}

func (c *crowd) accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept)
}

// since counts the answers from a moment on.
func (c *crowd) since(at time.Time) (n int) {
	for _, answer := range c.answered {
		if answer.After(at) {
			n++
		}
	}
	return n
}

// completeness is the operators' API's answer.
type completeness struct {
	Lost           uint64                 `json:"events_lost"`
	Boots          []metrics.Boot         `json:"boots"`
	Reconciliation metrics.Reconciliation `json:"reconciliation"`
}

func (s *service) completeness(t *testing.T, from time.Time) (c completeness) {
	t.Helper()
	q := url.Values{"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano)}}
	require.NoError(t, house(t.Context(), http.MethodGet, "http://"+s.operators+"/api/v1/completeness?"+q.Encode(), s.operatorKey, nil, &c))
	return c
}

// placed counts, for each order in the booking system's outbox, how often it
// was placed.
func (s *service) placed(t *testing.T) map[string]int {
	t.Helper()
	orders := map[string]int{}
	for after := int64(0); ; {
		var page struct{ Events []ticketing.Event }
		target := "http://" + s.ticketing + "/internal/v1/outbox?limit=500&after=" + strconv.FormatInt(after, 10)
		require.NoError(t, house(t.Context(), http.MethodGet, target, s.operationsKey, nil, &page))
		if len(page.Events) == 0 {
			return orders
		}
		for _, e := range page.Events {
			after = e.Seq
			if e.Type == ticketing.EventProvisional {
				orders[e.OrderID]++
			}
		}
	}
}

// TestKillNine kills the whole program while people book and starts it again:
// no accepted order is lost, none is there twice, no order's event is lost, and
// what was lost of the reads fits in a second and is counted.
func TestKillNine(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	t.Parallel()                     // most of it is waiting
	const visitors, orders = 24, 240 // none of them meets ticketing's limit of bookings a minute
	begin, data := time.Now(), t.TempDir()
	// The crowd books faster than people do, so the shipped rules would stop it.
	rules := writeRules(t, t.TempDir(), "detail.read", "reads > 60", "challenge")
	c := startChild(t, data, "--rules", rules)
	people := crowd{pool: "main", day: c.openPool(t, "main", 1_000_000)}
	var wg sync.WaitGroup
	for n := range visitors {
		v := newcomer(t, c.gateway)
		wg.Go(func() { people.visit(t.Context(), v, n) })
	}
	entered := visitors * 4 // requests of newcomer
	opened := time.Now()
	assert.Eventually(t, func() bool {
		return people.accepted() >= orders && time.Since(opened) > 3*time.Second
	}, 30*time.Second, 5*time.Millisecond)
	killed := time.Now()
	c.kill(t)
	wg.Wait()
	require.Empty(t, people.problems)
	require.GreaterOrEqual(t, len(people.kept), orders)

	c = startChild(t, data, "--rules", rules)
	t.Logf("%d orders accepted, %d without an answer; up again %s after the kill",
		len(people.kept), len(people.unsure), time.Since(killed).Round(time.Millisecond))
	placed := c.placed(t)
	for _, p := range people.kept {
		assert.Equal(t, 1, placed[p.order], "order %s", p.order)
	}
	assert.LessOrEqual(t, len(placed), len(people.kept)+len(people.unsure))

	// What the booking system reports of itself comes later: its dispatcher
	// waits for the dead process's lease to run out.
	var books completeness
	require.Eventually(t, func() bool {
		books = c.completeness(t, begin)
		return books.Reconciliation.EventsMissing.Count+books.Reconciliation.OrdersUnknown.Count == 0
	}, 30*time.Second, 200*time.Millisecond, "an order's event is lost")
	unknown := c.sample(t, "fairgate_stream_unknown_total")
	assert.LessOrEqual(t, float64(books.Reconciliation.OrdersMissing.Count), unknown, "intents whose outcome was not on disk yet do not name their order")
	for _, p := range append(people.kept, people.unsure...) {
		p.visitor.base = "http://" + c.gateway
		r, err := p.send(t.Context())
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
		if p.order != "" {
			require.Equal(t, p.order, r.field("order_id"), "the same request is the same order")
		}
	}
	placed = c.placed(t)
	assert.Len(t, placed, len(people.kept)+len(people.unsure), "one order for each booking")
	for order, times := range placed {
		assert.Equal(t, 1, times, "order %s", order)
	}
	lastSecond, lost := people.since(killed.Add(-time.Second)), 0
	require.Eventually(t, func() bool {
		books = c.completeness(t, begin)
		if !books.Reconciliation.Complete() || len(books.Boots) != 2 {
			return false
		}
		lost = max(0, len(people.answered)+entered-int(books.Boots[0].Received))
		return lost <= lastSecond && books.Boots[0].Lost <= uint64(lastSecond+visitors) && books.Boots[1].Lost == 0
	}, time.Minute, 500*time.Millisecond, "the books do not agree, or more than a second is lost")
	t.Logf("the books agree %s after the kill: of %d answered requests %d are lost, %d numbers are missing, %.0f intents have no outcome; %d were answered in the last second",
		time.Since(killed).Round(time.Millisecond), len(people.answered)+entered, lost, books.Boots[0].Lost, unknown, lastSecond)
	c.interrupt(t)
}
