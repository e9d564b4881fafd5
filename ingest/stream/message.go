package stream

import (
	"time"

	"github.com/segmentio/kafka-go"
)

// Message is one record of a topic. Publishing uses Topic, Key and Value;
// reading fills the rest.
type Message struct {
	Topic     string
	Partition int
	Offset    int64
	Key       string
	Value     []byte
	Time      time.Time // when the broker or producer stamped it
}

func (m Message) kafka() kafka.Message {
	out := kafka.Message{Topic: m.Topic, Value: m.Value}
	if m.Key != "" {
		out.Key = []byte(m.Key)
	}
	return out
}

func fromKafka(m kafka.Message) Message {
	return Message{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset,
		Key: string(m.Key), Value: m.Value, Time: m.Time,
	}
}
