package withdrawals

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

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// State is how far the withdrawal of one order has come.
type State string

// States of a withdrawal.
const (
	Pending     State = "pending"     // written down, the booking system not yet asked
	Withdrawn   State = "withdrawn"   // taken back
	PastCutoff  State = "past_cutoff" // only a person may take it back
	Gone        State = "gone"        // it had ended by itself
	Reinstating State = "reinstating" // to be given back
	Reinstated  State = "reinstated"  // given back
	Lost        State = "lost"        // the place was gone
)

// Valid reports whether s is a known state.
func (s State) Valid() bool {
	switch s {
	case Pending, Withdrawn, PastCutoff, Gone, Reinstating, Reinstated, Lost:
		return true
	default:
		return false
	}
}

// Withdrawal is one order that was taken back or could not be.
type Withdrawal struct {
	ID      string    `json:"id"`
	Site    string    `json:"site"`
	Account string    `json:"account"`
	Order   string    `json:"order_id"`
	State   State     `json:"state"`
	Rule    string    `json:"rule,omitempty"`
	EventID string    `json:"event_id"`
	Receipt string    `json:"receipt"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`

	sweep    enforcement.Sweep
	sweepID  string
	actor    string
	reason   string
	attempts int64
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Poll is between looks for work that nobody announced. Default 500 ms.
	Poll time.Duration
	// Lease is for how long a worker has a piece of work to itself; longer
	// than all retries of one call. Default 30 s.
	Lease time.Duration
	// Backoff is the first pause after a failed attempt; it doubles up to
	// MaxBackoff. Defaults 500 ms and 1 min.
	Backoff, MaxBackoff time.Duration
	// Workers is how many accounts are swept at a time. Default 4.
	Workers  int
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll <= 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Backoff <= 0 {
		o.Backoff = 500 * time.Millisecond
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = time.Minute
	}
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service queues and carries out sweeps. It is safe for concurrent use, also
// by several processes on one database.
type Service struct {
	db      *sqldb.DB
	orders  enforcement.Orders
	options Options
	wake    chan struct{}
	metrics *metrics
}

var _ enforcement.Sweeps = (*Service)(nil)

// New migrates the tables and returns the Service. Without orders (nil) it
// only queues; another process carries out.
func New(ctx context.Context, db *sqldb.DB, orders enforcement.Orders, o Options) (*Service, error) {
	if err := outbox.Migrate(ctx, db); err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, migrations, "withdrawals_schema"); err != nil {
		return nil, err
	}
	return &Service{
		db: db, orders: orders, options: o.withDefaults(), wake: make(chan struct{}, 1), metrics: newMetrics(o.Registry),
	}, nil
}

// Request queues sweeps; one for the same account and event changes nothing.
func (s *Service) Request(ctx context.Context, sweeps []enforcement.Sweep) error {
	return s.request(ctx, sweeps, s.options.Now())
}

// request queues sweeps that begin at a time.
func (s *Service) request(ctx context.Context, sweeps []enforcement.Sweep, from time.Time) error {
	fresh := sweeps[:0:0]
	for _, w := range sweeps {
		var n int
		err := s.db.Read.QueryRowContext(ctx,
			`SELECT COUNT(*) FROM sweeps WHERE site = $1 AND account = $2 AND event_id = $3`,
			w.Site, w.Account, w.EventID).Scan(&n)
		if err != nil {
			return fmt.Errorf("look for a sweep: %w", err)
		}
		if n == 0 {
			fresh = append(fresh, w)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, w := range fresh {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make a sweep id: %w", err)
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO sweeps
 (id, site, account, entity, key, rule, ruleset, event_id, receipt, class, at, state, attempts, next_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'due', 0, $12) ON CONFLICT (site, account, event_id) DO NOTHING`,
				id.String(), w.Site, w.Account, string(w.Target.Entity), w.Target.Key, w.Rule, w.Ruleset, w.EventID,
				w.Receipt, string(w.Class), sqldb.Millis(w.At), sqldb.Millis(from))
			if err != nil {
				return fmt.Errorf("queue a sweep: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.signal()
	return nil
}

func (s *Service) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Undo gives back what events up to at took from the account, and forgets
// sweeps that are still due. It returns how many orders are to be given back;
// Run does that.
func (s *Service) Undo(ctx context.Context, site, account string, at time.Time, actor, reason string) (int, error) {
	return s.giveBack(ctx, "an account",
		sqldb.Do(`UPDATE sweeps SET state = 'undone'
 WHERE account = $1 AND ($2 = '' OR site = $2) AND at <= $3`, account, site, sqldb.Millis(at)),
		sqldb.Do(`UPDATE withdrawals
 SET state = 'reinstating', actor = $1, reason = $2, attempts = 0, next_at = 0, updated_at = $3
 WHERE account = $4 AND ($5 = '' OR site = $5) AND state = 'withdrawn'
 AND sweep_id IN (SELECT id FROM sweeps WHERE state = 'undone')`, actor, reason, sqldb.Millis(s.options.Now()), account, site))
}

// giveBack undoes sweeps and marks the withdrawals that came of them to be
// given back, together, and wakes Run. It returns how many those are.
func (s *Service) giveBack(ctx context.Context, of string, sweeps, orders sqldb.Statement) (int, error) {
	var n int64
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, sweeps.Text, sweeps.Args...); err != nil {
			return fmt.Errorf("undo the sweeps of %s: %w", of, err)
		}
		result, err := tx.ExecContext(ctx, orders.Text, orders.Args...)
		if err != nil {
			return fmt.Errorf("undo the withdrawals of %s: %w", of, err)
		}
		n, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	s.signal()
	return int(n), nil
}

const withdrawalColumns = `w.id, w.site, w.account, w.order_id, w.state, w.actor, w.reason, w.attempts, w.created_at,
 w.updated_at, s.id, s.entity, s.key, s.rule, s.ruleset, s.event_id, s.receipt, s.class, s.at
 FROM withdrawals w JOIN sweeps s ON s.id = w.sweep_id `

// Of lists what was taken from an account, newest first, at most 500.
func (s *Service) Of(ctx context.Context, site, account string) ([]Withdrawal, error) {
	return s.query(ctx, `SELECT `+withdrawalColumns+
		`WHERE w.account = $1 AND ($2 = '' OR w.site = $2) ORDER BY w.id DESC LIMIT 500`, account, site)
}

func (s *Service) query(ctx context.Context, text string, args ...any) (list []Withdrawal, err error) {
	rows, err := s.db.Read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read withdrawals: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w Withdrawal
		var created, updated, at int64
		err := rows.Scan(&w.ID, &w.Site, &w.Account, &w.Order, &w.State, &w.actor, &w.reason, &w.attempts, &created,
			&updated, &w.sweepID, &w.sweep.Target.Entity, &w.sweep.Target.Key, &w.sweep.Rule, &w.sweep.Ruleset,
			&w.sweep.EventID, &w.sweep.Receipt, &w.sweep.Class, &at)
		if err != nil {
			return nil, fmt.Errorf("read a withdrawal: %w", err)
		}
		w.Created, w.Updated, w.sweep.At = sqldb.Time(created), sqldb.Time(updated), sqldb.Time(at)
		w.Rule, w.EventID, w.Receipt = w.sweep.Rule, w.sweep.EventID, w.sweep.Receipt
		w.sweep.Site, w.sweep.Account = w.Site, w.Account
		list = append(list, w)
	}
	return list, rows.Err()
}
