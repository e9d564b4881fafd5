package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/rules/life"
)

// Begin records a tightening.
func (s *Store) Begin(ctx context.Context, t life.Tightening, programs []string) error {
	err := s.inTx(ctx, t.Ruleset, func(tx *sql.Tx) error {
		var running, number int64
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM rulesets_tightenings
			WHERE ruleset = $1 AND rule = $2 AND ended_at = 0 AND ends_at > $3`, t.Ruleset, t.Rule, t.Begun.UnixMilli()).Scan(&running)
		if err != nil {
			return err
		}
		if running > 0 {
			return fmt.Errorf("%w: somebody else tightened rule %q in this moment", life.ErrState, t.Rule)
		}
		if err := tx.QueryRowContext(ctx, `SELECT number FROM rulesets_state WHERE ruleset = $1`, t.Ruleset).Scan(&number); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO rulesets_tightenings
			(id, ruleset, rule, actor, reason, begun_at, ends_at, ended_at, ended_by, end_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '')`,
			t.ID, t.Ruleset, t.Rule, t.By, t.Reason, t.Begun.UnixMilli(), t.Ends.UnixMilli())
		if err != nil {
			return err
		}
		if err := record(ctx, tx, t.Ruleset, number, programs); err != nil {
			return err
		}
		return touch(ctx, tx, t.Ruleset)
	})
	if err != nil {
		return fmt.Errorf("tighten rule %q of ruleset %q: %w", t.Rule, t.Ruleset, err)
	}
	return nil
}

// touch tells the fleet that something is different.
func touch(ctx context.Context, tx *sql.Tx, ruleset string) error {
	_, err := tx.ExecContext(ctx, `UPDATE rulesets_state SET revision = revision + 1 WHERE ruleset = $1`, ruleset)
	return err
}

// End records that a tightening is over.
func (s *Store) End(ctx context.Context, ruleset, id string, at time.Time, by, reason string) (life.Tightening, bool, error) {
	var ended bool
	err := s.inTx(ctx, ruleset, func(tx *sql.Tx) error {
		var err error
		if ended, err = end(ctx, tx, id, at.UnixMilli(), by, reason); err != nil || !ended {
			return err
		}
		return touch(ctx, tx, ruleset)
	})
	if err != nil {
		return life.Tightening{}, false, fmt.Errorf("end tightening %q: %w", id, err)
	}
	found, err := s.tightenings(ctx, selectTightening+`WHERE ruleset = $1 AND id = $2`, ruleset, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: ruleset %q has no tightening %q", life.ErrNotFound, ruleset, id)
	}
	if err != nil {
		return life.Tightening{}, false, err
	}
	return found[0], ended, nil
}

// end reports whether the tightening had not ended before.
func end(ctx context.Context, tx *sql.Tx, id string, at int64, by, reason string) (bool, error) {
	done, err := tx.ExecContext(ctx, `UPDATE rulesets_tightenings SET ended_at = $1, ended_by = $2, end_reason = $3
		WHERE id = $4 AND ended_at = 0`, at, by, reason, id)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// Tightened reads those that began since, the newest first.
func (s *Store) Tightened(ctx context.Context, ruleset string, since time.Time) ([]life.Tightening, error) {
	return s.tightenings(ctx, selectTightening+`WHERE ruleset = $1 AND begun_at >= $2 ORDER BY begun_at DESC, id DESC`, ruleset, since.UnixMilli())
}

const selectTightening = `SELECT id, ruleset, rule, actor, reason, begun_at, ends_at, ended_at, ended_by, end_reason FROM rulesets_tightenings `

// tightenings reads those that a query selects.
func (s *Store) tightenings(ctx context.Context, query, ruleset string, arg any) (out []life.Tightening, err error) {
	rows, err := s.db.Read.QueryContext(ctx, query, ruleset, arg)
	if err != nil {
		return nil, fmt.Errorf("read the tightenings of ruleset %q: %w", ruleset, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t life.Tightening
		var begun, ends, ended int64
		if err := rows.Scan(&t.ID, &t.Ruleset, &t.Rule, &t.By, &t.Reason, &begun, &ends, &ended, &t.EndedBy, &t.EndReason); err != nil {
			return nil, fmt.Errorf("read the tightenings of ruleset %q: %w", ruleset, err)
		}
		t.Begun, t.Ends = time.UnixMilli(begun).UTC(), time.UnixMilli(ends).UTC()
		if ended != 0 {
			t.Ended = time.UnixMilli(ended).UTC()
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the tightenings of ruleset %q: %w", ruleset, err)
	}
	return out, nil
}
