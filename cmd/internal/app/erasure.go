package app

import (
	"context"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/backtest/jobs"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/erasure"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/notify"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/gateway/bindings"
	"fairgate/ingest/sqldb"
	"fairgate/scoring/window/redis"
)

// openErasures opens the queue of erasures.
func openErasures(ctx context.Context, e Env, db *sqldb.DB) (*erasure.Service, error) {
	queue, err := erasure.New(ctx, db, e.Config.Site, erasure.Options{
		Settle: e.Config.Enforcer.ErasureSettle, Now: e.Now, Logger: e.Log, Registry: e.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	return queue, nil
}

// erased are what accounts are taken out of beside their queue, and what tells
// which.
type erased struct {
	db      *sqldb.DB
	client  goredis.UniversalClient
	review  reviewing
	appeals *appeals.Service
	budgets *budget.Service
	ledger  *archive.Archive // nil: there is none
	links   linkLog
	feed    erasure.Feed
	secret  string // of pseudonyms
}

// start follows what the booking system erases, and takes accounts out of every
// store of the house. The outbox comes before the ledger: what is published
// meanwhile is erased there.
func (r erased) start(ctx context.Context, s *Stack, e Env) error {
	queue, err := openErasures(ctx, e, r.db)
	if err != nil {
		return err
	}
	pseudonym, err := erasure.Pseudonyms(r.secret, e.Config.Site)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	backtests, err := jobs.OpenEraser(ctx, r.db)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	alerts, err := alert.OpenEraser(ctx, r.db)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	notifications, err := notify.OpenEraser(ctx, r.db)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	stores := []erasure.Store{
		{Name: "lists", Eraser: r.review.lists},
		{Name: "withdrawals", Eraser: r.review.withdrawals},
		{Name: "undo", Eraser: r.review.undo},
		{Name: "cases", Eraser: r.review.cases},
		{Name: "hints", Eraser: enforcement.EraserFunc(r.review.hints.Erase)},
		{Name: "appeals", Eraser: r.appeals},
		{Name: "alerts", Eraser: alerts},
		{Name: "notices", Eraser: enforcement.EraserFunc(r.review.notices.Erase)},
		{Name: "budget", Eraser: enforcement.EraserFunc(r.budgets.Erase)},
		{Name: "backtests", Eraser: backtests},
		{Name: "outbox", Eraser: outbox.Eraser{DB: r.db}},
		{Name: "notifications", Eraser: notifications},
		{Name: "links", Eraser: r.links},
		{Name: "sessions", Eraser: enforcement.EraserFunc(bindings.NewRedis(r.client).Erase)},
		{Name: "windows", Eraser: enforcement.EraserFunc(redis.New(r.client, redis.Options{}).Erase)},
	}
	if r.ledger != nil {
		stores = append(stores, erasure.Store{Name: "ledger", Eraser: enforcement.EraserFunc(r.ledger.Erase)})
	}
	s.Go("erasure feed", func(ctx context.Context) error { return queue.Follow(ctx, r.feed) })
	s.Go("erasures", func(ctx context.Context) error { return queue.Run(ctx, pseudonym, stores...) })
	return nil
}

// openErasedLedger opens the ledger to delete from, nil where there is none.
func openErasedLedger(s *Stack, e Env) (*archive.Archive, error) {
	if e.NoLedger != nil {
		return nil, nil //nolint:nilnil,nilerr // a service without a ledger has nothing to erase there
	}
	writer, err := ledgerWriter(e)
	if err != nil {
		return nil, err
	}
	store, err := archive.Open(writer, archive.Options{Logger: e.Log})
	if err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	s.Defer("ledger to erase from", func(context.Context) error { return store.Close() })
	return store, nil
}
