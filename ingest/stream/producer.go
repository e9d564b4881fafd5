package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
)

const (
	requestTimeout = 10 * time.Second
	// maxBatchBytes stays under Kafka's default message.max.bytes (1,048,588)
	// with room for the batch's own header.
	maxBatchBytes = 1_000_000
	// batchSize is how many messages a request to one partition holds. kafka-go
	// makes room for that many, some 200 bytes each, with every request, however
	// few there are: at 1,000 that was 40 % of all that a gateway allocated. No
	// fewer messages get through in bulk.
	batchSize = 128
)

// ProducerOptions tune a Producer.
type ProducerOptions struct {
	// Linger is how long a message may wait for company; 0 means 5 ms.
	Linger time.Duration
	// Attempts is how often a failed request is sent again before the caller
	// hears of it; 0 means 3.
	Attempts   int
	Registerer prometheus.Registerer
}

// Producer publishes to Kafka and waits for all in-sync replicas. Messages
// with one key keep their order as long as none of them fails. It is safe for
// concurrent use; what many goroutines publish at once shares requests.
type Producer struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	published *prometheus.CounterVec
	failed    *prometheus.CounterVec
}

// NewProducer makes a producer; it connects when first used.
func NewProducer(brokers []string, opts ProducerOptions) *Producer {
	if opts.Linger <= 0 {
		opts.Linger = 5 * time.Millisecond
	}
	if opts.Attempts <= 0 {
		opts.Attempts = 3
	}
	p := &Producer{
		transport: newTransport(),
		published: counterVec(opts.Registerer, "fairgate_stream_published_total",
			"Messages acknowledged by Kafka.", "topic"),
		failed: counterVec(opts.Registerer, "fairgate_stream_publish_failures_total",
			"Messages that Kafka did not acknowledge; they may be sent again.", "topic"),
	}
	p.writer = &kafka.Writer{
		Addr: address(brokers), Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll,
		MaxAttempts: opts.Attempts, WriteBackoffMin: 50 * time.Millisecond, WriteBackoffMax: time.Second,
		BatchSize: batchSize, BatchBytes: maxBatchBytes, BatchTimeout: opts.Linger,
		ReadTimeout: requestTimeout, WriteTimeout: requestTimeout, Transport: p.transport,
	}
	return p
}

func newTransport() *kafka.Transport {
	return &kafka.Transport{DialTimeout: 3 * time.Second, MetadataTTL: 5 * time.Second}
}

// Publish sends values under one key to a topic and returns when all are
// acknowledged. The error is a *PublishError or the context's.
func (p *Producer) Publish(ctx context.Context, topic, key string, values ...[]byte) error {
	messages := make([]Message, len(values))
	for i, v := range values {
		messages[i] = Message{Topic: topic, Key: key, Value: v}
	}
	return p.Send(ctx, messages...)
}

// Send is Publish for messages of several topics and keys.
func (p *Producer) Send(ctx context.Context, messages ...Message) error {
	if len(messages) == 0 {
		return nil
	}
	batch := make([]kafka.Message, len(messages))
	for i, m := range messages {
		batch[i] = m.kafka()
	}
	err := p.writer.WriteMessages(ctx, batch...)
	if errors.Is(err, io.ErrClosedPipe) {
		return ErrClosed
	}
	failed := failures(messages, err)
	p.count(messages, failed)
	if len(failed) == 0 {
		return nil
	}
	return &PublishError{Failed: failed, Err: shorten(err)}
}

func (p *Producer) count(messages, failed []Message) {
	acknowledged := make(map[string]int, 1)
	for _, m := range messages {
		acknowledged[m.Topic]++
	}
	for _, m := range failed {
		acknowledged[m.Topic]--
		p.failed.WithLabelValues(m.Topic).Inc()
	}
	for topic, n := range acknowledged {
		p.published.WithLabelValues(topic).Add(float64(n))
	}
}

// failures picks the messages that err concerns. Errors that are no list (the
// context's, a closed writer, one message too large) concern all.
func failures(messages []Message, err error) []Message {
	if err == nil {
		return nil
	}
	var list kafka.WriteErrors
	if !errors.As(err, &list) || len(list) != len(messages) {
		return messages
	}
	var failed []Message
	for i, one := range list {
		if one != nil {
			failed = append(failed, messages[i])
		}
	}
	return failed
}

// Close sends what is under way and closes the connections. Later calls of
// Publish fail with ErrClosed.
func (p *Producer) Close() error {
	err := p.writer.Close()
	p.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close producer: %w", shorten(err))
	}
	return nil
}
