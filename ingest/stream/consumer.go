package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// ConsumerOptions tune a Consumer; zero values mean the defaults named.
type ConsumerOptions struct {
	// MaxWait is how long a request may wait for messages; 2 s. It delays no
	// message. The broker is asked to answer a second earlier (a quarter
	// earlier when shorter than that), and a slower answer costs a connection.
	MaxWait time.Duration
	// SessionTimeout is after how long a silent member loses its partitions;
	// 10 s.
	SessionTimeout time.Duration
	Logger         *slog.Logger
}

// Consumer reads topics as a member of a group. Process a message, then
// Commit it: what was fetched and not committed comes again, to this member
// or another. A group that is new begins at the oldest message.
//
// Fetch and Commit are safe for concurrent use. Committing a message commits
// everything before it in its partition, so commit in the order of offsets.
type Consumer struct {
	group  *offsets
	reader *kafka.Reader
	log    *slog.Logger
	closed atomic.Bool // the reader would still hand out what it has buffered
	// complained is when the reader's last complaint was logged, Unix ns.
	complained atomic.Int64
}

// NewConsumer joins the group. Before that, commits beyond the end of a
// partition (a broker that lost or emptied it) are set back to its beginning;
// without that the group would wait there for ever. An error means that the
// broker could not be asked.
func NewConsumer(ctx context.Context, brokers []string, group string, topics []string, opts ConsumerOptions) (*Consumer, error) {
	if opts.MaxWait <= 0 {
		opts.MaxWait = 2 * time.Second
	}
	if opts.SessionTimeout <= 0 {
		opts.SessionTimeout = 10 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	o := &offsets{client: newClient(brokers), group: group, topics: topics}
	reset, err := o.repair(ctx)
	if err != nil {
		o.close()
		return nil, fmt.Errorf("consumer group %q: %w", group, err)
	}
	for _, r := range reset {
		opts.Logger.WarnContext(ctx, "commit beyond the end was reset", "group", group,
			"topic", r.topic, "partition", r.partition, "committed", r.committed, "end", r.last, "reset_to", r.first)
	}
	c := &Consumer{group: o, log: opts.Logger.With("group", group)}
	c.reader = kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, GroupID: group, GroupTopics: topics, StartOffset: kafka.FirstOffset,
		MinBytes: 1, MaxBytes: 10 << 20, MaxWait: opts.MaxWait, QueueCapacity: 1000,
		HeartbeatInterval: opts.SessionTimeout / 4, SessionTimeout: opts.SessionTimeout, RebalanceTimeout: opts.SessionTimeout,
		JoinGroupBackoff: time.Second, WatchPartitionChanges: true, PartitionWatchInterval: 5 * time.Second,
		ReadBackoffMin: 50 * time.Millisecond, ReadBackoffMax: time.Second,
		ErrorLogger: kafka.LoggerFunc(c.complain),
	})
	return c, nil
}

// complain logs what kafka-go says about its connections, which it mends
// itself: at most one line in complaintEvery, and none about closing.
func (c *Consumer) complain(format string, args ...any) {
	now, last := time.Now().UnixNano(), c.complained.Load()
	if c.closed.Load() || now-last < int64(complaintEvery) || !c.complained.CompareAndSwap(last, now) {
		return
	}
	detail := clip(fmt.Sprintf(format, args...))
	if strings.HasSuffix(detail, "i/o timeout") { // a slow answer; it is asked for again
		c.log.Info("kafka reader waits for a slow broker", "detail", detail)
		return
	}
	c.log.Warn("kafka reader", "detail", detail)
}

const complaintEvery = 5 * time.Second

// clip bounds texts of kafka-go, some of which repeat themselves per message.
func clip(s string) string { return s[:min(len(s), 300)] }

// Fetch returns the next message and does not commit it. It waits until there
// is one, ctx ends, or the consumer is closed (ErrClosed); while brokers are
// away or the group is rebalanced it waits. Any other error is one that
// waiting does not mend, such as a missing permission.
func (c *Consumer) Fetch(ctx context.Context) (Message, error) {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		m, err := c.reader.FetchMessage(ctx)
		switch {
		case errors.Is(err, io.EOF) && ctx.Err() == nil, c.closed.Load():
			return Message{}, ErrClosed
		case err == nil:
			return fromKafka(m), nil
		case !passing(err) || !pause(ctx, wait):
			return Message{}, fmt.Errorf("fetch: %w", shorten(err))
		}
		c.complain("fetch: %v", err)
	}
}

// Commit marks messages as done, for the partitions they belong to. While
// brokers are away or the group is rebalanced it waits, until ctx ends; what
// was not committed comes again.
func (c *Consumer) Commit(ctx context.Context, messages ...Message) error {
	batch := make([]kafka.Message, len(messages))
	for i, m := range messages {
		batch[i] = kafka.Message{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}
	}
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := c.reader.CommitMessages(ctx, batch...)
		switch {
		case err == nil:
			return nil
		case c.closed.Load():
			return ErrClosed
		case !passing(err) || !pause(ctx, wait):
			return fmt.Errorf("commit: %w", shorten(err))
		}
		c.complain("commit: %v", err)
	}
}

// Lag asks the broker how many messages the group has not committed yet, over
// all partitions.
func (c *Consumer) Lag(ctx context.Context) (int64, error) {
	list, err := c.group.list(ctx)
	if err != nil {
		return 0, fmt.Errorf("lag: %w", err)
	}
	var lag int64
	for _, p := range list {
		lag += max(0, p.last-max(p.committed, p.first))
	}
	return lag, nil
}

// Close leaves the group. Messages fetched and not committed will come again.
func (c *Consumer) Close() error {
	c.closed.Store(true)
	err := c.reader.Close()
	c.group.close()
	if err != nil {
		return fmt.Errorf("close consumer: %w", shorten(err))
	}
	return nil
}
