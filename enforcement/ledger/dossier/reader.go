package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// ErrBadInput is wrapped where a question is out of its bounds.
var ErrBadInput = errors.New("bad question to the ledger")

// Longest is how far back links and fingerprints are looked for.
const Longest = 31 * 24 * time.Hour

// slowest bounds one question: links are not indexed, and a ledger of months is
// large.
const slowest = 30 * time.Second

// Reader reads dossiers. It is safe for concurrent use.
type Reader struct {
	conn database.Conn
	now  func() time.Time
}

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet. now is the clock that
// periods end at.
func Open(client *clickhouse.Options, now func() time.Time) (*Reader, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: conn, now: now}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
}

// since is the beginning of a stretch of so many days that ends now.
func (r *Reader) since(days int) (time.Time, error) {
	stretch := time.Duration(days) * 24 * time.Hour
	if days < 1 || stretch > Longest {
		return time.Time{}, fmt.Errorf("%w: %d days, want 1 to %d", ErrBadInput, days, int(Longest/(24*time.Hour)))
	}
	return r.now().Add(-stretch).UTC(), nil
}

func moment(name string, t time.Time) any {
	return clickhouse.DateNamed(name, t.UTC(), clickhouse.MilliSeconds)
}

// read asks one question, for as long as one may take.
func read[T any](ctx context.Context, conn database.Conn, what, query string, params []any, scan func(rows driver.Rows, row *T) error) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, slowest)
	defer cancel()
	return database.Read(ctx, conn, what, query, params, scan)
}
