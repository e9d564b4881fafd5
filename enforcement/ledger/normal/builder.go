package normal

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
const versionTable = "normal_migrations"

// Keep is how far back normal behaviour is kept.
const Keep = 35 * 24 * time.Hour

// BuilderOptions configure a Builder; zero values mean the defaults named.
type BuilderOptions struct {
	// Interval is the least pause between two looks at the recent hours; 1 min.
	// It is ten times what a look took where that is more, so that building
	// never takes more than a tenth of the time.
	Interval time.Duration
	// Recent is how far back each look reaches; 26 h. All that is kept is
	// looked at when the Builder starts and every sixth hour.
	Recent time.Duration

	Now      func() time.Time
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o BuilderOptions) withDefaults() BuilderOptions {
	if o.Interval <= 0 {
		o.Interval = time.Minute
	}
	if o.Recent <= 0 {
		o.Recent = 26 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Builder rebuilds the roll-ups from the ledger. Several may run at once: each
// builds under a number of its own, and the newest published one counts.
type Builder struct {
	conn     database.Conn
	client   *clickhouse.Options
	opts     BuilderOptions
	measures *measures
}

// OpenBuilder prepares to write to the ClickHouse that client names; no
// connection is made yet. Its user must be allowed to create tables, insert
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

// Migrate makes the roll-ups' tables. The ledger's own must exist.
func (b *Builder) Migrate(ctx context.Context) error {
	if err := database.Migrate(ctx, b.client, migrations, versionTable); err != nil {
		return fmt.Errorf("migrate normal behaviour: %w", err)
	}
	return nil
}

// full is how often all that is kept is compared with the ledger.
const full = 6 * time.Hour

// Run keeps the roll-ups up to date until ctx ends. A failure is logged,
// counted and tried again after the interval.
func (b *Builder) Run(ctx context.Context) error {
	var complete time.Time
	for {
		now := b.opts.Now()
		back := b.opts.Recent
		if now.Sub(complete) >= full {
			back = Keep
		}
		built, err := b.Refresh(ctx, now.Add(-back), now.Add(time.Hour))
		switch {
		case err != nil && ctx.Err() == nil:
			b.measures.failures.Inc()
			b.opts.Logger.WarnContext(ctx, "normal behaviour could not be brought up to date; tried again", "after", b.opts.Interval, "error", err)
		case err == nil && back == Keep:
			complete = now
		}
		took := b.opts.Now().Sub(now)
		if built > 0 {
			b.opts.Logger.DebugContext(ctx, "normal behaviour brought up to date", "hours", built, "took", took)
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
