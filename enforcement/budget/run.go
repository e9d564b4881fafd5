package budget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/enforcement/follow"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

// metrics are what pages a rule's owner. Rules are bounded by the ruleset.
type metrics struct {
	down *prometheus.GaugeVec
	used *prometheus.GaugeVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		down: with.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairgate_enforcement_rule_turned_down",
			Help: "1 for a rule that went beyond its block budget and only challenges.",
		}, []string{"rule", "owner"}),
		used: with.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairgate_enforcement_budget_used_ratio",
			Help: "People that a rule blocked in this hour, of those that it may.",
		}, []string{"rule"}),
	}
}

// How often Run looks after the figures, and forgets.
const (
	gaugeEvery = 5 * time.Second
	pruneEvery = time.Hour
)

// keepHours is for how many hours the people of an hour are kept.
const keepHours = 72

// Run keeps the curb as the site's, writes down the rules in use, gives the
// figures to the metrics, and forgets what is old, until ctx ends; the error is
// then nil.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(follow.Poll)
	defer tick.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn,
		"block budgets cannot be looked after", "block budgets can be looked after again")
	var gauged, pruned time.Time
	for {
		err := s.keep(ctx)
		now := s.options.Now()
		if now.Sub(gauged) >= gaugeEvery {
			gauged = now
			err = errors.Join(err, s.gauge(ctx))
		}
		if now.Sub(pruned) >= pruneEvery {
			pruned = now
			err = errors.Join(err, s.Prune(ctx))
		}
		if ctx.Err() != nil {
			return nil
		}
		away.Report(ctx, err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Tend does now what Run does every few seconds.
func (s *Service) Tend(ctx context.Context) error {
	return errors.Join(s.keep(ctx), s.gauge(ctx))
}

// keep writes down the rules in use and keeps the curb.
func (s *Service) keep(ctx context.Context) error {
	err := s.saveRules(ctx)
	if s.options.Curb != nil {
		err = errors.Join(err, s.refresh(ctx, s.options.Curb))
	}
	return err
}

// refresh makes the site's rules those of the curb.
func (s *Service) refresh(ctx context.Context, curb *enforcement.Curb) error {
	ctx, cancel := context.WithTimeout(ctx, follow.Patience)
	defer cancel()
	ids, err := curbed(ctx, s.db, s.site)
	if err != nil {
		return err
	}
	curb.Set(ids)
	return nil
}

// gauge sets the metrics.
func (s *Service) gauge(ctx context.Context) error {
	budgets, err := s.List(ctx)
	if err != nil {
		return err
	}
	s.metrics.down.Reset()
	s.metrics.used.Reset()
	for _, b := range budgets {
		s.metrics.used.WithLabelValues(b.Rule).Set(float64(b.Used) / float64(b.Allowed))
		if b.State == StateDown {
			s.metrics.down.WithLabelValues(b.Rule, b.Owner).Set(1)
		}
	}
	return nil
}

// Prune forgets the people of hours long past, and evidence and histories that
// were not renewed for as long as Options.Keep. What turned a rule down is kept
// as long after its lift.
func (s *Service) Prune(ctx context.Context) error {
	now := s.options.Now()
	before := sqldb.Millis(now.Add(-s.options.Keep))
	hour, day := hourOf(now)-keepHours, dayOf(now.Add(-s.options.Keep))
	return s.inTx(ctx, "forget old sightings", []sqldb.Statement{
		sqldb.Do(`DELETE FROM budget_active WHERE hour < $1`, hour),
		sqldb.Do(`DELETE FROM budget_spent WHERE hour < $1`, hour),
		sqldb.Do(`DELETE FROM budget_history WHERE last_day < $1`, day),
		sqldb.Do(`DELETE FROM budget_evidence WHERE since_ms < $1`, before),
		sqldb.Do(`DELETE FROM budget_down WHERE lifted_ms > 0 AND lifted_ms < $1`, before),
	})
}

// Erase forgets an account of a site.
func (s *Service) Erase(ctx context.Context, site, account string) error {
	if site == "" || account == "" {
		return fmt.Errorf("%w: erasing needs a site (%q) and an account", ErrBadInput, site)
	}
	s.mu.Lock()
	maps.DeleteFunc(s.met, func(m sight, _ struct{}) bool { return m.site == site && m.account == account })
	s.mu.Unlock()
	who := []any{site, account}
	return s.inTx(ctx, "erase an account", []sqldb.Statement{
		sqldb.Do(`DELETE FROM budget_active WHERE site = $1 AND account = $2`, who...),
		sqldb.Do(`DELETE FROM budget_spent WHERE site = $1 AND account = $2`, who...),
		sqldb.Do(`DELETE FROM budget_history WHERE site = $1 AND account = $2`, who...),
		sqldb.Do(`DELETE FROM budget_evidence WHERE site = $1 AND account = $2`, who...),
	})
}

func (s *Service) inTx(ctx context.Context, what string, statements []sqldb.Statement) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx, statements...)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
