package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Live is the stage of the machine's own time.
type Live struct{}

var _ Stage = Live{}

// Now is the machine's time.
func (Live) Now() time.Time { return time.Now() }

// Wait sleeps.
func (Live) Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Until derives a context with a deadline.
func (Live) Until(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, at)
}

// Fork starts a goroutine.
func (l Live) Fork(ctx context.Context, d time.Duration, fn func()) {
	go func() {
		l.Wait(ctx, d)
		fn()
	}()
}

// Park waits on a channel.
func (Live) Park(ctx context.Context) (wait func() bool, wake func()) {
	woken := make(chan struct{})
	wait = func() bool {
		select {
		case <-woken:
			return true
		default:
		}
		select {
		case <-woken:
			return true
		case <-ctx.Done():
			return false
		}
	}
	return wait, sync.OnceFunc(func() { close(woken) })
}

// sendTimeout is how long an actor waits for an answer.
const sendTimeout = 15 * time.Second

// Client sends requests to one gateway over HTTP.
type Client struct {
	addr string
	host *fasthttp.HostClient
}

// NewClient makes a client for the gateway at addr (host:port).
func NewClient(addr string) *Client {
	return &Client{addr: addr, host: &fasthttp.HostClient{
		Addr: addr, MaxConns: 1024, ReadTimeout: sendTimeout, WriteTimeout: sendTimeout,
		MaxIdemponentCallAttempts: 1, NoDefaultUserAgentHeader: true,
	}}
}

// Send makes one round trip.
func (c *Client) Send(_ context.Context, req *fasthttp.Request, res *fasthttp.Response) error {
	req.SetHost(c.addr)
	if err := c.host.DoTimeout(req, res, sendTimeout); err != nil {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return nil
}
