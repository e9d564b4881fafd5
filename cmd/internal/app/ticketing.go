package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/cmd/internal/config"
	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/front"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/inspection"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/outbox"
	"fairgate/ticketing/sqlstore"
)

// Ticketing puts the booking system on the stack and returns its address.
func Ticketing(ctx context.Context, s *Stack, e Env) (addr string, err error) {
	c := e.Config
	k, err := secrets(map[string]config.Secret{
		"keys.enforcement": c.Keys.Enforcement, "keys.operations": c.Keys.Operations, "keys.webhook": c.Keys.Webhook,
	})
	privacy, perr := optionalKey("keys.privacy", c.Keys.Privacy)
	gateway, gerr := rotated("keys.gateway", c.Keys.Gateway, c.Keys.GatewayPrevious)
	keys, serr := ticketingKeys(c.Keys)
	hook, herr := outbox.ParseSecret(k["keys.webhook"])
	if err := errors.Join(err, perr, gerr, serr, herr); err != nil {
		return "", fmt.Errorf("ticketing: %w", err)
	}
	dsn, err := c.Ticketing.DSN.Reveal()
	if err != nil {
		return "", fmt.Errorf("ticketing.dsn: %w", err)
	}
	log := e.Log.With("part", "ticketing")
	store, err := sqlstore.Open(ctx, dsn, sqlstore.Options{Logger: log, Registerer: e.Registry})
	if err != nil {
		return "", fmt.Errorf("ticketing: %w", err)
	}
	s.Defer("ticketing store", func(context.Context) error { return store.Close() })
	messages, err := openMessenger(e)
	if err != nil {
		return "", err
	}
	visitors, err := openWeChat(e)
	if err != nil {
		return "", err
	}
	service, api, err := openBooking(e, log, store, keys, messages, visitors, httpapi.Options{
		GatewayKeys: gateway, EnforcementKeys: []string{k["keys.enforcement"]}, OperationsKeys: []string{k["keys.operations"]}, PrivacyKeys: privacy,
	})
	if err != nil {
		return "", fmt.Errorf("ticketing: %w", err)
	}
	dispatcher, err := outbox.NewDispatcher(store, store, c.Ticketing.OutcomesURL, hook, outbox.Options{
		// After a crash the next process takes over when the lease is out.
		Timeout: 3 * time.Second, LeaseLife: 8 * time.Second, Clock: e.Now, Logger: log, Registerer: e.Registry,
	})
	if err != nil {
		return "", fmt.Errorf("ticketing: %w", err)
	}
	if err := messages.deliver(s, e, store, service); err != nil {
		return "", err
	}
	ln, err := listen(ctx, "ticketing", c.Ticketing.Listen)
	if err != nil {
		return "", err
	}
	if c.Ticketing.TerminalsListen != "" {
		venue, err := listen(ctx, "terminals", c.Ticketing.TerminalsListen)
		if err != nil {
			return "", err
		}
		serveFiber(s, "terminals http", httpapi.OnlyTerminals(api), venue)
	}
	s.Go("ticketing outbox", dispatcher.Run)
	s.Go("ticketing jobs", service.Run)
	serveFiber(s, "ticketing http", api, ln)
	return ln.Addr().String(), nil
}

// openBooking makes the booking system and its API, with the visitors' pages
// beside it; o has the keys of its callers.
func openBooking(e Env, log *slog.Logger, store *sqlstore.Store, keys ticketing.Keys, messages messenger, visitors ticketing.WeChat, o httpapi.Options) (*ticketing.Service, *fiber.App, error) {
	c := e.Config.Ticketing
	notices, err := notice.New(store, e.Now, notice.Options{Registerer: e.Registry})
	if err != nil {
		return nil, nil, err
	}
	inspector, err := inspection.New(store.Inspection(), e.Now, inspection.Options{Registerer: e.Registry})
	if err != nil {
		return nil, nil, err
	}
	service, err := ticketing.NewService(store, keys, e.Now, ticketing.Options{
		Logger: log, Registerer: e.Registry, Leases: store, BookingRules: notices, Scrubber: store, Notices: messages.tells,
		Jobs:           []ticketing.Job{inspector.Job()},
		RevealsPerHour: c.RevealsPerHour, Retention: ticketing.Retention(c.Retention), Codes: messages.codes(), WeChat: visitors,
		PasswordCost: ticketing.PasswordCost{MemoryKiB: c.PasswordMemoryKiB, Passes: c.PasswordTime, Lanes: 1},
	})
	if err != nil {
		return nil, nil, err
	}
	gates, err := checkin.New(store.CheckIn(), keys, e.Now, checkin.Options{Logger: log, Registerer: e.Registry})
	if err != nil {
		return nil, nil, err
	}
	pages, err := front.New()
	if err != nil {
		return nil, nil, err
	}
	o.Inspection, o.Notices, o.Gates, o.Pages, o.Sandbox = inspector, notices, gates, pages, messages.inbox
	o.InsecureCookies, o.Limits = !e.Config.Gateway.SecureCookies, httpapi.Limits(c.Limits)
	o.Clock, o.Logger, o.Registerer = e.Now, log, e.Registry
	api, err := httpapi.New(service, o)
	return service, api, err
}
