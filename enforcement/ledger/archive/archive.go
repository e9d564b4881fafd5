package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/database"
)

// Options configure an Archive; zero values mean the defaults named.
type Options struct {
	// Retention is how long rows are kept; ledger.DefaultRetention. It is
	// rounded up to whole days.
	Retention time.Duration
	// InsertTimeout bounds one attempt to write one table's rows; 30 s.
	InsertTimeout time.Duration
	// MinBackoff and MaxBackoff bound the wait between two attempts; 200 ms
	// and 15 s.
	MinBackoff, MaxBackoff time.Duration

	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&o.Retention, ledger.DefaultRetention},
		{&o.InsertTimeout, 30 * time.Second},
		{&o.MinBackoff, 200 * time.Millisecond},
		{&o.MaxBackoff, 15 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Archive writes records to ClickHouse. It is safe for concurrent use.
type Archive struct {
	conn    database.Conn
	client  *clickhouse.Options
	opts    Options
	metrics *metrics
}

// Open prepares to write to the ClickHouse that client names; no connection is
// made yet. The user must be allowed to create tables for Migrate, and to
// insert for Write.
func Open(client *clickhouse.Options, opts Options) (*Archive, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	return &Archive{conn: conn, client: client, opts: opts, metrics: newMetrics(opts.Registry)}, nil
}

// Close gives the connections up.
func (a *Archive) Close() error {
	return a.conn.Close()
}

// maxRows bounds one insert, and with it the size of a request's body.
const maxRows = 10_000

// Write stores records and returns when all of them are stored. While
// ClickHouse is away or refuses, it tries on, with growing pauses, until ctx
// ends; then some of the records may be stored. To write the same records
// again is harmless. An invalid record refuses the whole call before anything
// is stored, with an error that wraps ledger.ErrInvalidRecord.
func (a *Archive) Write(ctx context.Context, records []ledger.Record) error {
	byKind := map[ledger.Kind][]ledger.Record{}
	var invalid []error
	for _, r := range records {
		if err := r.Validate(); err != nil {
			invalid = append(invalid, err)
		}
		byKind[r.Kind()] = append(byKind[r.Kind()], r)
	}
	if len(invalid) > 0 {
		return fmt.Errorf("write to the ledger: %w", errors.Join(invalid...))
	}
	for _, kind := range ledger.Kinds() {
		for rows := range slices.Chunk(byKind[kind], maxRows) {
			if err := a.insist(ctx, tableOf(kind), rows); err != nil {
				return fmt.Errorf("write %d rows to %s: %w", len(rows), kind, err)
			}
		}
	}
	return nil
}

// insist inserts until it succeeds or ctx ends.
func (a *Archive) insist(ctx context.Context, t table, records []ledger.Record) error {
	backoff := a.opts.MinBackoff
	for {
		began := time.Now()
		err := a.insert(ctx, t, records)
		if err == nil {
			a.metrics.stored(t.kind, len(records), time.Since(began))
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		a.metrics.retries.WithLabelValues(string(t.kind)).Inc()
		a.opts.Logger.WarnContext(ctx, "ledger write failed, trying again", "table", t.kind, "rows", len(records), "after", backoff, "error", err)
		timer := time.NewTimer(backoff)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		}
		backoff = min(2*backoff, a.opts.MaxBackoff)
	}
}

// insert sends one table's rows in one block.
func (a *Archive) insert(ctx context.Context, t table, records []ledger.Record) (err error) {
	ctx, cancel := context.WithTimeout(ctx, a.opts.InsertTimeout)
	defer cancel()
	// History may span more days, hence partitions, than ClickHouse's limit
	// against mistakes (100) allows in one block.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_partitions_per_insert_block": 0}))
	batch, err := a.conn.PrepareBatch(ctx, t.insert())
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer func() { err = errors.Join(err, batch.Close()) }()
	for i, r := range records {
		if err := batch.Append(t.row(r)...); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}
