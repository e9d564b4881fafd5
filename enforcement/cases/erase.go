package cases

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
)

var _ enforcement.Eraser = (*Service)(nil)

// Erase forgets an account's case with its evidence and all that was said about
// the account. In evidence against others, and where it was judged for the audit
// sample, it is named by its pseudonym.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	own := `(site = $1 AND entity = 'account' AND key = $2)`
	who := []any{e.Site, e.Account}
	account, pseudonym := e.Quoted()
	named := []any{e.Site, e.Account, e.Pseudonym}
	// What nobody has judged is not waited for; and an account that was drawn
	// again between two erasures stands under its pseudonym already.
	drawn := `d.site = $1 AND d.account = $2 AND (d.state = 'open' OR EXISTS
 (SELECT 1 FROM audit_sample k WHERE k.site = $1 AND k.account = $3 AND k.week = d.week))`
	steps := []statement{
		{`DELETE FROM case_evidence WHERE case_id IN (SELECT id FROM cases WHERE ` + own + `)`, who},
		{`DELETE FROM case_accounts WHERE case_id IN (SELECT id FROM cases WHERE ` + own + `)`, who},
		{`DELETE FROM case_notes WHERE case_id IN (SELECT id FROM cases WHERE ` + own + `)`, who},
		{`DELETE FROM opinions WHERE subject IN (SELECT id FROM cases WHERE ` + own + `)`, who},
		{`DELETE FROM case_accounts WHERE account = $2 AND case_id IN (SELECT id FROM cases WHERE site = $1)`, who},
		{`DELETE FROM case_raises WHERE site = $1 AND account = $2`, who},
		{`DELETE FROM case_previews WHERE REPLACE(body, $1, '') <> body`, []any{account}},
		{`DELETE FROM opinions WHERE subject IN (SELECT id FROM audit_sample d WHERE ` + drawn + `)`, named},
		{`DELETE FROM audit_sample WHERE id IN (SELECT id FROM audit_sample d WHERE ` + drawn + `)`, named},
		{`UPDATE audit_sample SET account = $3, state = 'done' WHERE site = $1 AND account = $2`, named},
		{`DELETE FROM cases WHERE ` + own, who},
		{`DELETE FROM labels WHERE site = $1 AND account = $2`, who},
		{`UPDATE labels SET operator = $3 WHERE site = $1 AND operator = $2`, []any{e.Site, e.Account, e.Pseudonym}},
		{`UPDATE case_evidence SET body = REPLACE(body, $1, $2) WHERE REPLACE(body, $1, '') <> body`, []any{account, pseudonym}},
	}
	if e.InWords() {
		words := []any{e.Account, e.Pseudonym}
		steps = append(steps,
			statement{`UPDATE cases SET reason = REPLACE(reason, $1, $2) WHERE REPLACE(reason, $1, '') <> reason`, words},
			statement{`UPDATE case_notes SET body = REPLACE(body, $1, $2) WHERE REPLACE(body, $1, '') <> body`, words},
			statement{`UPDATE opinions SET note = REPLACE(note, $1, $2) WHERE REPLACE(note, $1, '') <> note`, words},
			statement{`UPDATE labels SET reason = REPLACE(reason, $1, $2) WHERE REPLACE(reason, $1, '') <> reason`, words},
		)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, step := range steps {
			if _, err := tx.ExecContext(ctx, step.text, step.args...); err != nil {
				return fmt.Errorf("erase an account's case: %w", err)
			}
		}
		return nil
	})
}

type statement struct {
	text string
	args []any
}
