package stream

import (
	"context"
	"fmt"
)

// Lag tells how many messages of topics a consumer group has not committed yet.
// A partition where it has never committed counts from its beginning. It asks
// over connections of its own; the group is not disturbed.
func Lag(ctx context.Context, brokers []string, group string, topics ...string) (int64, error) {
	o := offsets{client: newClient(brokers), group: group, topics: topics}
	defer o.close()
	places, err := o.list(ctx)
	if err != nil {
		return 0, fmt.Errorf("lag of %q: %w", group, err)
	}
	var behind int64
	for _, p := range places {
		behind += max(0, p.last-max(p.committed, p.first))
	}
	return behind, nil
}
