package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// TestBookingThroughTheGateway is a visit from the first page to the
// cancellation, with the shipped rules in force, and what the ledger keeps of
// it.
func TestBookingThroughTheGateway(t *testing.T) {
	data := t.TempDir()
	s, dev := startService(t, app.DevOptions{Data: data})
	assert.NotEmpty(t, dev.Password, "the first administrator's")
	day := s.openPool(t, "main", 10)

	v := newVisitor(s.gateway)
	first := v.must(t, http.MethodGet, "/api/v1/pools", "")
	require.Equal(t, http.StatusOK, first.status)
	assert.Regexp(t, `^fgd=v1\.[^;]+; max-age=\d+; path=/; HttpOnly; SameSite=Lax$`, first.header.Get("Set-Cookie"))
	device := v.device
	require.NoError(t, v.enter(t.Context()))
	entered := time.Now()
	assert.Equal(t, device, v.device, "a device gets one token")
	stock := v.must(t, http.MethodGet, "/api/v1/pools/main/stock", "")
	require.Equal(t, http.StatusOK, stock.status)
	assert.Contains(t, string(stock.body), `"left":10`)
	takesTime(t, entered)

	body := booking("main", day)
	booked := v.must(t, http.MethodPost, "/api/v1/orders", body, "Idempotency-Key", "k-1")
	require.Equal(t, http.StatusCreated, booked.status, "%s", booked.body)
	assert.Equal(t, "provisional", booked.field("state"))
	order := booked.field("order_id")
	again := v.must(t, http.MethodPost, "/api/v1/orders", body, "Idempotency-Key", "k-1")
	assert.Equal(t, order, again.field("order_id"), "a repeat of the same request is the same order")

	seen := v.must(t, http.MethodGet, "/api/v1/orders/"+order, "")
	assert.Equal(t, http.StatusOK, seen.status)
	assert.Equal(t, "provisional", seen.field("state"))
	stranger := newcomer(t, s.gateway)
	assert.Equal(t, http.StatusNotFound, stranger.must(t, http.MethodGet, "/api/v1/orders/"+order, "").status)

	cancelled := v.must(t, http.MethodPost, "/api/v1/orders/"+order+"/cancel", "")
	require.Equal(t, http.StatusOK, cancelled.status, "%s", cancelled.body)
	assert.Equal(t, "cancelled", cancelled.field("state"))
	stock = v.must(t, http.MethodGet, "/api/v1/pools/main/stock", "")
	assert.Contains(t, string(stock.body), `"left":10`)

	t.Run("ledger", func(t *testing.T) {
		engine(t, "FAIRGATE_TEST_CHDB")
		require.NoError(t, dev.NoAnalytics)
		closeStack(t, dev.Stack)
		ledger := openLedger(t, data)
		want := []event{
			{"order.submit", "forwarded", http.StatusCreated, "provisional", "allow"},
			{"order.submit", "forwarded", http.StatusCreated, "provisional", "allow"},
			{"order.read", "forwarded", http.StatusOK, "provisional", "allow"},
			{"order.cancel", "forwarded", http.StatusOK, "cancelled", "allow"},
		}
		require.Eventually(t, func() bool { return len(ledger.of(t, order, v.ip)) == len(want) }, 20*time.Second, 100*time.Millisecond)
		assert.Equal(t, want, ledger.of(t, order, v.ip))
	})
}
