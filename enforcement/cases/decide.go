package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// Confirm says that the subject of a case is a scalper: a label, where it is
// an account. Blocks stay as they are. Confirming twice is harmless.
func (s *Service) Confirm(ctx context.Context, id, actor, reason string) (Case, error) {
	return s.decide(ctx, id, Confirmed, enforcement.LabelScalper, actor, reason)
}

// Watch leaves a case to grow without a decision.
func (s *Service) Watch(ctx context.Context, id, actor, reason string) (Case, error) {
	return s.decide(ctx, id, Watch, "", actor, reason)
}

// decide moves a case and writes the label, if any.
func (s *Service) decide(
	ctx context.Context, id string, to State, label enforcement.LabelValue, actor, reason string,
) (Case, error) {
	if actor == "" || reason == "" {
		return Case{}, fmt.Errorf("%w: a decision needs an actor (%q) and a reason", ErrBadInput, actor)
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	var c Case
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		var err error
		c, err = scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
		if err != nil {
			return fmt.Errorf("decide case %q: %w", id, err)
		}
		if c.State == to {
			return nil
		}
		if c.State == Cleared || (c.State == Confirmed && to == Watch) {
			return fmt.Errorf("case %q is %s: %w", id, c.State, ErrDecided)
		}
		c.State, c.DecidedAt, c.DecidedBy, c.Reason, c.Version = to, now, actor, reason, c.Version+1
		if err := setState(ctx, tx, c); err != nil {
			return err
		}
		if label == "" || c.Target.Entity != rules.EntityAccount {
			return nil
		}
		return s.condemn(ctx, tx, c, enforcement.SourceReview)
	})
	return c, err
}

func setState(ctx context.Context, tx *sql.Tx, c Case) error {
	_, err := tx.ExecContext(ctx, `UPDATE cases SET state = $1, decided_at = $2, decided_by = $3, reason = $4,
 version = version + 1 WHERE id = $5`, string(c.State), sqldb.Millis(c.DecidedAt), c.DecidedBy, c.Reason, c.ID)
	if err != nil {
		return fmt.Errorf("decide case %s: %w", c.ID, err)
	}
	return nil
}

// ClearResult says what clearing a subject did.
type ClearResult struct {
	// Case is the case that was closed, nil where there was none.
	Case *Case `json:"case,omitempty"`
	// Lifted is how many deny entries were lifted.
	Lifted int `json:"lifted"`
	// Reinstating is how many withdrawn orders are to be given back; those
	// whose place is gone will be recorded as such.
	Reinstating int `json:"reinstating"`
	// At is the time before which events cannot act on the subject any more.
	At time.Time `json:"cleared_at"`
}

// Clear says that the subject of a case is a person, see ClearTarget.
func (s *Service) Clear(ctx context.Context, id, actor, reason string) (ClearResult, error) {
	c, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
	if err != nil {
		return ClearResult{}, fmt.Errorf("clear case %q: %w", id, err)
	}
	if c.State == Cleared {
		return ClearResult{}, fmt.Errorf("case %q: %w", id, ErrDecided)
	}
	return s.ClearTarget(ctx, c.Site, c.Target, enforcement.SourceReview, actor, reason)
}

// ClearTarget says that a subject is a person: its deny entries are lifted (an
// account's devices and sessions included), events up to now cannot act on it
// any more, what it lost is given back where that is still possible, its case
// is closed, and an account is labelled human by source (SourceReview or
// SourceAppeal). A failure half way is mended by clearing again.
func (s *Service) ClearTarget(
	ctx context.Context, site string, target enforcement.Target, source enforcement.LabelSource, actor, reason string,
) (ClearResult, error) {
	if actor == "" || reason == "" || target.Key == "" || !target.Valid() || !source.Valid() {
		return ClearResult{}, fmt.Errorf("%w: clearing needs a target (%s), a source (%q), an actor (%q) and a reason",
			ErrBadInput, target, source, actor)
	}
	r := ClearResult{At: s.options.Now().UTC().Truncate(time.Millisecond)}
	if err := s.holdNotice(ctx, site, target, r.At); err != nil {
		return r, err
	}
	lifted, err := s.lists.Clear(ctx, site, target, r.At, actor, reason)
	if err != nil {
		return r, err
	}
	r.Lifted = len(lifted)
	account := target.Entity == rules.EntityAccount
	if account {
		if r.Reinstating, err = s.withdrawals.Undo(ctx, site, target.Key, r.At, actor, reason); err != nil {
			return r, err
		}
	}
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		c, err := scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE entity = $1 AND key = $2 AND site = $3 AND state <> 'cleared'`, string(target.Entity), target.Key, site))
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		default:
			c.State, c.DecidedAt, c.DecidedBy, c.Reason, c.Version = Cleared, r.At, actor, reason, c.Version+1
			if err := setState(ctx, tx, c); err != nil {
				return err
			}
			r.Case = &c
		}
		if !account {
			return nil
		}
		return addLabels(ctx, tx, []enforcement.Label{{
			Time: r.At, Site: site, Account: target.Key, Value: enforcement.LabelHuman, Source: source,
			Actor: actor, Reason: reason,
		}})
	})
	if err == nil && account && s.options.Notices != nil {
		err = s.options.Notices.Release(ctx, site, clearing(target.Key))
	}
	return r, err
}

// clearing is what the notice of a cleared account is kept under.
func clearing(account string) string { return "clear " + account }

// holdNotice notes that the account is to be told once it is cleared, where it
// is blocked now. Clearing again after a failure finds it noted.
func (s *Service) holdNotice(ctx context.Context, site string, target enforcement.Target, at time.Time) error {
	if s.options.Notices == nil || target.Entity != rules.EntityAccount {
		return nil
	}
	f := lists.Filter{Site: site, Kind: enforcement.EntryDeny, Account: target.Key, ActiveAt: at}
	standing, _, err := s.lists.List(ctx, f, "", 1)
	if err != nil || len(standing) == 0 {
		return err
	}
	return s.options.Notices.Hold(ctx, site, clearing(target.Key), target.Key)
}
