package gateway_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

// nothing screens and records for free, so that the gateway itself is timed.
type nothing struct{}

func (nothing) Screen(context.Context, *ingest.Event, ingest.Policy) ingest.Decision {
	return ingest.Decision{Action: ingest.Allow}
}
func (nothing) Observe(context.Context, *ingest.Event) error  { return nil }
func (nothing) Intend(context.Context, *ingest.Event) error   { return nil }
func (nothing) Complete(context.Context, *ingest.Event) error { return nil }

// BenchmarkForward times a booking from the visitor's socket to the upstream's
// and back, all on one machine.
func BenchmarkForward(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	upstream := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
		c.SetContentType("application/json")
		c.SetBodyString(`{"order_id":"o-1","state":"provisional"}`)
	}}
	go func() { _ = upstream.Serve(ln) }()
	b.Cleanup(func() { _ = upstream.Shutdown() })
	tokens, err := fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{})
	require.NoError(b, err)
	reader, err := fingerprint.New(tokens, fingerprint.Options{})
	require.NoError(b, err)
	keyer, err := fingerprint.NewKeyer("museum", masterKey, nil)
	require.NoError(b, err)
	g, err := gateway.New(nothing{}, nothing{}, "http://"+ln.Addr().String(), gateway.Options{Reader: reader, Keyer: keyer, SigningKey: signingKey})
	require.NoError(b, err)
	inner := fasthttputil.NewInmemoryListener()
	go func() { _ = g.Serve(inner) }()
	b.Cleanup(func() { _ = g.Shutdown(context.Background()) })

	token, _ := tokens.Issue(0)
	client := &fasthttp.HostClient{Addr: "museum.test", MaxConns: 256, Dial: func(string) (net.Conn, error) { return inner.Dial() }}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		for pb.Next() {
			request.Reset()
			request.SetRequestURI("http://museum.test/api/v1/orders")
			request.Header.SetMethod("POST")
			request.Header.SetCookie(fingerprint.DeviceCookie, token)
			request.Header.Set("Authorization", "Bearer some-session-token")
			request.SetBodyString(booking)
			if err := client.Do(request, response); err != nil || response.StatusCode() != fasthttp.StatusOK {
				b.Errorf("status %d, error %v", response.StatusCode(), err)
				return
			}
		}
	})
}
