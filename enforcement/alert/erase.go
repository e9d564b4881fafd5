package alert

import (
	"context"

	"fairgate/enforcement"
	"fairgate/enforcement/erasure"
	"fairgate/ingest/sqldb"
)

// OpenEraser returns what takes accounts out of what operators wrote about alerts,
// and makes the tables where they are missing. What is found out counts accounts
// and names none.
func OpenEraser(ctx context.Context, db *sqldb.DB) (enforcement.Eraser, error) {
	return erasure.Texts{DB: db, Where: "alerts", Statements: erasure.Worded(func(e enforcement.Erasure) []sqldb.Statement {
		return []sqldb.Statement{
			sqldb.Replace("alerts", e.Account, e.Pseudonym, "note"),
			sqldb.Replace("alert_silences", e.Account, e.Pseudonym, "reason"),
		}
	})}, db.Migrate(ctx, migrations, "alert_schema")
}
