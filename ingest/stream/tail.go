package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
)

// Tail reads the whole of a topic's first partition, from its oldest message
// on, and then what comes. It belongs to no group and commits nothing: whoever
// reads the log of links wants all of it, each time. It is not safe for
// concurrent use.
type Tail struct {
	reader  *kafka.Reader
	offsets *offsets
	topic   string
	log     *slog.Logger
}

// NewTail returns a Tail; brokers are asked when it is read.
func NewTail(brokers []string, topic string, log *slog.Logger) *Tail {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Tail{
		topic: topic, log: log, offsets: &offsets{client: newClient(brokers), topics: []string{topic}},
		reader: kafka.NewReader(kafka.ReaderConfig{
			Brokers: brokers, Topic: topic, Partition: 0, MinBytes: 1, MaxBytes: 10 << 20, MaxWait: time.Second, QueueCapacity: 1000,
			ReadBackoffMin: 50 * time.Millisecond, ReadBackoffMax: time.Second,
		}),
	}
}

// Read hands every message to apply, in order, until ctx ends (no error) or
// the Tail is closed (ErrClosed). It calls caughtUp once, when what was there
// when it began has been read: compaction leaves the last message of a
// partition alone. While brokers are away it waits; any other error is one that
// waiting does not mend.
func (t *Tail) Read(ctx context.Context, apply func(Message), caughtUp func()) error {
	var end int64
	err := t.insist(ctx, func() (err error) {
		end, err = t.end(ctx)
		return err
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // to be ended is no failure
	}
	if err != nil {
		return err
	}
	behind := end > 0
	if !behind {
		caughtUp()
	}
	for {
		var m kafka.Message
		err := t.insist(ctx, func() (err error) {
			m, err = t.reader.ReadMessage(ctx)
			return err
		})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // as above; what was read comes again
		}
		if err != nil {
			return err
		}
		apply(fromKafka(m))
		if behind && m.Offset >= end-1 {
			behind = false
			caughtUp()
		}
	}
}

// insist repeats f until it succeeds, ctx ends, or waiting mends nothing.
func (t *Tail) insist(ctx context.Context, f func() error) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := f()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, io.EOF):
			return ErrClosed
		case !passing(err) || !pause(ctx, wait):
			return fmt.Errorf("read %q: %w", t.topic, shorten(err))
		}
		t.log.WarnContext(ctx, "kafka reader", "topic", t.topic, "detail", clip(err.Error()))
	}
}

// end is the offset behind the partition's last message; 0 where it has none.
func (t *Tail) end(ctx context.Context) (int64, error) {
	places, err := t.offsets.ends(ctx, map[string][]int{t.topic: {0}})
	if err != nil || places[0].first == places[0].last {
		return 0, err
	}
	return places[0].last, nil
}

// Close lets go of the connections.
func (t *Tail) Close() error {
	err := t.reader.Close()
	t.offsets.close()
	if err != nil {
		return fmt.Errorf("close the reader of %q: %w", t.topic, shorten(err))
	}
	return nil
}
