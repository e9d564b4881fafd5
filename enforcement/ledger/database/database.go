// Package database is the way of all readers and writers of the ledger into
// ClickHouse: a connection that opens and closes alike for each, the reading of
// rows, and the making of tables by migrations.
//
// It owns no table and no question; those are of the packages beside it.
package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Conn is safe for concurrent use.
type Conn struct{ driver.Conn }

// Open prepares to speak to the ClickHouse that client names. No connection is
// made yet.
func Open(client *clickhouse.Options) (Conn, error) {
	conn, err := clickhouse.Open(client)
	if err != nil {
		return Conn{}, fmt.Errorf("open the ledger's database: %w", err)
	}
	return Conn{conn}, nil
}

// Close gives the connections up.
func (c Conn) Close() error {
	if err := c.Conn.Close(); err != nil {
		return fmt.Errorf("close the ledger's database: %w", err)
	}
	return nil
}

// Read runs a query and scans each row; what names the rows in errors. Without
// rows the list is empty, not nil.
func Read[T any](ctx context.Context, conn Conn, what, query string, params []any, scan func(rows driver.Rows, row *T) error) (list []T, err error) {
	rows, err := conn.Query(ctx, query, params...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list = []T{}
	for rows.Next() {
		var row T
		if err := scan(rows, &row); err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return list, nil
}
