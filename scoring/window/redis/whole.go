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
const wholeKey = "fg:whole1"

// formerWholeKey is that of the sorted sets, which are not looked at any more:
// where it lies, the counters have begun anew with the upgrade.
const formerWholeKey = "fg:whole"

// Whole reports before which time events are missing from the counters; the
// zero time says that none are. Where the counters began anew it notes lost,
// the time at which they were last known to be whole (zero: they were never
// used before), and reports that: the first process to notice decides.
func (s *Store) Whole(ctx context.Context, lost time.Time) (time.Time, error) {
	at, err := s.client.Get(ctx, wholeKey).Result()
	if errors.Is(err, goredis.Nil) {
		var note int64
		if note, err = s.missingBefore(ctx, lost); err != nil {
			return time.Time{}, fmt.Errorf("ask whether the counters are whole: %w", err)
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

// missingBefore is what to note, in Unix ms, where the counters began anew.
func (s *Store) missingBefore(ctx context.Context, lost time.Time) (int64, error) {
	if !lost.IsZero() {
		return lost.UnixMilli(), nil
	}
	switch err := s.client.Get(ctx, formerWholeKey).Err(); {
	case errors.Is(err, goredis.Nil):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return s.now().UnixMilli(), nil
}
