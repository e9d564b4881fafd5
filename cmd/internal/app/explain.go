package app

import (
	"context"
	"errors"
	"fmt"

	"fairgate/console/httpapi"
	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/source"
	"fairgate/rules/source/sqlstore"
	"fairgate/rulesets"
)

// openExplain puts together what explains events: the ledger, and the rulesets
// that this installation has.
func openExplain(s *Stack, e Env, noAnalytics error, db *sqldb.DB) (httpapi.Explain, error) {
	if noAnalytics != nil {
		return noExplanation{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := lookup.Open(client)
	if err != nil {
		return nil, fmt.Errorf("explanations: %w", err)
	}
	s.Defer("event reader", func(context.Context) error { return reader.Close() })
	sources := []source.Source{source.NewFiles(rulesets.Files)}
	if e.Config.Rules.Dir != "" {
		sources = append(sources, source.NewDir(e.Config.Rules.Dir))
	}
	return explain.New(reader, explain.Libraries{
		storedVersions{sqlstore.New(db), e.Config.Rules.Ruleset}, explain.NewLibrary(rules.Options{}, sources...),
	}), nil
}

// storedVersions finds the ruleset that judged among those that were published.
type storedVersions struct {
	store   *sqlstore.Store
	ruleset string
}

// Program compiles the stored text. A program that was tightened for an hour
// differs from its text in the actions of the tightened rules alone, and what
// they saw is explained from the text.
func (v storedVersions) Program(ctx context.Context, version string) (*rules.Program, string, error) {
	number, err := v.store.Program(ctx, v.ruleset, version)
	if errors.Is(err, life.ErrNotFound) || (err == nil && number == 0) {
		return nil, "", fmt.Errorf("%w: %q", explain.ErrUnknownVersion, version)
	}
	if err != nil {
		return nil, "", err
	}
	stored, err := v.store.Version(ctx, v.ruleset, number)
	if err != nil {
		return nil, "", err
	}
	p, err := rules.Load(v.ruleset, []byte(stored.Text), rules.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("version %d of ruleset %s: %w", number, v.ruleset, err)
	}
	origin := fmt.Sprintf("%s %d", v.ruleset, number)
	if p.Version() != version {
		origin += ", tightened"
	}
	return p, origin, nil
}

// noExplanation answers for a ledger that is not there.
type noExplanation struct{ why error }

// Explain says why nothing can be explained.
func (n noExplanation) Explain(context.Context, string, string, *rules.Program) (explain.EventExplanation, error) {
	return explain.EventExplanation{}, errors.Join(ErrNoAnalytics, n.why)
}

// Find says why there is nothing to be found.
func (n noExplanation) Find(context.Context, string, string) (explain.Record, error) {
	return explain.Record{}, errors.Join(ErrNoAnalytics, n.why)
}
