package metrics

import (
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/database"
)

// DefaultMaturity is how long after its visit day a label starts to count.
const DefaultMaturity = 7 * 24 * time.Hour

// ErrInvalidPeriod reports a period that does not end after it begins.
var ErrInvalidPeriod = errors.New("invalid period")

// Options configure a Reader; zero values mean the defaults named.
type Options struct {
	Maturity time.Duration    // DefaultMaturity
	Now      func() time.Time // time.Now
	// Plain reads the events themselves also where hours are condensed: slower,
	// and the same. It is for comparing the two.
	Plain bool
}

// Reader computes figures from the ledger. It is safe for concurrent use.
type Reader struct {
	conn     database.Conn
	maturity time.Duration
	now      func() time.Time
	plain    bool
}

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options, opts Options) (*Reader, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	if opts.Maturity <= 0 {
		opts.Maturity = DefaultMaturity
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Reader{conn: conn, maturity: opts.Maturity, now: opts.Now, plain: opts.Plain}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
}

// Period selects events by their time: From inclusive, To exclusive.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (p Period) validate() error {
	if !p.To.After(p.From) {
		return fmt.Errorf("%w: from %s to %s", ErrInvalidPeriod, p.From.Format(time.RFC3339), p.To.Format(time.RFC3339))
	}
	return nil
}

// params are the period's bounds for a query; ClickHouse keeps milliseconds.
func (p Period) params() []any {
	return []any{
		clickhouse.DateNamed("from", p.From.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", p.To.UTC(), clickhouse.MilliSeconds),
	}
}
