package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/normal"
)

// buildNormal keeps the roll-ups of normal behaviour beside the archive.
func buildNormal(ctx context.Context, s *Stack, e Env, writer *clickhouse.Options) error {
	builder, err := normal.OpenBuilder(writer, normal.BuilderOptions{Now: e.Now, Logger: e.Log.With("part", "normal"), Registry: e.Registry})
	if err != nil {
		return fmt.Errorf("normal behaviour: %w", err)
	}
	s.Defer("normal behaviour", func(context.Context) error { return builder.Close() })
	if err := builder.Migrate(ctx); err != nil {
		return err
	}
	s.Go("normal behaviour", builder.Run)
	return nil
}

// openNormal opens the reader of normal behaviour, or says why there is none.
func openNormal(s *Stack, e Env, noAnalytics error) (httpapi.Normal, error) {
	if noAnalytics != nil {
		return noNormal{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := normal.Open(client, normal.Options{Now: e.Now})
	if err != nil {
		return nil, fmt.Errorf("normal behaviour: %w", err)
	}
	s.Defer("normal reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}

// noNormal answers for a ledger that is not there.
type noNormal struct{ why error }

// Percentiles says why there are none.
func (n noNormal) Percentiles(context.Context, normal.Query, normal.By) (normal.Behaviour, error) {
	return normal.Behaviour{}, errors.Join(ErrNoAnalytics, n.why)
}

// Suggest says why nothing can be suggested.
func (n noNormal) Suggest(context.Context, normal.Query, float64) (normal.Suggestions, error) {
	return normal.Suggestions{}, errors.Join(ErrNoAnalytics, n.why)
}
