package undo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fairgate/enforcement"
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
	type statement struct {
		text string
		args []any
	}
	steps := []statement{
		{
			`UPDATE undo_kept SET ref = $3 WHERE ref = $2 AND kind = 'orders' AND job_id IN (SELECT id FROM undo_jobs WHERE site = $1)`,
			[]any{e.Site, e.Account, e.Pseudonym},
		},
		{`UPDATE undo_jobs SET position = '' WHERE site = $1 AND position = $2 AND step = 'done'`, []any{e.Site, e.Account}},
	}
	if e.InWords() {
		words := []any{e.Account, e.Pseudonym}
		steps = append(steps,
			statement{`UPDATE undo_kept SET why = REPLACE(why, $1, $2) WHERE REPLACE(why, $1, '') <> why`, words},
			statement{`UPDATE undo_jobs SET reason = REPLACE(reason, $1, $2) WHERE REPLACE(reason, $1, '') <> reason`, words},
		)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, step := range steps {
			if _, err := tx.ExecContext(ctx, step.text, step.args...); err != nil {
				return fmt.Errorf("erase an account from undos: %w", err)
			}
		}
		var left int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM undo_jobs WHERE site = $1 AND position = $2`, e.Site, e.Account).Scan(&left)
		if err == nil && left > 0 {
			err = errUnderWay
		}
		return err
	})
}
