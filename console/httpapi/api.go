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
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"fairgate/console"
	"fairgate/ingest/fingerprint"
	"fairgate/rules"
	"fairgate/rules/life"
)

// Services are what the API stands in front of. All are required.
type Services struct {
	Operators Operators
	Sessions  Sessions
	// SecondFactors, Proofs, Users and Keys are the operators', too.
	SecondFactors SecondFactors
	Proofs        Proofs
	Users         Users
	Keys          Keys
	Audit         Audit
	Review        Review
	Cases         Cases
	BulkCases     BulkCases
	Appeals       Appeals
	// Dossier reads what the ledger tells about accounts, Known what people said
	// of them.
	Dossier   Dossier
	Known     Known
	Lists     Lists
	Labels    Labels
	Quality   Quality
	Normal    Normal
	Explain   Explain
	RuleHits  RuleHits
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
	// Live and Engines are the moving figures; nil: this process has none, and
	// says so.
	Live    Live
	Engines Engines
	Glances Glances
	// QualitySplit and History are the figures over time.
	QualitySplit QualitySplit
	History      History
	// InForce are the rules in force; nil: not known.
	InForce func() *rules.Program
	// Ledger finds events by whom or what they are about.
	Ledger Ledger
	// People turns phones and documents into the hashes that events carry; nil:
	// nobody can be found by them here.
	People People
	// Booking is the way to the booking system; nil: there is none.
	Booking Booking
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
	// Zone is the venue's, by name: days begin at its midnight. Default UTC.
	Zone string
	// BookingDocument is the booking system's OpenAPI document, for the shapes of
	// what is passed on to it; nil: they are not described.
	BookingDocument []byte
	// Ready is asked by /readyz, by name.
	Ready map[string]func(context.Context) error
	// Trusted are the only peers whose X-Forwarded-For and X-Forwarded-Proto are
	// read. Nil: none.
	Trusted *fingerprint.Proxies
	// Origin is where operators reach the console, such as https://console.example,
	// for browsers that only say where a request comes from. Empty: what the
	// request says it was sent to.
	Origin string
	// RequireTOTP are the roles that can do nothing without a second factor.
	RequireTOTP map[console.Role]bool
	// FileZone is the venue's, for times in exported files. Default UTC.
	FileZone *time.Location
	Now      func() time.Time
	Log      *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.FileZone == nil {
		o.FileZone = time.UTC
	}
	if o.Trusted == nil {
		o.Trusted = &fingerprint.Proxies{}
	}
	return o
}

// maxBody bounds a request: a ruleset of the largest size fits, as JSON. Other
// operations take 1 MiB (huma's own bound), into which 500 labels with their
// reasons fit well.
const maxBody = 8 << 20

type server struct {
	Services
	o     Options
	edits editing
}

// New builds the API.
func New(services Services, o Options) *fiber.App {
	s := &server{Services: services, o: o.withDefaults()}
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
	config.Components.SecuritySchemes = securitySchemes()
	api := humafiber.New(app, config)
	api.UseMiddleware(s.authenticate(api))
	s.sessions(api)
	s.sessionLists(api)
	s.secondFactors(api)
	s.reauthentication(api)
	s.users(api)
	s.keys(api)
	s.review(api)
	s.cases(api)
	s.dossiers(api)
	s.appeals(api)
	s.lists(api)
	s.labels(api)
	s.quality(api)
	s.normal(api)
	s.explain(api)
	s.ruleHits(api)
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
	s.desk(api)
	return app
}

// Document gives the OpenAPI document, for generating clients. booking is the
// booking system's, whose shapes it takes over.
func Document(booking []byte) ([]byte, error) {
	app := New(Services{}, Options{BookingDocument: booking})
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
	_, err := s.recorded(ctx, action, object, reason, before, after)
	return err
}

// recorded is record for who needs the entry.
func (s *server) recorded(ctx context.Context, action, object, reason string, before, after any) (console.AuditEntry, error) {
	who := callerOf(ctx)
	e, err := s.Audit.Append(ctx, console.AuditEntry{
		Actor: who.Name, Role: who.Role, Address: who.address, RequestID: who.requestID,
		Action: action, Object: object, Reason: reason, Before: text(before), After: text(after),
	})
	if err != nil {
		s.o.Log.ErrorContext(ctx, "a change was made and not audited", "error", err, "action", action, "object", object, "actor", who.Name)
		return e, huma.Error500InternalServerError("the change was made, and could not be written to the audit log")
	}
	return e, nil
}

// internal hides what an operator cannot help, and logs it.
func (s *server) internal(ctx context.Context, what string, err error) error {
	s.o.Log.ErrorContext(ctx, "operator request failed", "what", what, "error", err, "request_id", callerOf(ctx).requestID)
	return huma.Error503ServiceUnavailable(what + " failed; try again, and give request id " + callerOf(ctx).requestID + " when reporting it")
}
