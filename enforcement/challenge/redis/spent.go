// Package redis remembers spent challenges in Redis (6.0 or later, single or
// Cluster), so that each is good once in the whole fleet.
package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement/challenge"
)

// prefix begins the key of a spent challenge.
const prefix = "fg:spent:"

// Spent implements challenge.Spent. It is safe for concurrent use.
type Spent struct{ client goredis.UniversalClient }

var _ challenge.Spent = (*Spent)(nil)

// New returns a memory on client.
func New(client goredis.UniversalClient) *Spent { return &Spent{client: client} }

// Once reports whether id was not seen within ttl, and remembers it.
func (s *Spent) Once(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	err := s.client.SetArgs(ctx, prefix+id, 1, goredis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if errors.Is(err, goredis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remember a spent challenge: %w", err)
	}
	return true, nil
}
