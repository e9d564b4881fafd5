package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/rules/life"
)

// budgetOptions is the configured block budget.
func budgetOptions(e Env) budget.Options {
	c := e.Config.Enforcer.Budget
	return budget.Options{
		Share: c.Share, Floor: c.Floor, History: time.Duration(c.HistoryDays) * 24 * time.Hour,
		Keep: time.Duration(e.Config.Ledger.RetentionDays) * 24 * time.Hour, Now: e.Now, Logger: e.Log,
	}
}

// openLift opens the block budgets for the operators, of whom none who made a
// rule can lift it.
func openLift(ctx context.Context, db *sqldb.DB, e Env, versions *life.Service) (*budget.Service, error) {
	o := budgetOptions(e)
	o.Makers = func(ctx context.Context, program, rule string) ([]string, error) {
		return versions.Makers(ctx, e.Config.Rules.Ruleset, program, rule)
	}
	return budget.New(ctx, db, e.Config.Site, o)
}

// startBudget opens the block budgets for the enforcer, knows the rules in use
// and what is turned down before anything is enforced, and takes evidence from
// outcomes and labels.
func startBudget(ctx context.Context, s *Stack, e Env, db *sqldb.DB) (*budget.Service, *enforcement.Curb, error) {
	o := budgetOptions(e)
	o.Curb, o.Registry = &enforcement.Curb{}, e.Registry
	budgets, err := budget.New(ctx, db, e.Config.Site, o)
	if err != nil {
		return nil, nil, fmt.Errorf("block budgets: %w", err)
	}
	watcher, err := openRules(ctx, s, e)
	if err != nil {
		return nil, nil, err
	}
	cancel := watcher.Subscribe(func(p *rules.Program) {
		if err := budgets.Use(p); err != nil {
			e.Log.ErrorContext(ctx, "block budgets keep to the rules before", "error", err)
		}
	})
	s.Defer("block budget subscription", func(context.Context) error { cancel(); return nil })
	if err := budgets.Tend(ctx); err != nil {
		return nil, nil, fmt.Errorf("block budgets: %w", err)
	}
	s.Go("block budgets", budgets.Run)
	topics := stream.NewTopics(e.Config.Kafka.Prefix)
	for _, from := range []struct {
		group, topic string
		read         func([]byte) (budget.Testimony, bool, error)
	}{
		{"people-outcomes", topics.Outcomes, budget.FromOutcome},
		{"people-labels", topics.Labels, budget.FromLabel},
	} {
		consumer, err := openConsumer(ctx, s, e, from.group, from.topic)
		if err != nil {
			return nil, nil, err
		}
		s.Go(from.group, func(ctx context.Context) error { return budgets.Witness(ctx, verdicts{consumer}, from.read) })
	}
	return budgets, o.Curb, nil
}

// followBudget keeps the gateway's curb as the site's, from before the first
// request on; where SQL is away, what was last known.
func followBudget(ctx context.Context, s *Stack, e Env, db *sqldb.DB) *enforcement.Curb {
	curb := &enforcement.Curb{}
	follower := budget.NewFollower(db, e.Config.Site, filepath.Join(e.Config.Gateway.Spool.Dir, "turned-down"), e.Now)
	_, _ = follower.Look(ctx, curb) // following says what is wrong and goes on trying
	s.Go("block budget", func(ctx context.Context) error { return follower.Follow(ctx, curb, e.Log) })
	return curb
}
