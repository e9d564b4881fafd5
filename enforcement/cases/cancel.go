package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
)

// TakeBackWithin is for how long whoever confirmed an account can take that back
// before its orders are cancelled.
const TakeBackWithin = 30 * time.Second

// ErrTooLate is returned for a decision that can no longer be taken back: its
// cancellations have begun, or somebody has decided since. It wraps ErrDecided.
var ErrTooLate = fmt.Errorf("it is too late to take this back, decide anew: %w", ErrDecided)

// Cancellations take back what a confirmed account holds, after a while;
// *withdrawals.Service is one.
type Cancellations interface {
	RequestAfter(ctx context.Context, w enforcement.Sweep, wait time.Duration) error
	Forget(ctx context.Context, site, account, event string) (bool, error)
}

// cancelling names the cancellations of one decision about a case.
func cancelling(c *Case) string { return fmt.Sprintf("case %s.%d", c.ID, c.Version) }

// cancel has what a confirmed account holds taken back, unless the decision is
// taken back first. It returns when that begins; zero: nothing is cancelled.
func (s *Service) cancel(ctx context.Context, c *Case) (time.Time, error) {
	if s.options.Cancellations == nil || c.Target.Entity != rules.EntityAccount {
		return time.Time{}, nil
	}
	receipt, err := s.lastReceipt(ctx, c.ID)
	if err != nil {
		return time.Time{}, err
	}
	w := enforcement.Sweep{
		Site: c.Site, Account: c.Target.Key, Target: c.Target, EventID: cancelling(c), Receipt: receipt, Class: ingest.ReasonReview, At: c.DecidedAt,
	}
	// What is asked again after a failure keeps to the first moment.
	at := c.DecidedAt.Add(TakeBackWithin)
	return at, s.options.Cancellations.RequestAfter(ctx, w, max(0, at.Sub(s.options.Now())))
}

// lastReceipt is the latest that the evidence has: what the visitor appeals with.
func (s *Service) lastReceipt(ctx context.Context, id string) (string, error) {
	evidence, err := s.evidence(ctx, id)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(evidence) {
		if e.Receipt != "" {
			return e.Receipt, nil
		}
	}
	return "", nil
}

// TakeBack undoes a confirmation before its cancellations begin: nothing is
// cancelled, the case is open again, and the label is superseded by unknown.
// Only who confirmed may, and only within TakeBackWithin; afterwards the error
// is ErrTooLate, and clearing is a new decision.
func (s *Service) TakeBack(ctx context.Context, site, id, actor string) (Case, error) {
	c, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
	if err != nil {
		return c, fmt.Errorf("take back the decision of case %q: %w", id, err)
	}
	if c.Site != site {
		return Case{}, fmt.Errorf("case %q: %w", id, ErrNotFound)
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	if c.State != Confirmed || c.DecidedBy != actor || s.options.Cancellations == nil || now.Sub(c.DecidedAt) >= TakeBackWithin {
		return c, ErrTooLate
	}
	// First the cancellations: they are what must not happen.
	forgot, err := s.options.Cancellations.Forget(ctx, c.Site, c.Target.Key, cancelling(&c))
	if err != nil {
		return c, err
	}
	if !forgot {
		return c, ErrTooLate
	}
	before := c.Version
	c.State, c.DecidedAt, c.DecidedBy, c.Reason, c.Version = Open, time.Time{}, "", "", c.Version+1
	err = s.db.InTx(ctx, func(tx *sql.Tx) error { return s.reopen(ctx, tx, c, before, actor, now) })
	return c, err
}

// reopen writes down that a confirmation was taken back.
func (s *Service) reopen(ctx context.Context, tx *sql.Tx, c Case, before int64, actor string, now time.Time) error {
	result, err := tx.ExecContext(ctx, `UPDATE cases SET state = 'open', decided_at = 0, decided_by = '', reason = '', version = $1
 WHERE id = $2 AND version = $3 AND state = 'confirmed'`, c.Version, c.ID, before)
	if err != nil {
		return fmt.Errorf("open case %s again: %w", c.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrTooLate, err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM case_raises WHERE site = $1 AND account = $2 AND done = 0`, c.Site, c.Target.Key)
	if err != nil {
		return fmt.Errorf("leave the neighbours alone: %w", err)
	}
	return addLabels(ctx, tx, []enforcement.Label{{
		Time: now, Site: c.Site, Account: c.Target.Key, Value: enforcement.LabelUnknown, Source: enforcement.SourceReview,
		Actor: actor, Reason: "the confirmation was taken back",
	}})
}
