package jobs

import (
	"context"

	"fairgate/enforcement"
	"fairgate/enforcement/erasure"
	"fairgate/ingest/sqldb"
)

// OpenEraser returns what names an account by its pseudonym wherever the result of
// a backtest shows it, and makes the table where it is missing.
func OpenEraser(ctx context.Context, db *sqldb.DB) (enforcement.Eraser, error) {
	return erasure.Texts{DB: db, Where: "backtests", Statements: func(e enforcement.Erasure) []sqldb.Statement {
		account, pseudonym := e.Quoted()
		return []sqldb.Statement{sqldb.Replace("backtests", account, pseudonym, "result")}
	}}, db.Migrate(ctx, migrations, "backtests_goose_version")
}
