package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/jobs"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/ledger/history"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/rules/life"
)

// venueZone is the zone of the venue's days; rules use the same.
func venueZone() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

// openBacktests puts the queue of backtests on the stack. noAnalytics, if set,
// is why there is no history.
func openBacktests(ctx context.Context, s *Stack, db *sqldb.DB, e Env, noAnalytics error) (*jobs.Service, error) {
	past := backtest.Source(noHistory{noAnalytics})
	if noAnalytics == nil {
		client, err := ledgerReader(e)
		if err != nil {
			return nil, err
		}
		reader, err := history.Open(client, history.Options{Now: e.Now, Logger: e.Log.With("part", "backtests")})
		if err != nil {
			return nil, fmt.Errorf("backtests: %w", err)
		}
		s.Defer("history reader", func(context.Context) error { reader.Close(); return nil })
		past = reader
	}
	// It only reads: what a publication takes is asked of the life that the API
	// is given, and of no gate here.
	stored, err := openLife(ctx, db, e, nil)
	if err != nil {
		return nil, fmt.Errorf("backtests: %w", err)
	}
	people, err := budget.New(ctx, db, e.Config.Site, budgetOptions(e))
	if err != nil {
		return nil, fmt.Errorf("backtests: %w", err)
	}
	queue, err := jobs.Open(ctx, db, past, &storedTexts{life: stored, ruleset: e.Config.Rules.Ruleset},
		jobs.Options{People: people, Now: e.Now, Logger: e.Log.With("part", "backtests")})
	if err != nil {
		return nil, fmt.Errorf("backtests: %w", err)
	}
	s.Go("backtests", queue.Run)
	return queue, nil
}

// budgetGates object to what would harm more people than the budget allows.
// Where there is no ledger at all, there is nothing to ask.
func budgetGates(queue *jobs.Service, e Env, noAnalytics error) life.Gates {
	if noAnalytics != nil {
		return nil
	}
	return life.Gates{queue.NewGate(e.Config.Rules.FalsePositiveBudget, venueZone())}
}

// storedTexts finds the stored versions of one ruleset.
type storedTexts struct {
	life    *life.Service
	ruleset string
}

// storedPage and storedPages bound how many versions are looked through.
const (
	storedPage  = 200
	storedPages = 10
)

// Text implements jobs.Rulesets.
func (t *storedTexts) Text(ctx context.Context, version string) (string, error) {
	current, err := t.life.InForce(ctx, t.ruleset)
	if err != nil {
		return "", err
	}
	if version == "" || version == current.Program || version == current.Hash {
		return current.Text, nil
	}
	number, err := strconv.ParseInt(version, 10, 64)
	if err != nil || len(version) == programLength {
		if number, err = t.number(ctx, version); err != nil {
			return "", err
		}
	}
	v, err := t.life.Version(ctx, t.ruleset, number)
	if err != nil {
		return "", err
	}
	return v.Text, nil
}

// programLength is how long a program's version is, which may look like a
// number.
const programLength = 12

// number finds the version of a hash, or of what verdicts call it.
func (t *storedTexts) number(ctx context.Context, version string) (int64, error) {
	before := int64(0)
	for range storedPages {
		list, err := t.life.List(ctx, t.ruleset, before, storedPage)
		if err != nil {
			return 0, err
		}
		for i := range list {
			if v := &list[i]; v.Program == version || v.Hash == version || (len(version) > programLength && strings.HasPrefix(v.Hash, version)) {
				return v.Number, nil
			}
			before = list[i].Number
		}
		if len(list) < storedPage {
			break
		}
	}
	return 0, fmt.Errorf("%w: version %q of %q", life.ErrNotFound, version, t.ruleset)
}

// noHistory answers for a ledger that is not there.
type noHistory struct{ why error }

func (n noHistory) err() error { return errors.Join(ErrNoAnalytics, n.why) }

// Extent says why there is none.
func (n noHistory) Extent(context.Context, time.Time, time.Time) (backtest.Extent, error) {
	return backtest.Extent{}, n.err()
}

// Events says why there are none.
func (n noHistory) Events(context.Context, time.Time, time.Time, backtest.Needs, backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) { yield(nil, n.err()) }
}

// Labels says why there are none.
func (n noHistory) Labels(context.Context, func(site, account string, value enforcement.LabelValue)) error {
	return n.err()
}

// Clearings says why there are none.
func (n noHistory) Clearings(context.Context, time.Time) ([]backtest.Clearing, error) {
	return nil, n.err()
}
