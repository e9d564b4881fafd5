package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Ping asks whether Kafka answers and every partition of the topics has a
// leader, over connections of its own.
func Ping(ctx context.Context, brokers []string, topics Topics) error {
	client := newClient(brokers)
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	res, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics.All()})
	if err != nil {
		return fmt.Errorf("ask kafka: %w", err)
	}
	var faults []error
	for _, t := range res.Topics {
		if t.Error != nil {
			faults = append(faults, fmt.Errorf("topic %q: %w", t.Name, t.Error))
		}
		for _, p := range t.Partitions {
			if p.Error != nil {
				faults = append(faults, fmt.Errorf("topic %q, partition %d: %w", t.Name, p.ID, p.Error))
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("ask kafka: %w", err)
	}
	return nil
}
