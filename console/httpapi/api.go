// Package httpapi is the operators' HTTP API: sign-in, the people that were
// flagged or blocked and the evidence, decisions about them, lists, labels,
// quality figures, the kill switch, and the audit log. The OpenAPI document is
// generated from the handlers; every error is an application/problem+json.
//
// It decides who may call what and records every change; what a change does is
// up to the packages it is given.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/google/uuid"

	"fairgate/console"
	"fairgate/rules/life"
)

// Operators is who may sign in; *store.Store is one.
type Operators interface {
	SignIn(ctx context.Context, name, password, address string) (token string, p console.Principal, expires time.Time, err error)
	SignOut(ctx context.Context, token string) error
	ChangePassword(ctx context.Context, name, old, replacement string) error
	Who(ctx context.Context, token string) (console.Principal, error)
}

// Audit is the append-only log; *store.Store is one.
type Audit interface {
	Append(ctx context.Context, e console.AuditEntry) (console.AuditEntry, error)
	Entries(ctx context.Context, before int64, limit int) ([]console.AuditEntry, error)
	Verify(ctx context.Context) (int64, error)
}

// Services are what the API stands in front of. All are required.
type Services struct {
	Operators Operators
	Audit     Audit
	Review    Review
	Cases     Cases
	BulkCases BulkCases
	Appeals   Appeals
	Lists     Lists
	Labels    Labels
	Quality   Quality
	Normal    Normal
	Explain   Explain
	Features  Features
	Backfills Backfills
	Mode      Mode
	Backtests Backtests
	Budgets   Budgets
	Debits    Debits
	// TakenOrders tell what became of the orders that a rule took back.
	TakenOrders TakenOrders
	Undos       Undos
	Erasures    Erasures
	Rulesets    *life.Service
	// Completeness compares the ledger with the booking system's Reports.
	Completeness Completeness
	Reports      Reports
	Alerts       Alerts
	// Notifications are the channels to operators.
	Notifications Notifications
}

// Options of the API. The zero value is usable.
type Options struct {
	// Site is the tenant that new list entries and labels belong to.
	Site string
	// Ruleset is the one that the site runs. Empty: rule ids of exceptions are
	// taken as they are.
	Ruleset string
	// Routes are the ids in the gateway's route table. Empty: they are
	// not known, and any is taken.
	Routes []string
	// Ready is asked by /readyz, by name.
	Ready map[string]func(context.Context) error
	Now   func() time.Time
	Log   *slog.Logger
}

// maxBody bounds a request: a ruleset of the largest size fits, as JSON. Other
// operations take 1 MiB (huma's own bound), into which 500 labels with their
// reasons fit well.
const maxBody = 8 << 20

type server struct {
	Services
	o Options
}

// New builds the API.
func New(services Services, o Options) *fiber.App {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Services: services, o: o}
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true, BodyLimit: maxBody, Immutable: true,
		ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorHandler: s.fiberError,
	})
	app.Use(recover.New()) // a fault in one request is that request's 500
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/readyz", s.ready)
	config := huma.DefaultConfig("Fairgate operators' API", "1.0.0")
	config.DocsPath = "" // its page would load scripts from elsewhere
	config.OpenAPIPath = "/api/v1/openapi"
	config.SchemasPath = "/api/v1/schemas"
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaNames())
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A session token from sign-in, or an API key."},
	}
	api := humafiber.New(app, config)
	api.UseMiddleware(s.authenticate(api))
	s.sessions(api)
	s.review(api)
	s.cases(api)
	s.appeals(api)
	s.lists(api)
	s.labels(api)
	s.quality(api)
	s.normal(api)
	s.explain(api)
	s.features(api)
	s.backfills(api)
	s.completeness(api)
	s.modes(api)
	s.backtests(api)
	s.budgets(api)
	s.undos(api)
	s.erasures(api)
	s.rulesets(api)
	s.alerts(api)
	s.notifications(api)
	s.audit(api)
	return app
}

