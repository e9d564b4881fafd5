package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/config"
)

// tripCounter stands between a client and Redis and counts round trips:
// answers that follow a request, however many commands it held. The process's
// sign of life, once a second and in nobody's way, is not counted.
type tripCounter struct {
	addr  string
	trips atomic.Int64
	conns atomic.Int64
}

func newTripCounter(t *testing.T, upstream string) *tripCounter {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &tripCounter{addr: ln.Addr().String()}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		cancel()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			p.conns.Add(1)
			wg.Go(func() { p.serve(ctx, client, upstream) })
		}
	})
	return p
}

func (p *tripCounter) serve(ctx context.Context, client net.Conn, upstream string) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(ctx, "tcp", upstream)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	var asked atomic.Bool
	go func() {
		defer server.Close() // ends the loop below
		relay(server, client, func(burst []byte) {
			if !bytes.Contains(burst, []byte("fg:pulse:")) {
				asked.Store(true)
			}
		})
	}()
	relay(client, server, func([]byte) {
		if asked.Swap(false) {
			p.trips.Add(1)
		}
	})
}

// relay copies from one connection to another and tells of each burst before
// passing it on.
func relay(to, from net.Conn, tell func(burst []byte)) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		tell(buf[:n])
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestOneRoundTripPerBooking: with the gateway wired as in production and the
// shipped rules, a booking asks Redis once, and so does everything else that a
// visitor who has signed in does.
func TestOneRoundTripPerBooking(t *testing.T) {
	var p *tripCounter
	e := startEdge(t, func(redis string, c *config.Config) {
		p = newTripCounter(t, redis)
		c.Redis.Addrs = []string{p.addr}
	})
	day := e.openPool(t, "main", 1000)
	v := newcomer(t, e.gateway)
	e.pass(time.Minute)
	book := func(body string) string {
		r := v.must(t, http.MethodPost, "/api/v1/orders", body)
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
		return r.field("order_id")
	}
	order := book(booking("main", day)) // opens the connection, where that is to be done
	trips, conns := p.trips.Load(), p.conns.Load()
	const bookings = 6 // for more people than that, one account is asked to prove itself
	for i := range int64(5 * bookings) {
		e.pass(time.Minute)
		if i < bookings {
			order = book(booking("main", day))
		} else {
			r := v.must(t, http.MethodGet, "/api/v1/orders/"+order, "")
			require.Equal(t, http.StatusOK, r.status, "%s", r.body)
		}
		require.Equal(t, trips+i+1, p.trips.Load(), "after request %d", i+1)
	}
	seen := p.trips.Load()
	closeStack(t, e.stack) // waits for what is finished off the visitors' path
	assert.Equal(t, seen, p.trips.Load(), "nothing is asked afterwards")
	assert.LessOrEqual(t, p.conns.Load(), conns+1, "on the same connections, but for one that a sign of life may have opened")
}
