package cases

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/ingest/sqldb"
)

// Prune forgets which findings older than the horizon were recorded, and what was
// settled longer than Options.Keep ago: decided cases with all that hangs on
// them, judged samples, labels, used previews. Open cases stay, whatever their
// age. It is to be called now and then.
func (s *Service) Prune(ctx context.Context) error {
	now := s.options.Now()
	horizon, keep := sqldb.Millis(now.Add(-s.options.Horizon)), sqldb.Millis(now.Add(-s.options.Keep))
	const old = `(SELECT id FROM cases WHERE state IN ('cleared', 'confirmed') AND decided_at < $1 AND updated_at < $1)`
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, step := range []struct {
			text string
			than int64
		}{
			{`DELETE FROM case_seen WHERE at < $1`, horizon},
			{`DELETE FROM case_evidence WHERE case_id IN ` + old, keep},
			{`DELETE FROM case_accounts WHERE case_id IN ` + old, keep},
			{`DELETE FROM case_notes WHERE case_id IN ` + old, keep},
			{`DELETE FROM opinions WHERE at < $1`, keep},
			{`DELETE FROM cases WHERE state IN ('cleared', 'confirmed') AND decided_at < $1 AND updated_at < $1`, keep},
			{`DELETE FROM audit_sample WHERE drawn_at < $1`, keep},
			{`DELETE FROM labels WHERE at < $1`, keep},
			{`DELETE FROM case_raises WHERE done = 1 AND at < $1`, keep},
			{`DELETE FROM case_claims WHERE until < $1`, sqldb.Millis(now)},
			{`DELETE FROM case_previews WHERE at < $1`, sqldb.Millis(now.Add(-2 * PreviewLife))},
		} {
			if _, err := tx.ExecContext(ctx, step.text, step.than); err != nil {
				return fmt.Errorf("prune cases: %w", err)
			}
		}
		return nil
	})
}
