package app

import (
	"context"
	"errors"
	"fmt"

	"fairgate/console/httpapi"
	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

// openExplain puts together what explains events: the ledger, and the rulesets
// that this installation has.
func openExplain(s *Stack, e Env, noAnalytics error) (httpapi.Explain, error) {
	if noAnalytics != nil {
		return noExplanation{noAnalytics}, nil
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
	return explain.New(reader, explain.NewLibrary(rules.Options{}, sources...)), nil
}

// noExplanation answers for a ledger that is not there.
type noExplanation struct{ why error }

// Explain says why nothing can be explained.
func (n noExplanation) Explain(context.Context, string, string, *rules.Program) (explain.EventExplanation, error) {
	return explain.EventExplanation{}, errors.Join(ErrNoAnalytics, n.why)
}
