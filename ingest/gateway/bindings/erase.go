package bindings

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/rediskeys"
)

// Erase forgets the sessions of an account. A gateway that has met one keeps it
// in memory for as long as it lasts. Bindings do not know sites.
func (r *Redis) Erase(ctx context.Context, _, account string) error {
	return rediskeys.Each(ctx, r.client, key("*"), func(ctx context.Context, node goredis.UniversalClient, keys []string) error {
		values := make([]*goredis.StringCmd, len(keys))
		_, err := node.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
			for i, k := range keys {
				values[i] = pipe.Get(ctx, k)
			}
			return nil
		})
		for i, v := range values {
			if v.Val() != account { // one that ended meanwhile is empty
				continue
			}
			if err := node.Del(ctx, keys[i]).Err(); err != nil {
				return fmt.Errorf("forget a session binding: %w", err)
			}
		}
		if err != nil && !errors.Is(err, goredis.Nil) {
			return fmt.Errorf("read session bindings: %w", err)
		}
		return nil
	})
}
