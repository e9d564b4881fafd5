package digest

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement/ledger/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose keeps what was applied.
const versionTable = "digest_migrations"

// BuilderOptions configure a Builder; zero values mean the defaults named.
type BuilderOptions struct {
	// Interval is the least pause between two looks at the ledger; 30 s. It is
	// ten times what a look took where that is more.
	Interval time.Duration
	// Grace is how long after its end an hour counts as finished; 2 min.
	Grace time.Duration
	// Chunk is about how many events one statement condenses; 1 million.
	Chunk uint64

	Now      func() time.Time
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o BuilderOptions) withDefaults() BuilderOptions {
	if o.Interval <= 0 {
		o.Interval = 30 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 2 * time.Minute
	}
	if o.Chunk == 0 {
		o.Chunk = 1_000_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Builder condenses hours of the ledger. One is for one goroutine; several
// processes may each run one: each builds under numbers of its own, and the
// newest published one counts.
type Builder struct {
	conn     database.Conn
	client   *clickhouse.Options
	opts     BuilderOptions
	measures *measures

	// retired are the builds that a look replaced. Their rows go with the next
	// look: until then a reader may still be at them.
	retired []built
}

// OpenBuilder prepares to write to the ClickHouse that client names; no
// connection is made yet. Its user must be allowed to create tables, insert,
// and delete.
func OpenBuilder(client *clickhouse.Options, opts BuilderOptions) (*Builder, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Builder{conn: conn, client: client, opts: opts.withDefaults(), measures: newMeasures(opts.Registry)}, nil
}

// Close gives the connections up.
func (b *Builder) Close() error {
	return b.conn.Close()
}

// Migrate makes the tables, empty. The ledger's own must exist. An existing
// ledger is condensed by Run, the newest days first; until then readers read
// its events.
func (b *Builder) Migrate(ctx context.Context) error {
	if err := database.Migrate(ctx, b.client, migrations, versionTable); err != nil {
		return fmt.Errorf("migrate the condensed hours: %w", err)
	}
	return nil
}

// Run keeps the condensed hours up to date until ctx ends. A failure is logged,
// counted and tried again after the interval.
func (b *Builder) Run(ctx context.Context) error {
	for {
		began := b.opts.Now()
		hours, err := b.Refresh(ctx)
		took := b.opts.Now().Sub(began)
		switch {
		case err != nil && ctx.Err() == nil:
			b.measures.failures.Inc()
			b.opts.Logger.WarnContext(ctx, "the ledger's hours could not be condensed; tried again", "after", b.opts.Interval, "error", err)
		case hours > 0:
			b.opts.Logger.DebugContext(ctx, "ledger hours condensed", "hours", hours, "took", took)
		}
		pause := time.NewTimer(max(b.opts.Interval, 10*took))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
	}
}
