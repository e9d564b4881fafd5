// Package redis remembers answered challenges for the whole fleet.
package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement/challenge"
)

// Spent implements challenge.Spent. It is safe for concurrent use.
type Spent struct {
	client goredis.UniversalClient
}

var _ challenge.Spent = (*Spent)(nil)

// New remembers in the Redis of client.
func New(client goredis.UniversalClient) *Spent { return &Spent{client: client} }

// Once sets the id's key if it is not there; the first one wins.
func (s *Spent) Once(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	first, err := s.client.SetNX(ctx, "fg:challenge:{"+id+"}", 1, ttl).Result() //nolint:staticcheck // SET … NX GET is newer than Redis 6.0
	if err != nil {
		return false, fmt.Errorf("spend a challenge: %w", err)
	}
	return first, nil
}
