package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/cmd/internal/config"
	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/console/store"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/outcome"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
	booking "fairgate/ticketing/httpapi"
	"fairgate/ticketing/outbox"
)

// Console puts the operators' API on the stack and returns its address.
func Console(ctx context.Context, s *Stack, e Env) (string, error) {
	c, err := startConsole(ctx, s, e, nil)
	if err != nil {
		return "", err
	}
	if c.first {
		e.Log.WarnContext(ctx, "the first administrator was made; sign in and change the one-time password now", "name", "admin")
	}
	return c.addr, nil
}

// firstPassword is the one-time password that the configuration names.
func firstPassword(c config.Console) (string, error) {
	password, err := c.FirstPassword.Reveal()
	if err != nil {
		return "", fmt.Errorf("console.first_password: %w", err)
	}
	if password == "" {
		return "", errors.New("there is no operator yet: set console.first_password (file:PATH or env:NAME) to a one-time password for the user admin")
	}
	return password, nil
}

// operators is a running operators' API.
type operators struct {
	addr  string
	first bool // the first administrator was made in this run
	store *store.Store
}

// programKeys are the API keys that the development command gives to programs
// on the same machine, with what each may do.
func programKeys() map[string]console.Role {
	return map[string]console.Role{OperatorKey: console.Administrator, AnalystKey: console.Analyst, SecurityKey: console.Security}
}

// grant lets programs on this machine in by the keys of its data directory.
func (o *operators) grant(ctx context.Context, data string) error {
	for name, role := range programKeys() {
		key, err := ReadSecret(data, name)
		if err != nil {
			return err
		}
		if err := o.store.PutKey(ctx, name, key, role); err != nil {
			return err
		}
	}
	return nil
}

// startConsole starts the operators' API and the receiver of outcomes.
// noAnalytics, if set, is why quality figures cannot be read.
func startConsole(ctx context.Context, s *Stack, e Env, noAnalytics error) (*operators, error) {
	c, log := e.Config, e.Log.With("part", "console")
	e.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"role": "console"}, e.Registry)
	db, err := openSQL(ctx, s, e, sqldb.Options{})
	if err != nil {
		return nil, err
	}
	client, err := openRedis(s, c.Redis)
	if err != nil {
		return nil, err
	}
	users, err := openOperators(ctx, db, e)
	if err != nil {
		return nil, err
	}
	proxies, err := fingerprint.NewProxies(c.Console.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("console.trusted_proxies: %w", err)
	}
	services := httpapi.Services{Operators: users, Glances: users, Sessions: users, SecondFactors: users, Proofs: users, Users: users, Keys: users, Audit: users}
	if err := addReview(ctx, &services, e, db, client); err != nil {
		return nil, err
	}
	if err := addLedger(&services, s, e, db, noAnalytics); err != nil {
		return nil, err
	}
	if err := addRules(ctx, &services, s, e, db, client, noAnalytics); err != nil {
		return nil, err
	}
	if err := addAlerts(ctx, &services, s, e, db, client, noAnalytics); err != nil {
		return nil, err
	}
	if err := addLive(ctx, &services, s, e, db, client, noAnalytics); err != nil {
		return nil, err
	}
	first, err := users.FirstAdministrator(ctx, func() (string, error) { return firstPassword(c.Console) })
	if err != nil {
		return nil, err
	}
	routes, err := routeIDs(ctx, e)
	if err != nil {
		return nil, err
	}
	booking, err := booking.Document()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	app := httpapi.New(services, httpapi.Options{
		Zone: "Asia/Shanghai", BookingDocument: booking,
		Site: c.Site, Ruleset: c.Rules.Ruleset, Routes: routes, Trusted: proxies, Origin: c.Console.URL,
		RequireTOTP: requireTOTP(c.Console), FileZone: venueZone(), Now: e.Now, Log: log,
	})
	if err := addPages(app); err != nil {
		return nil, err
	}
	ln, err := listen(ctx, "console", c.Console.Listen)
	if err != nil {
		return nil, err
	}
	if err := receiveOutcomes(ctx, s, e); err != nil {
		return nil, err
	}
	serveFiber(s, "console http", app, ln)
	return &operators{addr: ln.Addr().String(), first: first, store: users}, nil
}

// webhookSecret is what signs the booking system's reports.
func webhookSecret(e Env) ([]byte, error) {
	text, err := e.Config.Keys.Webhook.Reveal()
	if err != nil {
		return nil, fmt.Errorf("keys.webhook: %w", err)
	}
	secret, err := outbox.ParseSecret(text)
	if err != nil {
		return nil, fmt.Errorf("keys.webhook: %w", err)
	}
	return secret, nil
}

// receiveOutcomes takes the booking system's reports in, on a listener of its
// own: it is neither visitors' nor operators'.
func receiveOutcomes(ctx context.Context, s *Stack, e Env) error {
	secret, err := webhookSecret(e)
	if err != nil {
		return err
	}
	topics := stream.NewTopics(e.Config.Kafka.Prefix)
	receiver, err := outcome.NewReceiver(openProducer(s, e), topics.Outcomes, [][]byte{secret}, outcome.ReceiverOptions{
		Site: e.Config.Site, Events: topics.Events, Now: e.Now, Logger: e.Log, Registerer: e.Registry,
	})
	if err != nil {
		return fmt.Errorf("outcomes: %w", err)
	}
	ln, err := listen(ctx, "outcomes", e.Config.Console.OutcomesListen)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/outcomes", receiver)
	serveHTTP(s, "outcomes", &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}, ln)
	return nil
}
