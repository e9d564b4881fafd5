// Package notices tells the holders of accounts that a restriction was lifted.
//
// It owns a durable queue. Whoever lifts a restriction first holds the notices
// of those concerned and releases them when all of it is lifted, so that nobody
// is told what a crash then keeps from happening, and nobody is forgotten. An
// account that gets orders back is told with them by the booking system, and
// not a second time from here. Once a minute at most what fails is tried again.
//
// It owns neither words nor phones: the booking system has them, and says
// whether a message goes out. It decides nothing about restrictions.
package notices

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrBadInput is wrapped where a request misses a field.
var ErrBadInput = errors.New("bad notice")

// State is how far a notice has come.
type State string

// States of a notice.
const (
	Held      State = "held"       // until what it tells is done
	Due       State = "due"        // to be told
	Told      State = "told"       // a message goes out
	WithOrder State = "with_order" // told with an order that was given back
	Untold    State = "untold"     // no message reaches the account
)

// Valid reports whether s is a known state.
func (s State) Valid() bool {
	switch s {
	case Held, Due, Told, WithOrder, Untold:
		return true
	}
	return false
}

// Teller tells an account's holder, once for a key; told is false where no
// message reaches the account. *booking.Client is one.
type Teller interface {
	TellLifted(ctx context.Context, account, key string) (told bool, err error)
}

// Returns tells which orders of an account were taken and given back;
// *withdrawals.Service is one.
type Returns interface {
	Of(ctx context.Context, site, account string) ([]withdrawals.Withdrawal, error)
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Poll is between looks for work. Default 1 s.
	Poll time.Duration
	// Lease is for how long a worker has a notice to itself. Default 30 s.
	Lease time.Duration
	// Keep is for how long a notice that is settled is kept. Default 190 days.
	Keep     time.Duration
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Keep <= 0 {
		o.Keep = 190 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service queues and delivers notices. It is safe for concurrent use, also by
// several processes on one database.
type Service struct {
	db       *sqldb.DB
	teller   Teller
	returns  Returns
	options  Options
	failures prometheus.Counter
	settled  *prometheus.CounterVec
}

// New migrates the table and returns the Service. Without a teller (nil) it
// only queues; another process delivers.
func New(ctx context.Context, db *sqldb.DB, teller Teller, returns Returns, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "notices_schema"); err != nil {
		return nil, err
	}
	with := promauto.With(o.Registry)
	return &Service{
		db: db, teller: teller, returns: returns, options: o.withDefaults(),
		failures: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_notices_failures_total", Help: "Notices that could not be delivered and are tried again.",
		}),
		settled: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_notices_settled_total", Help: "Notices by what became of them.",
		}, []string{"state"}),
	}, nil
}

// Hold notes that an account is to be told once its cause is released. It may
// be repeated.
func (s *Service) Hold(ctx context.Context, site, cause, account string) error {
	if site == "" || cause == "" || account == "" {
		return fmt.Errorf("%w: want a site (%q), a cause (%q) and an account", ErrBadInput, site, cause)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make a notice id: %w", err)
	}
	_, err = s.db.Write.ExecContext(ctx, `INSERT INTO account_notices
 (id, site, account, cause, state, attempts, next_ms, created_ms, updated_ms) VALUES ($1, $2, $3, $4, 'held', 0, 0, $5, $5)
 ON CONFLICT DO NOTHING`, id.String(), site, account, cause, sqldb.Millis(s.options.Now()))
	if err != nil {
		return fmt.Errorf("hold a notice: %w", err)
	}
	return nil
}

// Release lets the notices of a cause be delivered. It may be repeated.
func (s *Service) Release(ctx context.Context, site, cause string) error {
	_, err := s.db.Write.ExecContext(ctx, `UPDATE account_notices SET state = 'due', next_ms = 0, updated_ms = $1
 WHERE site = $2 AND cause = $3 AND state = 'held'`, sqldb.Millis(s.options.Now()), site, cause)
	if err != nil {
		return fmt.Errorf("release notices: %w", err)
	}
	return nil
}

// Count counts the notices of a cause by state.
func (s *Service) Count(ctx context.Context, site, cause string) (counts map[State]int, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT state, COUNT(*) FROM account_notices WHERE site = $1 AND cause = $2 GROUP BY state`, site, cause)
	if err != nil {
		return nil, fmt.Errorf("count notices: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	counts = map[State]int{}
	for rows.Next() {
		var state State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count notices: %w", err)
		}
		counts[state] = n
	}
	return counts, rows.Err()
}

// Erase forgets an account of a site.
func (s *Service) Erase(ctx context.Context, site, account string) error {
	if site == "" || account == "" {
		return fmt.Errorf("%w: erasing needs a site (%q) and an account", ErrBadInput, site)
	}
	return s.erase(ctx, `DELETE FROM account_notices WHERE site = $1 AND account = $2`, site, account)
}

// Prune forgets what was settled longer than Options.Keep ago.
func (s *Service) Prune(ctx context.Context) error {
	return s.erase(ctx, `DELETE FROM account_notices WHERE state NOT IN ('held', 'due') AND updated_ms < $1`,
		sqldb.Millis(s.options.Now().Add(-s.options.Keep)))
}

func (s *Service) erase(ctx context.Context, text string, args ...any) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget notices: %w", err)
	}
	return nil
}
