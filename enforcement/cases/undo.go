package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
)

// ConfirmedBy tells who confirmed the subject of a case to be a scalper, empty
// where nobody did.
func (s *Service) ConfirmedBy(ctx context.Context, site string, target enforcement.Target) (string, error) {
	var by string
	err := s.db.Read.QueryRowContext(ctx, `SELECT decided_by FROM cases WHERE site = $1 AND entity = $2 AND key = $3
 AND state = 'confirmed'`, site, string(target.Entity), target.Key).Scan(&by)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for a confirmed case: %w", err)
	}
	return by, nil
}

// CloseUndone closes the undecided case of a subject where all that it holds
// against it is what a cause did and an undo took back. It gets no label: that
// a rule was wrong does not tell who stands behind an account. closed is false
// where there is nothing to close, also on a repeat.
func (s *Service) CloseUndone(
	ctx context.Context, c enforcement.Cause, target enforcement.Target, actor, reason string,
) (closed bool, err error) {
	if actor == "" || reason == "" {
		return false, fmt.Errorf("%w: closing needs an actor (%q) and a reason", ErrBadInput, actor)
	}
	if err := c.Validate(); err != nil {
		return false, err
	}
	found, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE entity = $1 AND key = $2 AND site = $3 AND state IN ('open', 'watch')`, string(target.Entity), target.Key, c.Site))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	evidence, err := s.evidence(ctx, found.ID)
	if err != nil {
		return false, err
	}
	for rule := range found.Rules {
		if rule != c.Rule {
			return false, nil
		}
	}
	for _, e := range evidence {
		if !c.Includes(c.Rule, e.Ruleset, e.Time) {
			return false, nil
		}
	}
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		// A finding that came since, or a decision, keeps it open.
		now, err := scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, found.ID))
		if err != nil || now.State != found.State || now.Findings != found.Findings {
			return err
		}
		now.State, now.DecidedAt, now.DecidedBy, now.Reason = Cleared, s.options.Now().UTC().Truncate(time.Millisecond), actor, reason
		closed = true
		return setState(ctx, tx, now)
	})
	return closed && err == nil, err
}
