package undo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

var _ enforcement.Eraser = (*Service)(nil)

// errUnderWay asks to try again: an undo stands at the account.
var errUnderWay = errors.New("an undo is at work on the account")

// Erase gives an account's name in the record of undos up for its pseudonym,
// the last time.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil || !e.Last {
		return err
	}
	steps := []sqldb.Statement{
		sqldb.Do(`UPDATE undo_kept SET ref = $3 WHERE ref = $2 AND kind = 'orders' AND job_id IN (SELECT id FROM undo_jobs WHERE site = $1)`, e.Site, e.Account, e.Pseudonym),
		sqldb.Do(`UPDATE undo_jobs SET position = '' WHERE site = $1 AND position = $2 AND step = 'done'`, e.Site, e.Account),
	}
	if e.InWords() {
		steps = append(steps,
			sqldb.Replace("undo_kept", e.Account, e.Pseudonym, "why"),
			sqldb.Replace("undo_jobs", e.Account, e.Pseudonym, "reason"),
		)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := sqldb.Exec(ctx, tx, steps...); err != nil {
			return fmt.Errorf("erase an account from undos: %w", err)
		}
		var left int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM undo_jobs WHERE site = $1 AND position = $2`, e.Site, e.Account).Scan(&left)
		if err == nil && left > 0 {
			err = errUnderWay
		}
		return err
	})
}
