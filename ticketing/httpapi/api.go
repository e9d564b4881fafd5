package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/inspection"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/outage"
)

// Options of the HTTP surface. GatewayKeys are required; the zero value of any
// other field means its default.
type Options struct {
	GatewayKeys     [][]byte              // at least 32 bytes each; any of them signs, so that they can be rotated
	EnforcementKeys []string              // bearer keys of the enforcement role; none = nobody has it
	OperationsKeys  []string              // bearer keys of the operations role; none = nobody has it
	PrivacyKeys     []string              // bearer keys of the privacy role; none = nobody has it
	Inspection      *inspection.Inspector // of pools; default: nobody inspects
	Notices         *notice.Service       // announcements and the venue's page; default: not offered
	Gates           *checkin.Service      // terminals and check-in; default: not offered
	Sandbox         Inbox                 // messages of a sandbox, shown to operations; default: not shown
	Pages           Pages                 // for visitors; default: none
	InsecureCookies bool                  // cookies also without TLS, for trying on one machine
	Tolerance       time.Duration         // of the signature's timestamp, either way; default 30 s
	ReplayMemory    int                   // request ids remembered at most; default 1 << 20, about 64 MB
	BodyLimit       int                   // bytes; default 64 KiB
	UploadLimit     int                   // bytes of a request with a file; default 1 MiB
	Limits          Limits                // of one account in a minute; default: none
	Deadline        time.Duration         // of one request; default 10 s
	Clock           func() time.Time      // default time.Now
	Logger          *slog.Logger          // default: discard
	Registerer      prometheus.Registerer // default: metrics are kept but not exposed
}

func (o Options) withDefaults() Options {
	if o.Tolerance <= 0 {
		o.Tolerance = 30 * time.Second
	}
	if o.ReplayMemory <= 0 {
		o.ReplayMemory = 1 << 20
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = 64 * 1024
	}
	if o.UploadLimit <= 0 {
		o.UploadLimit = 1 << 20
	}
	if o.Deadline <= 0 {
		o.Deadline = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// minKey is the least length of a key, in bytes.
const minKey = 32

func (o Options) validate() error {
	var faults []error
	if len(o.GatewayKeys) == 0 {
		faults = append(faults, errors.New("gateway keys: want at least one"))
	}
	for i, key := range o.GatewayKeys {
		if len(key) < minKey {
			faults = append(faults, fmt.Errorf("gateway keys[%d]: want at least %d bytes, got %d", i, minKey, len(key)))
		}
	}
	for role, keys := range map[string][]string{"enforcement": o.EnforcementKeys, "operations": o.OperationsKeys, "privacy": o.PrivacyKeys} {
		for i, key := range keys {
			if len(key) < minKey {
				faults = append(faults, fmt.Errorf("%s keys[%d]: want at least %d bytes, got %d", role, i, minKey, len(key)))
			}
		}
	}
	return errors.Join(faults...)
}

// api holds what the handlers share.
type api struct {
	service  *ticketing.Service
	verifier *verifier
	opts     Options
	failures *outage.Log // of requests, while something is away
	metrics  *metrics
	app      *fiber.App
	huma     huma.API // the operations and their document
	access   accesses
	document func() ([]byte, error)
	// bodyLimits are the operations' own, in bytes, by path.
	bodyLimits map[string]int
	limiters   map[rate]*limiter
}

// New makes the Fiber application. The caller listens with it and shuts it
// down; the error names every unusable key.
func New(service *ticketing.Service, opts Options) (*fiber.App, error) {
	a, err := newAPI(service, opts)
	if err != nil {
		return nil, err
	}
	return a.app, nil
}

func newAPI(service *ticketing.Service, opts Options) (*api, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("new ticketing api: %w", err)
	}
	opts = opts.withDefaults()
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new ticketing api: %w", err)
	}
	a := &api{
		service: service, opts: opts, metrics: m, bodyLimits: map[string]int{}, limiters: opts.Limits.limiters(),
		failures: outage.New(opts.Logger, opts.Clock, slog.LevelError, "request failed", "requests are answered again"),
		verifier: &verifier{
			keys: opts.GatewayKeys, tolerance: opts.Tolerance, clock: opts.Clock,
			// A signature may come early by the tolerance and again late by it.
			guard: newReplayGuard(2*opts.Tolerance, opts.ReplayMemory),
		},
	}
	app := fiber.New(fiber.Config{
		AppName: "ticketing", DisableStartupMessage: true, Immutable: true, StrictRouting: true, CaseSensitive: true,
		DisablePreParseMultipartForm: true, // the signature is of the bytes as they came
		BodyLimit:                    max(opts.BodyLimit, opts.UploadLimit, groupLimit), ErrorHandler: a.handleError,
		ReadTimeout: opts.Deadline, WriteTimeout: opts.Deadline, IdleTimeout: 2 * time.Minute,
	})
	app.Use(recover.New(), a.observe)
	app.Get(aliveRoute, func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get(readyRoute, a.ready)
	a.app, a.huma = app, newHuma(app)
	a.access = a.newAccesses()
	app.Use("/api/v1", a.requireSignature)
	app.Use(terminalPrefix, a.tellTime)
	a.visitorOperations()
	a.houseOperations()
	a.noticeOperations()
	a.gateOperations()
	a.terminalOperations()
	a.documentOperations()
	if opts.Pages != nil {
		app.Use(showPages(opts.Pages))
	}
	return a, nil
}

// aliveRoute answers whatever is away, readyRoute only while the database is there.
const (
	aliveRoute = "/healthz"
	readyRoute = "/readyz"
)

// observe sets the request's deadline and counts its answer.
func (a *api) observe(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), a.opts.Deadline)
	defer cancel()
	c.SetUserContext(ctx)
	start := time.Now()
	err := a.withinLimit(c)
	if err == nil {
		err = c.Next()
	}
	if err != nil { // answer here, so that the status counted is the one sent
		if err := a.handleError(c, err); err != nil {
			return err
		}
	}
	if code := c.Response().StatusCode(); code < fiber.StatusMultipleChoices && c.Route().Path != aliveRoute {
		a.failures.Report(c.UserContext(), nil)
	}
	a.metrics.requests.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(c.Response().StatusCode())).
		Observe(time.Since(start).Seconds())
	return nil
}

// withinLimit holds every request to the limit of bodies, its operation's own
// where it has one.
func (a *api) withinLimit(c *fiber.Ctx) error {
	limit := a.opts.BodyLimit
	if own, known := a.bodyLimits[c.Path()]; known {
		limit = own
	}
	if len(c.BodyRaw()) > limit {
		return fiber.ErrRequestEntityTooLarge
	}
	return nil
}

func (a *api) ready(c *fiber.Ctx) error {
	if err := a.service.Ready(c.UserContext()); err != nil {
		return err
	}
	return c.SendString("ready\n")
}
