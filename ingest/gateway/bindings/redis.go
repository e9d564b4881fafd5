// Package bindings shares learned session bindings between the gateways of a
// fleet through Redis: a sign-in that one gateway saw is known to all. It
// stands behind gateway.MemoryBindings, which answers what it has seen before
// without a round trip.
package bindings

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/gateway"
)

// Redis implements gateway.Bindings. It is safe for concurrent use.
type Redis struct {
	client goredis.UniversalClient
}

var _ gateway.Bindings = (*Redis)(nil)

// NewRedis keeps bindings in the Redis of client.
func NewRedis(client goredis.UniversalClient) *Redis { return &Redis{client: client} }

// key names the binding of a session; sessionKey is a keyed hash already.
func key(sessionKey string) string { return "fg:sb:{" + sessionKey + "}" }

// Get reads the account that a session stands for.
func (r *Redis) Get(ctx context.Context, sessionKey string) (string, bool, error) {
	account, err := r.client.Get(ctx, key(sessionKey)).Result()
	if errors.Is(err, goredis.Nil) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read a session binding: %w", err)
	}
	return account, true, nil
}

// Put remembers for ttl; a ttl of zero or less forgets.
func (r *Redis) Put(ctx context.Context, sessionKey, account string, ttl time.Duration) error {
	var err error
	if ttl <= 0 {
		err = r.client.Del(ctx, key(sessionKey)).Err()
	} else {
		err = r.client.Set(ctx, key(sessionKey), account, ttl).Err()
	}
	if err != nil {
		return fmt.Errorf("keep a session binding: %w", err)
	}
	return nil
}
