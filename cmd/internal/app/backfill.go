package app

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/console/httpapi"
	"fairgate/enforcement/backfill"
	"fairgate/enforcement/ledger/history"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
	"fairgate/scoring/warmup"
	"fairgate/scoring/window/redis"
)

// openBackfills opens what fills new features, and works on the jobs.
func openBackfills(
	ctx context.Context, s *Stack, e Env, noAnalytics error, db *sqldb.DB, counted warmup.Store, client goredis.UniversalClient, program func() *rules.Program,
) (httpapi.Backfills, error) {
	if noAnalytics != nil {
		return noBackfills{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	from, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	log := e.Log.With("part", "backfill")
	reader, err := history.Open(from, history.Options{Now: e.Now, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("backfills: %w", err)
	}
	s.Defer("history reader", func(context.Context) error { reader.Close(); return nil })
	fills, err := backfill.New(ctx, db, counted, redis.New(client, redis.Options{Registerer: e.Registry}), reader, program, backfill.Options{Now: e.Now, Logger: log})
	if err != nil {
		return nil, err
	}
	s.Go("backfills", fills.Run)
	return fills, nil
}

// noBackfills answers for a ledger that is not there.
type noBackfills struct{ why error }

// Start says why nothing can be filled.
func (n noBackfills) Start(context.Context, string, string, string) (backfill.Job, error) {
	return backfill.Job{}, errors.Join(ErrNoAnalytics, n.why)
}

// Cancel says why there is nothing to stop.
func (n noBackfills) Cancel(context.Context, string) error { return errors.Join(ErrNoAnalytics, n.why) }

// Jobs says why there are none.
func (n noBackfills) Jobs(context.Context) ([]backfill.Job, error) {
	return nil, errors.Join(ErrNoAnalytics, n.why)
}
