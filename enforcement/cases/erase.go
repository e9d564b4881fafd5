package cases

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
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
	steps := []sqldb.Statement{
		sqldb.Do(`DELETE FROM case_evidence WHERE case_id IN (SELECT id FROM cases WHERE `+own+`)`, who...),
		sqldb.Do(`DELETE FROM case_accounts WHERE case_id IN (SELECT id FROM cases WHERE `+own+`)`, who...),
		sqldb.Do(`DELETE FROM case_notes WHERE case_id IN (SELECT id FROM cases WHERE `+own+`)`, who...),
		sqldb.Do(`DELETE FROM opinions WHERE subject IN (SELECT id FROM cases WHERE `+own+`)`, who...),
		sqldb.Do(`DELETE FROM case_accounts WHERE account = $2 AND case_id IN (SELECT id FROM cases WHERE site = $1)`, who...),
		sqldb.Do(`DELETE FROM case_raises WHERE site = $1 AND account = $2`, who...),
		sqldb.Do(`DELETE FROM case_previews WHERE REPLACE(body, $1, '') <> body`, account),
		sqldb.Do(`DELETE FROM opinions WHERE subject IN (SELECT id FROM audit_sample d WHERE `+drawn+`)`, named...),
		sqldb.Do(`DELETE FROM audit_sample WHERE id IN (SELECT id FROM audit_sample d WHERE `+drawn+`)`, named...),
		sqldb.Do(`UPDATE audit_sample SET account = $3, state = 'done' WHERE site = $1 AND account = $2`, named...),
		sqldb.Do(`DELETE FROM cases WHERE `+own, who...),
		sqldb.Do(`DELETE FROM labels WHERE site = $1 AND account = $2`, who...),
		sqldb.Do(`UPDATE labels SET operator = $3 WHERE site = $1 AND operator = $2`, e.Site, e.Account, e.Pseudonym),
		sqldb.Replace("case_evidence", account, pseudonym, "body"),
	}
	if e.InWords() {
		steps = append(steps,
			sqldb.Replace("cases", e.Account, e.Pseudonym, "reason"),
			sqldb.Replace("case_notes", e.Account, e.Pseudonym, "body"),
			sqldb.Replace("opinions", e.Account, e.Pseudonym, "note"),
			sqldb.Replace("labels", e.Account, e.Pseudonym, "reason"),
		)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := sqldb.Exec(ctx, tx, steps...); err != nil {
			return fmt.Errorf("erase an account's case: %w", err)
		}
		return nil
	})
}
