package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/database"
)

// ErrInvalidStretch reports a stretch of time that does not end after it
// begins, or is longer than its query takes.
var ErrInvalidStretch = errors.New("invalid stretch of time")

// Reader reads what happens now. It is safe for concurrent use.
type Reader struct{ conn database.Conn }

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options) (*Reader, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: conn}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
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
