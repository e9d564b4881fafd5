package redis

import (
	"context"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/rediskeys"
	"fairgate/rules"
)

// Erase deletes what is counted of an account, alone and in pairs, and the
// account's mark. It searches all keys, in short steps: two million take a few
// seconds, during which others are served. Sites share counters.
func (s *Store) Erase(ctx context.Context, _, account string) error {
	pattern := "fg:{" + string(rules.EntityAccount) + "*:*" + rediskeys.Literal(account) + "*"
	return rediskeys.Each(ctx, s.client, pattern, func(ctx context.Context, node goredis.UniversalClient, keys []string) error {
		for _, key := range keys {
			if !ofAccount(key, account) {
				continue
			}
			if err := node.Del(ctx, key).Err(); err != nil {
				return fmt.Errorf("delete an account's counters: %w", err)
			}
		}
		return nil
	})
}

// ofAccount reports whether a key is the account's own or that of a pair with
// it, in which it comes first.
func ofAccount(key, account string) bool {
	rest, ok := strings.CutPrefix(key, "fg:{"+string(rules.EntityAccount))
	if !ok {
		return false
	}
	if own, ok := strings.CutPrefix(rest, ":"); ok {
		return strings.HasPrefix(own, account+"}:")
	}
	entity, pair, ok := strings.Cut(rest, ":")
	if !ok || !rules.Entity(string(rules.EntityAccount)+entity).Counted() {
		return false
	}
	first := rules.PairKey(account, "x")
	return strings.HasPrefix(pair, first[:len(first)-1])
}
