package archive

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement/ledger"
	"fairgate/ingest/stream"
)

// Source is where messages come from; *stream.Consumer is one. What was
// fetched and not committed comes again.
type Source interface {
	Fetch(ctx context.Context) (stream.Message, error)
	Commit(ctx context.Context, messages ...stream.Message) error
}

// Writer stores records, all of them or an error; *Archive is one.
type Writer interface {
	Write(ctx context.Context, records []ledger.Record) error
}

// DeadLetters takes messages that no record could be read from, with the
// reason.
type DeadLetters interface {
	Bury(ctx context.Context, m stream.Message, reason error) error
}

// ConsumerOptions configure a Consumer; zero values mean the defaults named.
type ConsumerOptions struct {
	BatchRows int           // 10,000
	BatchWait time.Duration // from a batch's first message; 1 s

	DeadLetters DeadLetters // nil: such messages are logged, counted and passed over
	Logger      *slog.Logger
	Registry    prometheus.Registerer
}

// Consumer carries records from the event log to the ledger: fetch, batch,
// write, commit.
type Consumer struct {
	source   Source
	writer   Writer
	kinds    map[string]ledger.Kind // by topic
	opts     ConsumerOptions
	rejected *prometheus.CounterVec
}

// NewConsumer reads from source what kinds names by topic, and writes it to
// writer.
func NewConsumer(source Source, writer Writer, kinds map[string]ledger.Kind, opts ConsumerOptions) (*Consumer, error) {
	for topic, kind := range kinds {
		if !kind.Valid() {
			return nil, fmt.Errorf("ledger consumer: topic %q: kind %q is unknown", topic, kind)
		}
	}
	if opts.BatchRows <= 0 {
		opts.BatchRows = 10_000
	}
	if opts.BatchWait <= 0 {
		opts.BatchWait = time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Consumer{
		source: source, writer: writer, kinds: kinds, opts: opts,
		rejected: promauto.With(opts.Registry).NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_archive_rejected_total", Help: "Messages that no record could be read from.",
		}, []string{"table"}),
	}, nil
}

// Run carries records until ctx ends (it then returns nil, and what was not
// committed comes again) or until source or writer fails for good.
func (c *Consumer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fetched := make(chan stream.Message, c.opts.BatchRows)
	failed := make(chan error, 1)
	go func() { failed <- c.fetch(ctx, fetched) }()
	for {
		batch, err := c.gather(ctx, fetched, failed)
		if err == nil {
			err = c.flush(ctx, batch)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// fetch passes messages on until it fails or ctx ends.
func (c *Consumer) fetch(ctx context.Context, into chan<- stream.Message) error {
	for {
		m, err := c.source.Fetch(ctx)
		if err != nil {
			return fmt.Errorf("ledger consumer: %w", err)
		}
		select {
		case into <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// gather waits for a first message and then takes more until the batch is full
// or its time is over.
func (c *Consumer) gather(ctx context.Context, fetched <-chan stream.Message, failed <-chan error) ([]stream.Message, error) {
	var batch []stream.Message
	var over <-chan time.Time
	for len(batch) < c.opts.BatchRows {
		select {
		case m := <-fetched:
			batch = append(batch, m)
			if over == nil {
				timer := time.NewTimer(c.opts.BatchWait)
				defer timer.Stop()
				over = timer.C
			}
		case <-over:
			return batch, nil
		case err := <-failed:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return batch, nil
}

// flush writes a batch's records and commits its messages.
func (c *Consumer) flush(ctx context.Context, batch []stream.Message) error {
	records := make([]ledger.Record, 0, len(batch))
	for _, m := range batch {
		record, err := c.decode(m)
		if err == nil {
			records = append(records, record)
			continue
		}
		if err := c.reject(ctx, m, err); err != nil {
			return fmt.Errorf("ledger consumer: %w", err)
		}
	}
	if len(records) > 0 {
		if err := c.writer.Write(ctx, records); err != nil {
			return fmt.Errorf("ledger consumer: %w", err)
		}
	}
	if err := c.source.Commit(ctx, last(batch)...); err != nil {
		return fmt.Errorf("ledger consumer: %w", err)
	}
	return nil
}

func (c *Consumer) decode(m stream.Message) (ledger.Record, error) {
	kind, ok := c.kinds[m.Topic]
	if !ok {
		return ledger.Record{}, fmt.Errorf("%w: topic %q is not the ledger's", ledger.ErrInvalidRecord, m.Topic)
	}
	return ledger.Decode(kind, m.Value)
}

// reject counts a message that no record can be read from and passes it to the
// dead letters.
func (c *Consumer) reject(ctx context.Context, m stream.Message, reason error) error {
	c.rejected.WithLabelValues(string(c.kinds[m.Topic])).Inc()
	c.opts.Logger.ErrorContext(ctx, "message rejected", "topic", m.Topic, "partition", m.Partition, "offset", m.Offset, "error", reason)
	if c.opts.DeadLetters == nil {
		return nil
	}
	if err := c.opts.DeadLetters.Bury(ctx, m, reason); err != nil {
		return fmt.Errorf("bury offset %d of %s/%d: %w", m.Offset, m.Topic, m.Partition, err)
	}
	return nil
}

// last keeps the last message of each partition: a commit of it covers all
// before it.
func last(batch []stream.Message) []stream.Message {
	type partition struct {
		topic  string
		number int
	}
	at := map[partition]int{}
	var kept []stream.Message
	for _, m := range batch {
		p := partition{m.Topic, m.Partition}
		i, seen := at[p]
		switch {
		case !seen:
			at[p] = len(kept)
			kept = append(kept, m)
		case m.Offset > kept[i].Offset:
			kept[i] = m
		}
	}
	return kept
}
