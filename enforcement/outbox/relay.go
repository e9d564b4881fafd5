package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

// Publisher takes messages to the event log. It returns nil only when all of
// them are safely there.
type Publisher interface {
	Publish(ctx context.Context, messages []Message) error
}

// RelayOptions tune a Relay.
type RelayOptions struct {
	Poll     time.Duration // between looks at an empty outbox; default 100 ms
	Backoff  time.Duration // longest pause after failures; default 10 s
	Batch    int           // messages a publication; default 500
	Now      func() time.Time
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

// Relay moves messages from the table to the Publisher, oldest first, and
// deletes what was published. Two relays on one table publish some messages
// twice and lose none.
type Relay struct {
	db        *sqldb.DB
	publisher Publisher
	options   RelayOptions
	published prometheus.Counter
	failures  prometheus.Counter
}

// NewRelay puts a Relay together.
func NewRelay(db *sqldb.DB, publisher Publisher, o RelayOptions) *Relay {
	if o.Poll <= 0 {
		o.Poll = 100 * time.Millisecond
	}
	if o.Backoff <= 0 {
		o.Backoff = 10 * time.Second
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	metrics := promauto.With(o.Registry)
	return &Relay{
		db: db, publisher: publisher, options: o,
		published: metrics.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_outbox_published_total", Help: "Messages taken to the event log.",
		}),
		failures: metrics.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_outbox_failures_total", Help: "Publications that failed and are tried again.",
		}),
	}
}

// Run publishes until ctx ends, backing off while the log is away.
func (r *Relay) Run(ctx context.Context) {
	pause := r.options.Poll
	away := outage.New(r.options.Logger, r.options.Now, slog.LevelWarn, "outbox not published", "outbox published again")
	for {
		_, err := r.Drain(ctx)
		if ctx.Err() != nil {
			return
		}
		away.Report(ctx, err)
		if err != nil {
			r.failures.Inc()
			pause = min(2*pause, r.options.Backoff)
		} else {
			pause = r.options.Poll
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Drain publishes until the outbox is empty and returns how many messages
// went.
func (r *Relay) Drain(ctx context.Context) (int, error) {
	total := 0
	for {
		messages, err := r.next(ctx)
		if err != nil || len(messages) == 0 {
			return total, err
		}
		if err := r.publisher.Publish(ctx, messages); err != nil {
			return total, fmt.Errorf("publish %d messages: %w", len(messages), err)
		}
		err = r.db.InTx(ctx, func(tx *sql.Tx) error {
			for _, m := range messages {
				if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE id = $1`, m.ID); err != nil {
					return fmt.Errorf("delete what was published: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += len(messages)
		r.published.Add(float64(len(messages)))
	}
}

func (r *Relay) next(ctx context.Context) (messages []Message, err error) {
	rows, err := r.db.Read.QueryContext(ctx,
		`SELECT id, topic, key, payload FROM outbox ORDER BY id LIMIT $1`, r.options.Batch)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var m Message
		if err := rows.Scan(&m.ID, &m.Topic, &m.Key, &m.Payload); err != nil {
			return nil, fmt.Errorf("read the outbox: %w", err)
		}
		messages = append(messages, m)
	}
	return messages, rows.Err()
}
