package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"fairgate/cmd/internal/config"
	"fairgate/ingest/outcome"
	"fairgate/ticketing/httpapi"
	ticketbox "fairgate/ticketing/outbox"
	"fairgate/ticketing/sqlstore"
)

// openTicketing opens the booking system and its reports.
func (c *Contained) openTicketing(ctx context.Context) error {
	k, err := secrets(map[string]config.Secret{"keys.enforcement": c.e.Config.Keys.Enforcement, "keys.operations": c.e.Config.Keys.Operations})
	gateway, gerr := rotated("keys.gateway", c.e.Config.Keys.Gateway, "")
	keys, serr := ticketingKeys(c.e.Config.Keys)
	if err := errors.Join(err, gerr, serr); err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	dsn, err := c.e.Config.Ticketing.DSN.Reveal()
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	store, err := sqlstore.Open(ctx, dsn, sqlstore.Options{Volatile: true, Connections: 2, Logger: c.e.Log, Registerer: c.e.Registry})
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	c.Defer("ticketing store", func(context.Context) error { return store.Close() })
	messages, err := openMessenger(c.e)
	if err != nil {
		return err
	}
	service, api, err := openBooking(c.e, c.e.Log, store, keys, messages, nil, httpapi.Options{
		GatewayKeys: gateway, EnforcementKeys: []string{k["keys.enforcement"]}, OperationsKeys: []string{k["keys.operations"]},
	})
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	handler := api.Handler()
	c.tickets, c.booking = service, func(ctx *fasthttp.RequestCtx) {
		handler(ctx)
		if !ctx.IsGet() {
			c.soon()
		}
	}
	if c.messages, err = messages.dispatcher(c.e, store, service); err != nil {
		return err
	}
	return c.openReports(ctx, store)
}

// openReports opens the way of the booking system's reports.
func (c *Contained) openReports(ctx context.Context, store *sqlstore.Store) error {
	secret, err := webhookSecret(c.e)
	if err != nil {
		return err
	}
	receiver, err := outcome.NewReceiver(c.log, c.log.topics.Outcomes, [][]byte{secret}, outcome.ReceiverOptions{
		Site: c.e.Config.Site, Events: c.log.topics.Events, Now: c.e.Now, Logger: c.e.Log,
	})
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	c.reports, err = ticketbox.NewDispatcher(store, alone{}, c.e.Config.Ticketing.OutcomesURL, secret, ticketbox.Options{
		Transport: handled{receiver}, Clock: c.e.Now, Logger: c.e.Log, Registerer: c.e.Registry,
	})
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	return c.tickets.PlanJobs(ctx)
}

// alone is the leases of a process that shares its databases with no other: it
// has them all.
type alone struct{}

// Acquire implements ticketing.Leases.
func (alone) Acquire(context.Context, string, string, time.Time, time.Time) (bool, error) {
	return true, nil
}

// Release implements ticketing.Leases.
func (alone) Release(context.Context, string, string) error { return nil }

// handled calls a net/http handler instead of a server.
type handled struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := newAnswer(r)
	h.handler.ServeHTTP(w, r)
	return w.response(), nil
}

// soon has the booking system looked after once it has something to do.
func (c *Contained) soon() {
	if c.tending {
		return
	}
	c.tending = true
	c.o.After(max(leastPace, c.o.Pace/10), func(ctx context.Context) error {
		c.tending = false
		return c.tendBookings(ctx)
	})
}

// routine begins what is done again and again.
func (c *Contained) routine() {
	c.every(c.o.Pace, c.tendBookings)
	c.every(max(5*time.Second, 2*c.o.Pace), c.tendDecisions)
	c.every(24*time.Hour, c.review.lists.Rebuild)
	c.every(time.Hour, func(ctx context.Context) error {
		return errors.Join(c.review.cases.Prune(ctx), c.review.notices.Prune(ctx), c.budgets.Prune(ctx), c.budgets.Tend(ctx))
	})
}

// every does something again and again.
func (c *Contained) every(d time.Duration, do func(context.Context) error) {
	var again func(context.Context) error
	again = func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		c.o.After(d, again)
		return nil
	}
	c.o.After(d, again)
}

// tendBookings does the booking system's jobs.
func (c *Contained) tendBookings(ctx context.Context) error {
	due, err := c.tickets.Due(ctx)
	if due {
		_, err1 := c.tickets.ExpireHolds(ctx)
		_, err2 := c.tickets.FireReleases(ctx)
		_, err3 := c.tickets.ReleaseAllotments(ctx)
		_, err4 := c.tickets.ConfirmProvisional(ctx)
		_, err5 := c.tickets.RunDue(ctx)
		err = errors.Join(err1, err2, err3, err4, err5)
	}
	if err != nil {
		return fmt.Errorf("jobs of the booking system: %w", err)
	}
	c.reports.Deliver(ctx)
	c.scoreSoon()
	for more := true; more; {
		var err error
		if more, err = c.messages.Step(ctx); err != nil {
			return fmt.Errorf("text messages: %w", err)
		}
	}
	return nil
}

// tendDecisions does what was put off and tells holders what was lifted. What
// goes beyond a budget is turned down when it does; nobody lifts that here.
func (c *Contained) tendDecisions(ctx context.Context) error {
	if err := c.carryOut(ctx); err != nil {
		return err
	}
	if _, err := c.review.notices.Work(ctx); err != nil {
		return fmt.Errorf("notices: %w", err)
	}
	return nil
}
