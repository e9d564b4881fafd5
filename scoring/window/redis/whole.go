package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// wholeKey lies beside the counters without an expiry, so that it is gone only
// with everything else: a Redis that came back empty does not have it. Its
// value is the time, in Unix milliseconds, before which events are missing; 0
// where none ever were.
const wholeKey = "fg:whole"

// Whole reports before which time events are missing from the counters; the
// zero time says that none are. Where the counters began anew it notes lost,
// the time at which they were last known to be whole (zero: they were never
// used before), and reports that: the first process to notice decides.
func (s *Store) Whole(ctx context.Context, lost time.Time) (time.Time, error) {
	at, err := s.client.Get(ctx, wholeKey).Result()
	if errors.Is(err, goredis.Nil) {
		note := int64(0)
		if !lost.IsZero() {
			note = lost.UnixMilli()
		}
		err = s.client.SetArgs(ctx, wholeKey, note, goredis.SetArgs{Mode: "NX"}).Err()
		if err == nil || errors.Is(err, goredis.Nil) {
			at, err = s.client.Get(ctx, wholeKey).Result()
		}
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("ask whether the counters are whole: %w", err)
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask whether the counters are whole: %s holds %.40q, not a time", wholeKey, at)
	}
	if ms == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms), nil
}
