// Package redis keeps the signs of life of a site's processes in one hash of
// Redis (6.0 or later, single or Cluster): a field a process. It owns that key
// and nothing else.
package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/pulse"
)

// keep is for how long a process that is away stays known.
const keep = time.Hour

// maxRecord bounds a field's value; a gateway's has about 700 bytes.
const maxRecord = 16 << 10

// Book implements pulse.Book. It is safe for concurrent use.
type Book struct {
	client goredis.UniversalClient
	key    string
	now    func() time.Time
}

var _ pulse.Book = (*Book)(nil)

// New gives the book of a site. Nil: the clock is time.Now.
func New(client goredis.UniversalClient, site string, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{client: client, key: "fg:pulse:" + site, now: now}
}

func field(role pulse.Role, name string) string { return string(role) + "/" + name }

// Put keeps a process's last Record.
func (b *Book) Put(ctx context.Context, r pulse.Record) error {
	if err := r.Validate(); err != nil {
		return err
	}
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a sign of life: %w", err)
	}
	_, err = b.client.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
		pipe.HSet(ctx, b.key, field(r.Role, r.Name), value)
		pipe.Expire(ctx, b.key, keep)
		return nil
	})
	if err != nil {
		return fmt.Errorf("write a sign of life to redis: %w", err)
	}
	return nil
}

// Forget takes a process out.
func (b *Book) Forget(ctx context.Context, role pulse.Role, name string) error {
	if err := b.client.HDel(ctx, b.key, field(role, name)).Err(); err != nil {
		return fmt.Errorf("take a sign of life out of redis: %w", err)
	}
	return nil
}

// All gives the last Record of every process. Those that have been away for an
// hour are forgotten, and what cannot be read is left out.
func (b *Book) All(ctx context.Context) ([]pulse.Record, error) {
	fields, err := b.client.HGetAll(ctx, b.key).Result()
	if err != nil {
		return nil, fmt.Errorf("read signs of life from redis: %w", err)
	}
	var out []pulse.Record
	var old []string
	for name, value := range fields {
		var r pulse.Record
		if len(value) > maxRecord || json.Unmarshal([]byte(value), &r) != nil || r.Validate() != nil || b.now().Sub(r.At) > keep {
			old = append(old, name)
			continue
		}
		out = append(out, r)
	}
	if len(old) > 0 {
		if err := b.client.HDel(ctx, b.key, old...).Err(); err != nil {
			return nil, fmt.Errorf("forget old signs of life: %w", err)
		}
	}
	return out, nil
}
