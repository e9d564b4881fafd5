package app

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/digest"
)

// condenseLedger keeps the ledger's finished hours condensed beside the archive.
func condenseLedger(ctx context.Context, s *Stack, e Env, writer *clickhouse.Options) error {
	builder, err := digest.OpenBuilder(writer, digest.BuilderOptions{Now: e.Now, Logger: e.Log.With("part", "digest"), Registry: e.Registry})
	if err != nil {
		return fmt.Errorf("condensed hours: %w", err)
	}
	s.Defer("condensed hours", func(context.Context) error { return builder.Close() })
	if err := builder.Migrate(ctx); err != nil {
		return err
	}
	s.Go("condensed hours", builder.Run)
	return nil
}
