package gatewaybench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"

	"fairgate/cmd/internal/embedded"
	"fairgate/ingest/stream"
	"fairgate/scoring/window/redis"
)

// Role is what a process of the bench does.
type Role string

// Roles of the bench's processes.
const (
	RoleUpstream Role = "upstream" // answers as a booking system would, at no cost
	RoleProxy    Role = "proxy"    // forwards, and nothing else
	RoleTrip     Role = "trip"     // forwards after one command to Redis
	RoleKafka    Role = "kafka"    // the embedded broker
	RoleGateway  Role = "gateway"  // the real one; wired by cmd/internal/app
)

// PartOptions say what a part works with; which of them it needs depends on
// its role.
type PartOptions struct {
	Upstream string // host:port
	Redis    string // host:port
	Dir      string
	Prefix   string // of Kafka's topics
}

// RunPart runs a part other than the gateway until ctx ends. It listens on a
// free loopback port and announces it on out.
func RunPart(ctx context.Context, role Role, o PartOptions, out io.Writer) error {
	switch role {
	case RoleUpstream:
		s := &fasthttp.Server{Handler: answer, Concurrency: 1 << 14, NoDefaultServerHeader: true}
		return serveUntil(ctx, out, s.Serve, s.Shutdown)
	case RoleProxy:
		return runProxy(ctx, out, o.Upstream, func(*fiber.Ctx) error { return nil })
	case RoleTrip:
		return runTrip(ctx, out, o)
	case RoleKafka:
		broker, err := embedded.StartKafka(ctx, o.Dir, embedded.KafkaOptions{
			Topics: stream.NewTopics(o.Prefix), Partitions: 6, RetentionBytes: 8 << 20, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return err
		}
		defer broker.Close()
		if err := Announce(out, broker.Addr()); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	default:
		return fmt.Errorf("part %q: none of upstream, proxy, trip, kafka, gateway", role)
	}
}

// Announce tells the parent where a part listens.
func Announce(out io.Writer, addr string) error {
	if _, err := fmt.Fprintf(out, "%s%s\n", announcement, addr); err != nil {
		return fmt.Errorf("announce the address: %w", err)
	}
	return nil
}

const announcement = "listening on "

// WithParent gives a context that ends when in is closed: the parent holds the
// other end, and its death, however sudden, closes it.
func WithParent(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	return ctx, cancel
}

// answer is a booking system that has always just taken the order. A sign-in
// is answered with a session whose token and account the request names.
func answer(c *fasthttp.RequestCtx) {
	c.SetContentType("application/json")
	switch {
	case c.IsGet():
		c.SetBodyString(`{"pool":"main","days":[{"date":"2026-12-01","remaining":812},{"date":"2026-12-02","remaining":4000}]}`)
	case string(c.Path()) == sessionPath:
		c.SetStatusCode(fasthttp.StatusCreated)
		who := c.Request.Header.Peek(benchAccount)
		c.SetBodyString(fmt.Sprintf(`{"session_token":"%s","account_id":"%s"}`, openToken(string(who)), who))
	default:
		c.SetStatusCode(fasthttp.StatusCreated)
		c.SetBodyString(`{"order_id":"01980000-0000-7000-8000-000000000001","state":"provisional","total_fen":0,"positions":2}`)
	}
}

// serveUntil listens on a free loopback port, announces it and serves there
// until ctx ends.
func serveUntil(ctx context.Context, out io.Writer, serve func(net.Listener) error, stop func() error) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := Announce(out, ln.Addr().String()); err != nil {
		return err
	}
	release := context.AfterFunc(ctx, func() { _ = stop() })
	defer release()
	return serve(ln)
}

// runProxy is the yardstick: Fiber, and fasthttp's client as the gateway uses
// it, with nothing between.
func runProxy(ctx context.Context, out io.Writer, upstream string, before func(*fiber.Ctx) error) error {
	client := &fasthttp.HostClient{
		Addr: upstream, MaxConns: 512, MaxConnWaitTimeout: time.Second, DisablePathNormalizing: true, NoDefaultUserAgentHeader: true,
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	app.Use(func(c *fiber.Ctx) error {
		if err := before(c); err != nil {
			return err
		}
		return client.Do(c.Request(), c.Response())
	})
	return serveUntil(ctx, out, app.Listener, app.Shutdown)
}

// runTrip is the least that any shared state costs: one command.
func runTrip(ctx context.Context, out io.Writer, o PartOptions) error {
	client := newRedis(o.Redis)
	defer func() { _ = client.Close() }()
	key := fmt.Sprintf("fg:bench:%d:", os.Getpid())
	return runProxy(ctx, out, o.Upstream, func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return client.Incr(ctx, key+c.Get(benchAccount)).Err()
	})
}

// newRedis is a client set up as the gateway's.
func newRedis(addr string) goredis.UniversalClient {
	o := &goredis.UniversalOptions{
		Addrs: []string{addr}, PoolSize: 64, DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
	}
	redis.Configure(o)
	return goredis.NewUniversalClient(o)
}