// Document gives the OpenAPI document, for generating clients.
func Document() ([]byte, error) {
	app := New(Services{}, Options{})
	req, err := http.NewRequest(http.MethodGet, "/api/v1/openapi.json", http.NoBody) //nolint:noctx // in memory
	if err != nil {
		return nil, err
	}
	res, err := app.Test(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return readAll(res.Body)
}

// caller is who calls, for handlers and for the audit log.
type caller struct {
	console.Principal
	token     string
	address   string
	requestID string
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

const permissionKey = "permission"

// needs marks an operation with the permission it takes.
func needs(op huma.Operation, p console.Permission) huma.Operation {
	op.Security = []map[string][]string{{"bearer": {}}}
	op.Metadata = map[string]any{permissionKey: p}
	op.Description = strings.TrimSpace(op.Description + "\n\nPermission: `" + string(p) + "`.")
	return op
}

// signedIn marks an operation that any operator may call.
func signedIn(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{"bearer": {}}}
	return op
}

func (s *server) authenticate(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		who := caller{address: host(ctx.RemoteAddr()), requestID: uuid.NewString()}
		ctx.SetHeader("X-Request-Id", who.requestID)
		if len(ctx.Operation().Security) == 0 {
			next(huma.WithValue(ctx, callerKey{}, who))
			return
		}
		token, found := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		if !found || len(token) > 256 {
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, console.ErrSignedOut.Error())
			return
		}
		p, err := s.Operators.Who(ctx.Context(), token)
		if err != nil {
			if !errors.Is(err, console.ErrSignedOut) {
				s.o.Log.ErrorContext(ctx.Context(), "cannot check a session", "error", err, "request_id", who.requestID)
				_ = huma.WriteErr(api, ctx, http.StatusServiceUnavailable, "sessions cannot be checked right now")
				return
			}
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, console.ErrSignedOut.Error())
			return
		}
		if p.MustChange && ctx.Operation().OperationID != opChangePassword {
			_ = huma.WriteErr(api, ctx, http.StatusForbidden, "the one-time password must be changed first: POST /api/v1/password")
			return
		}
		need, _ := ctx.Operation().Metadata[permissionKey].(console.Permission)
		if need != "" && !p.Role.May(need) {
			_ = huma.WriteErr(api, ctx, http.StatusForbidden, "the role "+string(p.Role)+" does not hold the permission "+string(need))
			return
		}
		who.Principal, who.token = p, token
		next(huma.WithValue(ctx, callerKey{}, who))
	}
}

// fiberError gives the router's own errors the same form as all others.
func (s *server) fiberError(c *fiber.Ctx, err error) error {
	status := http.StatusInternalServerError
	if known, ok := errors.AsType[*fiber.Error](err); ok {
		status = known.Code
	} else {
		s.o.Log.ErrorContext(c.UserContext(), "request failed", "error", err, "path", c.Path())
	}
	detail := map[int]string{
		http.StatusNotFound:              "there is no such path; see /api/v1/openapi.json",
		http.StatusRequestEntityTooLarge: "the body is larger than 8 MiB",
		http.StatusMethodNotAllowed:      "the path does not take this method",
	}[status]
	return c.Status(status).JSON(huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}, "application/problem+json")
}

func (s *server) ready(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
	defer cancel()
	failed := fiber.Map{}
	for name, check := range s.o.Ready {
		if err := check(ctx); err != nil {
			failed[name] = err.Error()
		}
	}
	if len(failed) > 0 {
		return c.Status(http.StatusServiceUnavailable).JSON(failed)
	}
	return c.SendString("ready\n")
}

// record writes a change that was made into the audit log.
func (s *server) record(ctx context.Context, action, object, reason string, before, after any) error {
	who := callerOf(ctx)
	_, err := s.Audit.Append(ctx, console.AuditEntry{
		Actor: who.Name, Role: who.Role, Address: who.address, RequestID: who.requestID,
		Action: action, Object: object, Reason: reason, Before: text(before), After: text(after),
	})
	if err != nil {
		s.o.Log.ErrorContext(ctx, "a change was made and not audited", "error", err, "action", action, "object", object, "actor", who.Name)
		return huma.Error500InternalServerError("the change was made, and could not be written to the audit log")
	}
	return nil
}

// internal hides what an operator cannot help, and logs it.
func (s *server) internal(ctx context.Context, what string, err error) error {
	s.o.Log.ErrorContext(ctx, "operator request failed", "what", what, "error", err, "request_id", callerOf(ctx).requestID)
	return huma.Error503ServiceUnavailable(what + " failed; try again, and give request id " + callerOf(ctx).requestID + " when reporting it")
}
