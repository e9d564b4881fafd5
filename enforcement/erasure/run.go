package erasure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

type metrics struct {
	pending  prometheus.Gauge
	failures *prometheus.CounterVec
	done     prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		pending: with.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_erasure_pending_accounts", Help: "Accounts that are still named somewhere and shall not be.",
		}),
		failures: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_erasure_failures_total", Help: "Attempts to take an account out of a store that failed and are made again.",
		}, []string{"store"}),
		done: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_erasure_accounts_total", Help: "Accounts that no store names any more.",
		}),
	}
}

// Erased is an account that the booking system erased. Seq orders its record.
type Erased struct {
	Seq     int64
	Account string // empty: the entry is about something else
}

// Feed is the booking system's record of erasures; *booking.Client is one.
type Feed interface {
	// Erased reads the entries after a number, the oldest first, at most limit.
	Erased(ctx context.Context, after int64, limit int) ([]Erased, error)
}

// feedPage is how many entries are asked for at once.
const feedPage = 200

// Follow reads the booking system's record until ctx ends; the error is then
// nil. Several processes may follow one record.
func (s *Service) Follow(ctx context.Context, feed Feed) error {
	tick := time.NewTicker(s.options.FeedPoll)
	defer tick.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn,
		"what the booking system erased cannot be followed", "what the booking system erased can be followed again")
	for {
		more, err := s.read(ctx, feed)
		if ctx.Err() != nil {
			return nil
		}
		away.Report(ctx, err)
		if more && err == nil {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// read takes in one page and reports whether there may be another.
func (s *Service) read(ctx context.Context, feed Feed) (more bool, err error) {
	var after int64
	err = s.db.Read.QueryRowContext(ctx, `SELECT seq FROM erasures_read WHERE site = $1`, s.site).Scan(&after)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read how far the record of erasures was read: %w", err)
	}
	page, err := feed.Erased(ctx, after, feedPage)
	if err != nil || len(page) == 0 {
		return false, err
	}
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		now := s.options.Now().UTC()
		for _, e := range page {
			after = max(after, e.Seq)
			if e.Account == "" {
				continue
			}
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make an erasure id: %w", err)
			}
			j := Job{ID: id.String(), Source: FromBooking, Created: now, account: e.Account}
			if err := s.queue(ctx, tx, &j, strconv.FormatInt(e.Seq, 10)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO erasures_read (site, seq) VALUES ($1, $2)
 ON CONFLICT (site) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > erasures_read.seq`, s.site, after)
		if err != nil {
			return fmt.Errorf("note how far the record of erasures was read: %w", err)
		}
		return nil
	})
	return len(page) == feedPage, err
}

// Run carries erasures out until ctx ends; the error is then nil. An account's
// pseudonym comes from pseudonym.
func (s *Service) Run(ctx context.Context, pseudonym func(account string) string, stores ...Store) error {
	tick := time.NewTicker(s.options.Poll)
	defer tick.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "accounts cannot be erased", "accounts can be erased again")
	for {
		worked, err := s.Work(ctx, pseudonym, stores...)
		if ctx.Err() != nil {
			return nil
		}
		away.Report(ctx, err)
		if worked && err == nil {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Work takes one account out of every store, if one is due, and reports whether
// there was. Where a store fails, all are tried again later; the error says
// which, and no account.
func (s *Service) Work(ctx context.Context, pseudonym func(account string) string, stores ...Store) (bool, error) {
	if err := s.measure(ctx); err != nil {
		return false, err
	}
	now := s.options.Now()
	j, err := scan(s.db.Write.QueryRowContext(ctx, `UPDATE erasures SET next_ms = $2
 WHERE id = (SELECT id FROM erasures WHERE site = $3 AND step <> 'done' AND next_ms <= $1 ORDER BY next_ms, id LIMIT 1)
 AND step <> 'done' AND next_ms <= $1 RETURNING `+columns, sqldb.Millis(now), sqldb.Millis(now.Add(s.options.Lease)), s.site))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim an erasure: %w", err)
	}
	e := enforcement.Erasure{Site: j.site, Account: j.account, Pseudonym: pseudonym(j.account), Last: j.Step == Last}
	var failures []error
	for _, store := range stores {
		if err := store.Eraser.Erase(ctx, e); err != nil {
			s.metrics.failures.WithLabelValues(store.Name).Inc()
			failures = append(failures, fmt.Errorf("erasure %s: %s: %w", j.ID, store.Name, err))
		}
	}
	if err := errors.Join(failures...); err != nil {
		return true, errors.Join(err, s.postpone(ctx, &j))
	}
	return true, s.advance(ctx, &j, e)
}

// postpone has a job tried again.
func (s *Service) postpone(ctx context.Context, j *Job) error {
	pause := min(s.options.Backoff<<min(j.Attempts, 16), s.options.MaxBackoff)
	_, err := s.db.Write.ExecContext(ctx, `UPDATE erasures SET attempts = attempts + 1, next_ms = $2 WHERE id = $1 AND step <> 'done'`,
		j.ID, sqldb.Millis(s.options.Now().Add(pause)))
	if err != nil {
		return fmt.Errorf("postpone erasure %s: %w", j.ID, err)
	}
	return nil
}

// advance takes a job to its next step.
func (s *Service) advance(ctx context.Context, j *Job, e enforcement.Erasure) error {
	now := s.options.Now()
	var err error
	if j.Step == First {
		_, err = s.db.Write.ExecContext(ctx, `UPDATE erasures SET step = 'last', attempts = 0, next_ms = $2 WHERE id = $1 AND step = 'first'`,
			j.ID, sqldb.Millis(now.Add(s.options.Settle)))
	} else {
		_, err = s.db.Write.ExecContext(ctx, `UPDATE erasures SET step = 'done', account = '', pseudonym = $2, attempts = 0, next_ms = 0,
 finished_ms = $3 WHERE id = $1 AND step = 'last'`, j.ID, e.Pseudonym, sqldb.Millis(now))
		s.metrics.done.Inc()
	}
	if err != nil {
		return fmt.Errorf("note the step of erasure %s: %w", j.ID, err)
	}
	return s.measure(ctx)
}

// measure counts what is left to do.
func (s *Service) measure(ctx context.Context) error {
	var n int
	err := s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM erasures WHERE site = $1 AND step <> 'done'`, s.site).Scan(&n)
	if err != nil {
		return fmt.Errorf("count erasures: %w", err)
	}
	s.metrics.pending.Set(float64(n))
	return nil
}
