package withdrawals

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/sync/errgroup"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// claimBatch is how many pieces of work are looked for at once.
const claimBatch = 50

type metrics struct {
	failures prometheus.Counter
	orders   *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		failures: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_withdrawals_failures_total", Help: "Attempts that failed and are made again.",
		}),
		orders: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_withdrawals_orders_total", Help: "Orders by what became of taking or giving them back.",
		}, []string{"state"}),
	}
}

// Run carries out what is queued until ctx ends: at once when it was queued in
// this process, within Poll otherwise.
func (s *Service) Run(ctx context.Context) {
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "withdrawals not looked for", "withdrawals looked for again")
	for {
		n, err := s.Work(ctx)
		if ctx.Err() == nil {
			away.Report(ctx, err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-time.After(s.options.Poll):
		}
	}
}

// Work carries out what is due now and returns how many pieces it took on. A
// piece that fails is tried again later; that is no error here.
func (s *Service) Work(ctx context.Context) (int, error) {
	sweeps, err := s.due(ctx, sweepQueue)
	if err != nil {
		return 0, err
	}
	returns, err := s.due(ctx, returnQueue)
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.options.Workers)
	for _, p := range sweeps {
		group.Go(func() error { return s.take(ctx, sweepQueue, p, s.sweep) })
	}
	for _, p := range returns {
		group.Go(func() error { return s.take(ctx, returnQueue, p, s.reinstate) })
	}
	return len(sweeps) + len(returns), group.Wait()
}

// piece is a row that is due.
type piece struct {
	id       string
	nextAt   int64
	attempts int64
}

// queue is how to look for, claim and put off the pieces of one table.
type queue struct{ name, due, claim, putOff string }

var (
	sweepQueue = queue{
		name:   "sweeps",
		due:    `SELECT id, next_at, attempts FROM sweeps WHERE state = 'due' AND next_at <= $1 ORDER BY next_at LIMIT $2`,
		claim:  `UPDATE sweeps SET next_at = $1, attempts = attempts + 1 WHERE id = $2 AND next_at = $3`,
		putOff: `UPDATE sweeps SET next_at = $1 WHERE id = $2`,
	}
	returnQueue = queue{
		name: "withdrawals",
		due: `SELECT id, next_at, attempts FROM withdrawals WHERE state = 'reinstating' AND next_at <= $1
 ORDER BY next_at LIMIT $2`,
		claim:  `UPDATE withdrawals SET next_at = $1, attempts = attempts + 1 WHERE id = $2 AND next_at = $3`,
		putOff: `UPDATE withdrawals SET next_at = $1 WHERE id = $2`,
	}
)

