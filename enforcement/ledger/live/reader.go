package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ErrInvalidStretch reports a stretch of time that does not end after it
// begins, or is longer than its query takes.
var ErrInvalidStretch = errors.New("invalid stretch of time")

// Reader reads what happens now. It is safe for concurrent use.
type Reader struct{ conn driver.Conn }

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options) (*Reader, error) {
	conn, err := clickhouse.Open(client)
	if err != nil {
		return nil, fmt.Errorf("open the ledger's database: %w", err)
	}
	return &Reader{conn: conn}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	if err := r.conn.Close(); err != nil {
		return fmt.Errorf("close the ledger's database: %w", err)
	}
	return nil
}

// Ping asks whether the ledger's database answers and has the ledger.
func (r *Reader) Ping(ctx context.Context) error {
	var n uint64
	if err := r.conn.QueryRow(ctx, `SELECT count() FROM (SELECT 1 FROM events LIMIT 1)`).Scan(&n); err != nil {
		return fmt.Errorf("ask the ledger's database: %w", err)
	}
	return nil
}

// Stretch is a stretch of event time: From inclusive, To exclusive.
type Stretch struct{ From, To time.Time }

// Last is the stretch of length d that ends at now.
func Last(now time.Time, d time.Duration) Stretch { return Stretch{From: now.Add(-d), To: now} }

// params are the parameters of a query of a site over a stretch.
func (s Stretch) params(site string, longest time.Duration) ([]any, error) {
	if !s.To.After(s.From) || s.To.Sub(s.From) > longest {
		return nil, fmt.Errorf("%w: from %s to %s; at most %s", ErrInvalidStretch, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), longest)
	}
	return []any{
		clickhouse.Named("site", site),
		clickhouse.DateNamed("from", s.From.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", s.To.UTC(), clickhouse.MilliSeconds),
	}, nil
}

// read runs a query and scans each row.
func read[T any](ctx context.Context, conn driver.Conn, what, query string, params []any, scan func(rows driver.Rows, row *T) error) (list []T, err error) {
	rows, err := conn.Query(ctx, query, params...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
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
