package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Statement is one SQL statement with its arguments.
type Statement struct {
	Text string
	Args []any
}

// Do is a statement with its arguments.
func Do(text string, args ...any) Statement { return Statement{text, args} }

// Exec runs statements one after the other in a transaction and ends with the
// first that fails.
func Exec(ctx context.Context, tx *sql.Tx, statements ...Statement) error {
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.Text, s.Args...); err != nil {
			return err
		}
	}
	return nil
}

// Replace puts one text in the place of another wherever it stands in columns of
// a table, and leaves all other rows alone. Table and columns are names in the
// caller's own schema, never input.
func Replace(table, old, replacement string, columns ...string) Statement {
	set, where := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		set[i] = fmt.Sprintf("%[1]s = REPLACE(%[1]s, $1, $2)", c)
		where[i] = fmt.Sprintf("REPLACE(%[1]s, $1, '') <> %[1]s", c)
	}
	return Do("UPDATE "+table+" SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " OR "), old, replacement)
}
