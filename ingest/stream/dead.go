package stream

import (
	"context"
	"encoding/json"
	"fmt"
)

// DeadLetter is what the dead topic carries: a message that a consumer could
// make no sense of, where it came from, and why.
type DeadLetter struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	Key       string `json:"key,omitempty"`
	Value     []byte `json:"value"` // base64 on the wire
	Reason    string `json:"reason"`
}

// DeadLetters publishes to the dead topic. It is safe for concurrent use.
type DeadLetters struct {
	producer *Producer
	topic    string
}

// NewDeadLetters buries in topic through p.
func NewDeadLetters(p *Producer, topic string) *DeadLetters {
	return &DeadLetters{producer: p, topic: topic}
}

// Bury publishes m with the reason and returns when that is acknowledged. Of
// a value beyond half a megabyte only the beginning is kept.
func (d *DeadLetters) Bury(ctx context.Context, m Message, reason error) error {
	b, err := json.Marshal(DeadLetter{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Key: m.Key,
		Value: m.Value[:min(len(m.Value), 512<<10)], Reason: reason.Error(),
	})
	if err != nil {
		return fmt.Errorf("encode dead letter: %w", err)
	}
	if err := d.producer.Publish(ctx, d.topic, m.Key, b); err != nil {
		return fmt.Errorf("bury message %d of %q: %w", m.Offset, m.Topic, err)
	}
	return nil
}
