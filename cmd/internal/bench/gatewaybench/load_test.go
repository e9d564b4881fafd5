package gatewaybench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

// server answers on a free port until the test ends.
func server(t *testing.T, handler fasthttp.RequestHandler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &fasthttp.Server{Handler: handler}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return ln.Addr().String()
}

func small(t *testing.T) *world {
	t.Helper()
	w, err := newWorld(200, 1000, 1, newSecrets())
	require.NoError(t, err)
	return w
}

func TestClosedLoopCountsWhatCameBack(t *testing.T) {
	var n atomic.Int64
	addr := server(t, func(c *fasthttp.RequestCtx) {
		c.SetStatusCode([]int{200, 201, 403, 500}[n.Add(1)%4])
	})
	s := (&load{requests: small(t).requests}).closed(t.Context(), addr, 4, 100*time.Millisecond)
	assert.Equal(t, int(n.Load()), s.requests)
	assert.InDelta(t, s.requests/4, s.refused, 1)
	assert.InDelta(t, s.requests/4, s.failed, 1)
	assert.Len(t, s.latencies, s.requests)
	require.EqualError(t, s.first, "status 500")
	assert.InDelta(t, float64(s.requests-s.failed)/s.elapsed.Seconds(), s.throughput(), 0.001)
	assert.Zero(t, (&sample{}).throughput())

	l := &load{requests: [][]byte{[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")}}
	require.Error(t, l.all(t.Context(), "127.0.0.1:1", 1), "nobody listens")
}

// TestOpenLoopChargesAStallToEverybody: one slow answer makes those behind it
// late, and they are counted as late although each was then served at once.
func TestOpenLoopChargesAStallToEverybody(t *testing.T) {
	var n atomic.Int64
	addr := server(t, func(*fasthttp.RequestCtx) {
		if n.Add(1) == 1 {
			<-time.After(200 * time.Millisecond)
		}
	})
	s := (&load{requests: small(t).requests}).open(t.Context(), addr, 100, 1, 300*time.Millisecond)
	assert.Equal(t, 30, s.requests)
	assert.Zero(t, s.failed)
	late := 0
	for _, took := range s.latencies {
		if took > 50*time.Millisecond {
			late++
		}
	}
	assert.GreaterOrEqual(t, late, 15)
}

func TestTheWorldSendsBookingsThatAnUpstreamCanRead(t *testing.T) {
	w := small(t)
	bookings, scripts := 0, 0
	accounts := map[string]int{}
	for i, v := range w.visitors {
		accounts[v.account] = i
	}
	for _, raw := range append(append(w.requests, w.firsts...), w.signIns...) {
		var r fasthttp.Request
		require.NoError(t, r.Read(bufio.NewReader(bytes.NewReader(raw))), "%s", raw)
		i, known := accounts[string(r.Header.Peek(benchAccount))]
		require.True(t, known)
		if i < 4 {
			scripts++
		}
		if string(r.Header.Method()) == "POST" && string(r.URI().Path()) == orderPath {
			bookings++
			assert.True(t, json.Valid(r.Body()), "%s", r.Body())
			assert.Contains(t, string(r.Body()), `"pool":"main"`)
		}
	}
	assert.InDelta(t, bookingShare*1000, bookings, 60)
	assert.InDelta(t, hostileLoad*1000, scripts, 70)
	assert.NotEmpty(t, w.signIns)
}

func TestPartsForwardAndEndWithTheirParent(t *testing.T) {
	upstream := server(t, answer)
	parent, child := io.Pipe()
	ctx, cancel := WithParent(t.Context(), parent)
	defer cancel()
	out, announced := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- RunPart(ctx, RoleProxy, PartOptions{Upstream: upstream}, announced) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr := strings.TrimSpace(strings.TrimPrefix(line, announcement))

	w := small(t)
	c := &client{addr: addr}
	defer c.close()
	status, err := c.do(t.Context(), w.signIns[0])
	require.NoError(t, err)
	assert.Equal(t, 201, status)
	assert.Contains(t, string(c.answer.Body()), `"session_token":"open-`)
	require.NoError(t, (&load{requests: w.requests}).all(t.Context(), addr, 4))
	c.close()

	require.NoError(t, child.Close())
	require.NoError(t, <-ended)
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	require.ErrorContains(t, RunPart(t.Context(), "cook", PartOptions{}, io.Discard), `part "cook": none of`)
}
