package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/rulehits"
)

// openRuleHits opens the reader of whom rules hit, or says why there is none.
func openRuleHits(s *Stack, e Env, noAnalytics error) (httpapi.RuleHits, error) {
	if noAnalytics != nil {
		return noRuleHits{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := rulehits.Open(client)
	if err != nil {
		return nil, fmt.Errorf("rules' hits: %w", err)
	}
	s.Defer("rule hits reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}

// noRuleHits answers for a ledger that is not there.
type noRuleHits struct{ why error }

// Rules says why nobody knows.
func (n noRuleHits) Rules(context.Context, string, time.Time, time.Time) ([]rulehits.Rule, error) {
	return nil, errors.Join(ErrNoAnalytics, n.why)
}

// Samples says why there are none.
func (n noRuleHits) Samples(context.Context, string, rulehits.Asked) ([]rulehits.Sample, error) {
	return nil, errors.Join(ErrNoAnalytics, n.why)
}
