package app

import (
	"context"
	"errors"
	"fmt"
	"iter"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/metrics"
	marks "fairgate/enforcement/lists/redis"
	"fairgate/enforcement/mode"
	"fairgate/ingest/outcome"
	"fairgate/ingest/sqldb"
	"fairgate/scoring/warmup"
	"fairgate/scoring/warmup/sqlstore"
)

// addReview adds people, their cases and lists, and the kill switch.
func addReview(ctx context.Context, to *httpapi.Services, e Env, db *sqldb.DB, client goredis.UniversalClient) error {
	r, err := openReview(ctx, db, marks.New(client), nil, e)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	kill, err := mode.Open(ctx, db, e.Config.Site, e.Now)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	to.Cases, to.BulkCases, to.Known = r.cases, r.cases, r.cases
	if to.Erasures, err = openErasures(ctx, e, db); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	if to.Appeals, err = openAppeals(ctx, db, r.cases, e); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	to.Review, to.Lists, to.Labels, to.Debits, to.Undos, to.Mode = r.cases, r.lists, r.cases, r.lists, r.undo, kill
	to.TakenOrders = r.withdrawals
	return nil
}

// addRules adds the rules' life, with what a publication has to pass, and their
// features and budgets.
func addRules(ctx context.Context, to *httpapi.Services, s *Stack, e Env, db *sqldb.DB, client goredis.UniversalClient, noAnalytics error) error {
	backtests, err := openBacktests(ctx, s, db, e, noAnalytics)
	if err != nil {
		return err
	}
	counted, err := sqlstore.Open(ctx, db)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	life, err := openLife(ctx, db, e, append(budgetGates(backtests, e, noAnalytics), warmup.NewGate(counted, e.Now)))
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	budgets, err := openLift(ctx, db, e, life)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	inForce, err := openRules(ctx, s, e)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	fills, err := openBackfills(ctx, s, e, noAnalytics, db, counted, client, inForce.Current)
	if err != nil {
		return err
	}
	audit := to.Audit
	s.Go("break-glass audit", func(ctx context.Context) error { return auditTightenings(ctx, life, audit, e) })
	to.Rulesets, to.Budgets, to.Backtests, to.Backfills = life, budgets, backtests, fills
	to.InForce = inForce.Current
	to.Features = warmup.NewService(counted, inForce.Current, e.Now)
	return nil
}

// addAlerts adds alerts, the channels that tell of them, and who watches for
// them.
func addAlerts(ctx context.Context, to *httpapi.Services, s *Stack, e Env, db *sqldb.DB, client goredis.UniversalClient, noAnalytics error) error {
	channels, err := openNotify(ctx, db, e, nil)
	if err != nil {
		return err
	}
	alerts, err := openAlerts(ctx, db, channels, e)
	if err != nil {
		return err
	}
	to.Alerts, to.Notifications = alerts, channels
	return startWatch(ctx, s, e, watched{db: db, redis: client, alerts: alerts, channels: channels, budgets: to.Budgets, quality: to.Quality, noAnalytics: noAnalytics})
}

// addLedger adds what is read of the ledger, or says why it cannot be read.
func addLedger(to *httpapi.Services, s *Stack, e Env, db *sqldb.DB, noAnalytics error) error {
	figures := figureReader(unavailable{noAnalytics})
	var err error
	if noAnalytics == nil {
		if figures, err = openQuality(s, e); err != nil {
			return err
		}
	}
	if to.Normal, err = openNormal(s, e, noAnalytics); err != nil {
		return err
	}
	if to.Explain, err = openExplain(s, e, noAnalytics, db); err != nil {
		return err
	}
	if to.Dossier, err = openDossier(s, e, noAnalytics); err != nil {
		return err
	}
	if to.RuleHits, err = openRuleHits(s, e, noAnalytics); err != nil {
		return err
	}
	key, err := reveal("keys.operations", e.Config.Keys.Operations)
	if err != nil {
		return err
	}
	to.Quality, to.QualitySplit, to.Completeness = figures, figures, figures
	to.Reports = outcome.Poller{URL: e.Config.Enforcer.BookingURL + "/internal/v1/outbox", Key: key}
	return nil
}

// figureReader is what the API reads of the ledger.
type figureReader interface {
	httpapi.Quality
	httpapi.QualitySplit
	httpapi.Completeness
}

// unavailable answers for a ledger that is not there.
type unavailable struct{ why error }

// Quality says why there are no figures.
func (u unavailable) Quality(context.Context, metrics.Period, metrics.Filter) (metrics.Quality, error) {
	return metrics.Quality{}, errors.Join(ErrNoAnalytics, u.why)
}

// Series says why there are no figures.
func (u unavailable) Series(context.Context, metrics.Period, metrics.SeriesFilter) ([]metrics.Point, error) {
	return nil, errors.Join(ErrNoAnalytics, u.why)
}

// Rules says why there are no figures.
func (u unavailable) Rules(context.Context, metrics.Period, metrics.Filter) ([]metrics.RuleQuality, error) {
	return nil, errors.Join(ErrNoAnalytics, u.why)
}

// Challenges says why there are no figures.
func (u unavailable) Challenges(context.Context, metrics.Period, metrics.Filter) ([]metrics.Funnel, error) {
	return nil, errors.Join(ErrNoAnalytics, u.why)
}

// Gaps says why there are none.
func (u unavailable) Gaps(context.Context, metrics.Period) ([]metrics.Boot, error) {
	return nil, errors.Join(ErrNoAnalytics, u.why)
}

// Reconcile says why nothing can be compared.
func (u unavailable) Reconcile(context.Context, metrics.Period, iter.Seq2[outcome.Record, error]) (metrics.Reconciliation, error) {
	return metrics.Reconciliation{}, errors.Join(ErrNoAnalytics, u.why)
}
