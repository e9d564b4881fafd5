// Package redis is what the collectors of a fleet remember together, in Redis
// (6.0 or later, single or Cluster): which nonces were used, which key a device
// first proved, and which family is known under which traits. Everything
// expires by itself.
package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/fingerprint/collector"
)

// Prefixes of keys.
const (
	noncePrefix  = "fg:nonce:"
	keyPrefix    = "fg:devkey:"
	familyPrefix = "fg:family:"
)

// Store implements collector.Store. It is safe for concurrent use.
type Store struct{ client goredis.UniversalClient }

var _ collector.Store = (*Store)(nil)

// New returns a memory on client.
func New(client goredis.UniversalClient) *Store { return &Store{client: client} }

// put sets a key that is not there, and reports whether it did.
func put(ctx context.Context, c goredis.Cmdable, key, value string, ttl time.Duration) (bool, error) {
	err := c.SetArgs(ctx, key, value, goredis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if errors.Is(err, goredis.Nil) {
		return false, nil
	}
	return err == nil, err
}

// Burn implements collector.Store: SET NX, one step in Redis.
func (s *Store) Burn(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	first, err := put(ctx, s.client, noncePrefix+id, "1", ttl)
	if err != nil {
		return false, fmt.Errorf("burn a nonce: %w", err)
	}
	return first, nil
}

// Bind implements collector.Store.
func (s *Store) Bind(ctx context.Context, device, thumb string) (string, error) {
	key := keyPrefix + device
	first, err := put(ctx, s.client, key, thumb, collector.Retention)
	if err != nil {
		return "", fmt.Errorf("bind a device's key: %w", err)
	}
	if first {
		return thumb, nil
	}
	bound, err := s.client.Get(ctx, key).Result()
	if errors.Is(err, goredis.Nil) { // expired between the two
		return thumb, nil
	}
	if err == nil {
		err = s.client.Expire(ctx, key, collector.Retention).Err()
	}
	if err != nil {
		return "", fmt.Errorf("read a device's key: %w", err)
	}
	return bound, nil
}

// Families implements collector.Store. A key that is found lives on.
func (s *Store) Families(ctx context.Context, keys []string) ([]string, error) {
	gets := make([]*goredis.StringCmd, len(keys))
	_, err := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i, key := range keys {
			gets[i] = p.Get(ctx, familyPrefix+key)
			p.Expire(ctx, familyPrefix+key, collector.Retention)
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		return nil, fmt.Errorf("read families: %w", err)
	}
	found := make([]string, len(keys))
	for i, get := range gets {
		value, err := get.Result()
		if err != nil && !errors.Is(err, goredis.Nil) {
			return nil, fmt.Errorf("read families: %w", err)
		}
		found[i] = value
	}
	return found, nil
}

// Found implements collector.Store.
func (s *Store) Found(ctx context.Context, keys []string, family string) error {
	_, err := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, key := range keys {
			p.SetArgs(ctx, familyPrefix+key, family, goredis.SetArgs{Mode: "NX", TTL: collector.Retention})
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		return fmt.Errorf("keep a family: %w", err)
	}
	return nil
}
