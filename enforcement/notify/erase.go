package notify

import (
	"context"

	"fairgate/enforcement"
	"fairgate/enforcement/erasure"
	"fairgate/ingest/sqldb"
)

// OpenEraser returns what takes accounts out of what operators were told, also by
// what is still to be sent, and makes the tables where they are missing.
func OpenEraser(ctx context.Context, db *sqldb.DB) (enforcement.Eraser, error) {
	return erasure.Texts{DB: db, Where: "notifications", Statements: erasure.Worded(func(e enforcement.Erasure) []sqldb.Statement {
		return []sqldb.Statement{sqldb.Replace("notify_deliveries", e.Account, e.Pseudonym, "title", "body", "last_error")}
	})}, db.Migrate(ctx, migrations, "notify_schema")
}
