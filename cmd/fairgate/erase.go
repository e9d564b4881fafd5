package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"fairgate/enforcement/erasure"
)

type eraseCommand struct {
	Account eraseAccountCommand `cmd:"" help:"Have an account named nowhere in the house any more."`
}

type eraseAccountCommand struct {
	operatorsFlags
	ID     string        `arg:"" help:"The account."`
	Reason string        `help:"Why; it goes into the audit log." required:""`
	Wait   bool          `help:"Wait until nothing names it any more."`
	Poll   time.Duration `help:"How often to ask how far it is." default:"1s" hidden:""`
}

// Help says what is erased.
func (c *eraseAccountCommand) Help() string {
	return `Takes an account out of the lists, cases, labels, withdrawals, counters and the ledger.
Accounts that the booking system erases follow by themselves; this is for one by hand. What
acts is taken back at once, the rest follows when nothing is under way any more
(enforcer.erasure_settle). The booking system's own data is erased there.`
}

// Run queues the erasure over the operators' API.
func (c *eraseAccountCommand) Run(ctx context.Context) error {
	var j erasure.Job
	body := map[string]string{"account": c.ID, "reason": c.Reason}
	if err := c.call(ctx, http.MethodPost, "/api/v1/erasures", body, &j); err != nil {
		return err
	}
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	for c.Wait && j.Step != erasure.Done {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("no longer waited for; erasure %s goes on", j.ID)
		}
		if err := c.call(ctx, http.MethodGet, "/api/v1/erasures/"+url.PathEscape(j.ID), nil, &j); err != nil {
			return err
		}
	}
	if j.Step == erasure.Done {
		_, _ = fmt.Fprintf(os.Stdout, "erasure %s: done at %s\n", j.ID, venue(j.Finished))
		return nil
	}
	_, _ = fmt.Fprintf(os.Stdout, "erasure %s: queued; GET /api/v1/erasures/%s says how far it is\n", j.ID, j.ID)
	return nil
}
