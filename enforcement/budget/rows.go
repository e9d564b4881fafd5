package budget

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// querier is a *sql.DB or *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// maxRows is how many rows one statement inserts: SQLite takes 32,766
// parameters, PostgreSQL 65,535.
const maxRows = 1000

// insertRows inserts n rows of width columns, many by a statement.
func insertRows(ctx context.Context, tx *sql.Tx, head, tail string, width, n int, row func(i int) []any) error {
	for from := 0; from < n; from += maxRows {
		to := min(n, from+maxRows)
		var text strings.Builder
		text.WriteString(head)
		args := make([]any, 0, width*(to-from))
		for i := from; i < to; i++ {
			if i > from {
				text.WriteString(", ")
			}
			text.WriteString("(" + places(len(args)+1, width) + ")")
			args = append(args, row(i)...)
		}
		text.WriteString(tail)
		if _, err := tx.ExecContext(ctx, text.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// places lists n numbered parameters beginning with $first.
func places(first, n int) string {
	var text strings.Builder
	for i := range n {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString("$" + strconv.Itoa(first+i))
	}
	return text.String()
}

// each runs a query and calls scan for every row.
func each(ctx context.Context, q querier, scan func(rows *sql.Rows) error, text string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sortedKeys lists the accounts in the order in which rows are written.
func sortedKeys[V any](of map[accountKey]V) []accountKey {
	return slices.SortedFunc(maps.Keys(of), func(a, b accountKey) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.account, b.account))
	})
}
