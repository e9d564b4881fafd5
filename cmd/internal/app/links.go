package app

import (
	"context"
	"fmt"
	"log/slog"

	"fairgate/enforcement"
	"fairgate/ingest/stream"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
)

// linkLog is the log of links, to take accounts out of.
type linkLog struct {
	brokers  []string
	topic    string
	producer pipeline.Sink
	log      *slog.Logger
}

// Erase takes back every record that names the account, once what was under way
// has arrived: trackers forget it when they read so, and Kafka deletes it when
// it compacts the topic. It reads the whole log, a second or two for a million
// links, because nothing else knows which keys an account shared.
func (l linkLog) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil || !e.Last {
		return err
	}
	named, err := l.naming(ctx, e.Account)
	if err != nil {
		return fmt.Errorf("erase an account from the log of links: %w", err)
	}
	if len(named) == 0 {
		return nil
	}
	if err := l.producer.Send(ctx, named...); err != nil {
		return fmt.Errorf("erase an account from the log of links: %w", err)
	}
	return nil
}

// naming are the messages that take back what names the account.
func (l linkLog) naming(ctx context.Context, account string) ([]stream.Message, error) {
	tail := stream.NewTail(l.brokers, l.topic, l.log)
	reading, enough := context.WithCancel(ctx)
	defer enough()
	standing := map[string]bool{}
	err := tail.Read(reading, func(m stream.Message) {
		if named, _, _, err := cluster.ParseKey(m.Key); err == nil && named == account {
			standing[m.Key] = len(m.Value) > 0
		}
	}, enough)
	if closing := tail.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = ctx.Err() // half a log tells half of the names
	}
	if err != nil {
		return nil, err
	}
	var out []stream.Message
	for key, stands := range standing {
		if stands {
			out = append(out, stream.Message{Topic: l.topic, Key: key})
		}
	}
	return out, nil
}