func (s *Service) due(ctx context.Context, q queue) (pieces []piece, err error) {
	rows, err := s.db.Read.QueryContext(ctx, q.due, sqldb.Millis(s.options.Now()), claimBatch)
	if err != nil {
		return nil, fmt.Errorf("look for work: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p piece
		if err := rows.Scan(&p.id, &p.nextAt, &p.attempts); err != nil {
			return nil, fmt.Errorf("look for work: %w", err)
		}
		pieces = append(pieces, p)
	}
	return pieces, rows.Err()
}

// take claims a piece, so that no other worker has it, does it, and on failure
// sets when to try again.
func (s *Service) take(ctx context.Context, q queue, p piece, do func(ctx context.Context, id string) error) error {
	lease := sqldb.Millis(s.options.Now().Add(s.options.Lease))
	result, err := s.db.Write.ExecContext(ctx, q.claim, lease, p.id, p.nextAt)
	if err != nil {
		return fmt.Errorf("claim %s in %s: %w", p.id, q.name, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err // another worker was faster
	}
	failure := do(ctx, p.id)
	if failure == nil || ctx.Err() != nil {
		return nil //nolint:nilerr // when ctx ended the lease runs out and the piece is taken again
	}
	s.metrics.failures.Inc()
	s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "withdrawal to be tried again", slog.String("queue", q.name),
		slog.String("id", p.id), slog.Int64("attempts", p.attempts+1), slog.Any("error", failure))
	pause := min(s.options.Backoff<<min(p.attempts, 16), s.options.MaxBackoff)
	_, err = s.db.Write.ExecContext(ctx, q.putOff, sqldb.Millis(s.options.Now().Add(pause)), p.id)
	if err != nil {
		return fmt.Errorf("put %s in %s off: %w", p.id, q.name, err)
	}
	return nil
}

// sweep takes back what an account holds.
func (s *Service) sweep(ctx context.Context, id string) error {
	var site, account string
	err := s.db.Read.QueryRowContext(ctx, `SELECT site, account FROM sweeps WHERE id = $1`, id).Scan(&site, &account)
	if err != nil {
		return fmt.Errorf("read sweep %s: %w", id, err)
	}
	held, err := s.orders.Held(ctx, account)
	if err != nil {
		return err
	}
	if err := s.begin(ctx, id, site, account, held); err != nil {
		return err
	}
	pending, err := s.query(ctx, `SELECT `+withdrawalColumns+
		`WHERE w.sweep_id = $1 AND w.state = 'pending' AND s.state = 'due' ORDER BY w.id`, id)
	if err != nil {
		return err
	}
	for _, w := range pending {
		reason := w.sweep.Class
		if reason == ingest.ReasonNone {
			reason = ingest.ReasonReview
		}
		state := Withdrawn
		switch err := s.orders.Withdraw(ctx, w.Order, string(reason), w.Receipt); {
		case errors.Is(err, enforcement.ErrPastCutoff):
			state = PastCutoff
		case errors.Is(err, enforcement.ErrOrderGone):
			state = Gone
		case err != nil:
			return err
		}
		if err := s.finish(ctx, w, Pending, state); err != nil {
			return err
		}
	}
	_, err = s.db.Write.ExecContext(ctx, `UPDATE sweeps SET state = 'done' WHERE id = $1 AND state = 'due'`, id)
	if err != nil {
		return fmt.Errorf("finish sweep %s: %w", id, err)
	}
	return nil
}

// begin writes the orders down before anything is done about them. One that
// another sweep has taken on stays with it.
func (s *Service) begin(ctx context.Context, id, site, account string, held []enforcement.HeldOrder) error {
	if len(held) == 0 {
		return nil
	}
	now := sqldb.Millis(s.options.Now())
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, o := range held {
			row, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make a withdrawal id: %w", err)
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO withdrawals
 (id, sweep_id, site, account, order_id, state, actor, reason, attempts, next_at, created_at, updated_at)
 VALUES ($1, $2, $3, $4, $5, 'pending', '', '', 0, 0, $6, $6) ON CONFLICT DO NOTHING`,
				row.String(), id, site, account, o.ID, now)
			if err != nil {
				return fmt.Errorf("write down the withdrawal of order %s: %w", o.ID, err)
			}
		}
		return nil
	})
}

// reinstate gives one order back.
func (s *Service) reinstate(ctx context.Context, id string) error {
	rows, err := s.query(ctx, `SELECT `+withdrawalColumns+`WHERE w.id = $1 AND w.state = 'reinstating'`, id)
	if err != nil || len(rows) == 0 {
		return err
	}
	state := Reinstated
	switch err := s.orders.Reinstate(ctx, rows[0].Order); {
	case errors.Is(err, enforcement.ErrNoPlace), errors.Is(err, enforcement.ErrOrderGone):
		state = Lost
	case err != nil:
		return err
	}
	return s.finish(ctx, rows[0], Reinstating, state)
}

// finish records what became of an order, with its action, once. An order
// that was taken back just as its account was cleared is given back at once.
func (s *Service) finish(ctx context.Context, w Withdrawal, from, to State) error {
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE withdrawals SET state = $1, updated_at = $2 WHERE id = $3 AND state = $4`,
			string(to), sqldb.Millis(now), w.ID, string(from))
		if err != nil {
			return fmt.Errorf("record what became of order %s: %w", w.Order, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err // recorded before
		}
		if to == Withdrawn {
			_, err := tx.ExecContext(ctx, `UPDATE withdrawals SET state = 'reinstating', actor = $1, reason = 'cleared meanwhile'
 WHERE id = $2 AND sweep_id IN (SELECT id FROM sweeps WHERE state = 'undone')`, enforcement.ActorEnforcer, w.ID)
			if err != nil {
				return fmt.Errorf("record what became of order %s: %w", w.Order, err)
			}
		}
		return outbox.AppendActions(ctx, tx, action(w, to, now))
	})
	if err == nil {
		s.metrics.orders.WithLabelValues(string(to)).Inc()
	}
	return err
}

// action is the record of what became of an order.
func action(w Withdrawal, to State, at time.Time) enforcement.Action {
	a := enforcement.Action{
		Time: at, Site: w.Site, Kind: enforcement.ActionNone, Order: w.Order, Rule: w.sweep.Rule,
		Target:  enforcement.Target{Entity: rules.EntityAccount, Key: w.Account},
		Ruleset: w.sweep.Ruleset, EventID: w.sweep.EventID, Actor: enforcement.ActorEnforcer, Detail: string(to),
	}
	switch to {
	case Withdrawn:
		a.Kind, a.Detail = enforcement.ActionWithdraw, w.Receipt
	case Reinstated:
		a.Kind, a.Detail, a.Actor = enforcement.ActionReinstate, w.reason, w.actor
	case Lost:
		a.Actor = w.actor
	case Pending, PastCutoff, Gone, Reinstating:
	}
	return a
}
