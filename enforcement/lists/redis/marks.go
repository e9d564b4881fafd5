// Package redis keeps the lists' marks in Redis (6.0 or later, single or
// Cluster), each beside its target's counters, so that screening reads it in
// the same round trip. It owns the key of the marks' version; the marks' own
// keys belong to scoring/window/redis.
package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement/lists"
	window "fairgate/scoring/window/redis"
)

// versionKey holds the lists' version that the marks are known to hold in
// full. It has no end: when it is gone, so is the rest.
const versionKey = "fg:lists:version"

// Marks implements lists.Marks. It is safe for concurrent use.
type Marks struct{ client goredis.UniversalClient }

var _ lists.Marks = (*Marks)(nil)

// New returns marks on client.
func New(client goredis.UniversalClient) *Marks { return &Marks{client: client} }

// Write sets and deletes marks in one pipeline.
func (m *Marks) Write(ctx context.Context, marks []lists.MarkWrite) error {
	_, err := m.client.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
		for _, w := range marks {
			key := window.MarkKey(w.Target.Entity, w.Target.Key)
			if w.Data == nil {
				pipe.Del(ctx, key)
				continue
			}
			pipe.Set(ctx, key, w.Data, w.TTL)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write marks to redis: %w", err)
	}
	return nil
}

// Version returns the recorded version.
func (m *Marks) Version(ctx context.Context) (int64, bool, error) {
	text, err := m.client.Get(ctx, versionKey).Result()
	if errors.Is(err, goredis.Nil) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", versionKey, err)
	}
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("%s holds %q: %w", versionKey, text, err)
	}
	return version, true, nil
}

// SetVersion records the version.
func (m *Marks) SetVersion(ctx context.Context, version int64) error {
	if err := m.client.Set(ctx, versionKey, version, 0).Err(); err != nil {
		return fmt.Errorf("write %s: %w", versionKey, err)
	}
	return nil
}
