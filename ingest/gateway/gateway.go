package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"fairgate/ingest"
	"fairgate/ingest/deadline"
)

// Gateway is the edge in front of one upstream. It is safe for concurrent use.
type Gateway struct {
	screener ingest.Screener
	recorder ingest.Recorder
	upstream *upstream
	routes   atomic.Pointer[Routes]
	accounts *accounts
	finisher *finisher
	messages *catalogue
	metrics  *metrics
	o        Options
	log      *slog.Logger
	failures *complaints // that may come with every request
	refusals *refusalBudget
	now      func() time.Time
	boot     string
	seq      atomic.Uint64
	app      *fiber.App

	exchanges sync.Pool        // of *exchange
	screening *deadline.Shared // of Screen and of session bindings
	recording *deadline.Shared // of the recorder and of Observe

	mu        sync.Mutex
	listeners []net.Listener
	stopped   bool
}

// Bounds of what a connection may hold or take.
const (
	maxHeaderBytes = 16 << 10
	readTimeout    = 30 * time.Second
	idleTimeout    = 75 * time.Second
)

// New makes a gateway that screens with screener, records with recorder and
// forwards to upstream ("http://127.0.0.1:9000"). It listens to nothing until
// Serve.
func New(screener ingest.Screener, recorder ingest.Recorder, upstreamURL string, o Options) (*Gateway, error) {
	o, err := o.withDefaults()
	if screener == nil || recorder == nil {
		err = errors.Join(err, errors.New("screener or recorder is missing"))
	}
	target, upErr := parseUpstream(upstreamURL)
	if err = errors.Join(err, upErr); err != nil {
		return nil, fmt.Errorf("new gateway: %w", err)
	}
	accounts, err := newAccounts(o)
	if err != nil {
		return nil, fmt.Errorf("new gateway: %w", err)
	}
	g := &Gateway{
		screener: screener, recorder: recorder, accounts: accounts,
		messages: newCatalogue(o.AppealHours), metrics: newMetrics(o.Registerer),
		o: o, log: o.Log, failures: newComplaints(o.Log, o.Clock), refusals: newRefusalBudget(), now: o.Clock, boot: newBoot(),
	}
	g.screening, g.recording = deadline.New(o.Deadline), deadline.New(recordTimeout)
	g.exchanges.New = func() any { return new(exchange) }
	g.upstream = newUpstream(target, o)
	g.finisher = newFinisher(o.Workers, o.Backlog, g.finish)
	g.routes.Store(o.Routes)
	g.app = fiber.New(fiber.Config{
		// Strings of the context are reused after the handler returns; what is
		// kept in an event must be its own.
		Immutable:                    true,
		BodyLimit:                    max(o.Routes.MaxBody(), DefaultMaxBody),
		ReadBufferSize:               maxHeaderBytes,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 readTimeout,
		IdleTimeout:                  idleTimeout,
		DisableStartupMessage:        true,
		DisableDefaultContentType:    true,
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 g.answerError,
	})
	g.app.Use(g.handle)
	g.app.Server().Handler = g.knownMethods(g.app.Server().Handler)
	return g, nil
}

// knownMethods answers a method that Fiber does not know, which Fiber itself
// would answer in plain text and uncounted.
func (g *Gateway) knownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := g.app.AcquireCtx(ctx)
		defer g.app.ReleaseCtx(c)
		// answerError writes the answer and has no error of its own.
		_ = g.answerError(c, fiber.ErrNotImplemented)
	}
}

// App is the Fiber application, for tests and for wiring that listens itself.
func (g *Gateway) App() *fiber.App { return g.app }

// Serve answers on ln until Shutdown, and owns ln from then on. After a
// Shutdown it returns at once.
func (g *Gateway) Serve(ln net.Listener) error {
	g.mu.Lock()
	stopped := g.stopped
	g.listeners = append(g.listeners, ln)
	g.mu.Unlock()
	if stopped {
		return closeListener(ln)
	}
	err := g.app.Listener(ln)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && !g.stopped {
		return fmt.Errorf("serve gateway on %s: %w", ln.Addr(), err)
	}
	return nil
}

// SetRoutes exchanges the route table for requests that start from now on.
// The largest body stays the one of the table given to New.
func (g *Gateway) SetRoutes(routes *Routes) { g.routes.Store(routes) }

// Shutdown stops accepting, waits for what is in flight and for the events
// still to be finished, or until ctx ends. It may be called twice.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	g.stopped = true
	listeners := g.listeners
	g.listeners = nil
	g.mu.Unlock()
	err := g.app.ShutdownWithContext(ctx)
	// The server knows a listener only once it accepts on it; one that Serve
	// was about to hand over is closed here.
	for _, ln := range listeners {
		err = errors.Join(err, closeListener(ln))
	}
	err = errors.Join(err, g.finisher.stop(ctx))
	g.upstream.close()
	if err != nil {
		return fmt.Errorf("shut down gateway: %w", err)
	}
	return nil
}

func closeListener(ln net.Listener) error {
	if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener %s: %w", ln.Addr(), err)
	}
	return nil
}
