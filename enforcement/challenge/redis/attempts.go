package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement/challenge"
)

// attempts begins the key of a tally. Both windows of one key hash to one slot.
const attempts = "fg:tries:"

// Attempts implements challenge.Attempts. It is safe for concurrent use.
type Attempts struct{ client goredis.UniversalClient }

var _ challenge.Attempts = (*Attempts)(nil)

// NewAttempts returns tallies on client.
func NewAttempts(client goredis.UniversalClient) *Attempts { return &Attempts{client: client} }

// fields are the parts of a tally by their names in a hash.
func fields(t *challenge.Tally) map[string]*int {
	return map[string]*int{"issued": &t.Issued, "solved": &t.Solved, "failed": &t.Failed, "codes": &t.Codes}
}

// Count adds to the tallies of the keys and returns them, in one pipeline. A
// count may be applied without its answer arriving; it errs towards more.
func (a *Attempts) Count(ctx context.Context, keys []string, window time.Duration, at time.Time, add challenge.Tally) ([]challenge.Tally, error) {
	number := at.UnixNano() / int64(window)
	name := func(key string, n int64) string {
		return attempts + "{" + key + "}:" + strconv.FormatInt(int64(window/time.Second), 10) + ":" + strconv.FormatInt(n, 10)
	}
	read := make([][2]*goredis.MapStringStringCmd, len(keys))
	_, err := a.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i, key := range keys {
			current := name(key, number)
			for field, n := range fields(&add) {
				if *n != 0 {
					p.HIncrBy(ctx, current, field, int64(*n))
				}
			}
			if add != (challenge.Tally{}) {
				p.Expire(ctx, current, 2*window+time.Minute)
			}
			read[i] = [2]*goredis.MapStringStringCmd{p.HGetAll(ctx, current), p.HGetAll(ctx, name(key, number-1))}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count attempts at challenges: %w", err)
	}
	found := make([]challenge.Tally, len(keys))
	for i := range keys {
		for _, one := range read[i] {
			var t challenge.Tally
			for field, n := range fields(&t) {
				if text, has := one.Val()[field]; has {
					if *n, err = strconv.Atoi(text); err != nil {
						return nil, fmt.Errorf("read attempts at challenges: %s is no number", field)
					}
				}
			}
			found[i] = found[i].Plus(t)
		}
	}
	return found, nil
}
