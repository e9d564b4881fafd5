// Package rediskeys looks for keys in a Redis, single or Cluster, in short steps
// that let others be served in between.
//
// It owns the search; what the keys are is up to whoever searches.
package rediskeys

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// atOnce is how many keys one step looks at: some hundred microseconds of a
// Redis.
const atOnce = 1000

// Each calls found with the keys that match a pattern of SCAN, some at a time,
// on a client of the node that has them; several nodes of a Cluster are searched
// at once. A key that comes or goes meanwhile may be found or not; one that was
// there all along is, perhaps twice.
func Each(ctx context.Context, client redis.UniversalClient, pattern string, found func(ctx context.Context, node redis.UniversalClient, keys []string) error) error {
	search := func(ctx context.Context, node *redis.Client) error { return each(ctx, node, pattern, found) }
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, search)
	}
	return each(ctx, client, pattern, found)
}

func each(ctx context.Context, node redis.UniversalClient, pattern string, found func(ctx context.Context, node redis.UniversalClient, keys []string) error) error {
	for cursor := uint64(0); ; {
		keys, next, err := node.Scan(ctx, cursor, pattern, atOnce).Result()
		if err != nil {
			return fmt.Errorf("search redis: %w", err)
		}
		if len(keys) > 0 {
			if err := found(ctx, node, keys); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

var escaped = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// Literal is a text as a pattern that matches nothing else.
func Literal(text string) string { return escaped.Replace(text) }
