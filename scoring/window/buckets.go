package window

import (
	"time"

	"fairgate/scoring"
)

// Bucket is the number of the bucket that a time, in Unix ms, lies in.
func Bucket(ms int64, width time.Duration) int64 {
	w := width.Milliseconds()
	n := ms / w
	if ms%w < 0 {
		n--
	}
	return n
}

// Buckets are the numbers of the first and the last bucket that a read at now
// covers; the last is below the first where everything is hidden. They hold all
// of the read's window and, with its two ends, at most a bucket more on either
// side. Of what since hides, they hold nothing: the bucket that it lies in is
// left out.
func Buckets(now int64, r scoring.Read, width time.Duration, since time.Time) (first, last int64) {
	end := now - r.Before.Milliseconds()
	start := end - r.Window.Milliseconds()
	first, last = Bucket(start+1, width), Bucket(end, width)
	if since.IsZero() {
		return first, last
	}
	if ms := since.UnixMilli(); ms > start && ms <= now {
		first = Bucket(ms, width) + 1
	}
	return first, last
}

// Oldest is the number of the oldest bucket of a series that any read can still
// cover once the newest event was at now, late events included.
func Oldest(now int64, s *scoring.Series) int64 {
	return Bucket(now-s.Keep.Milliseconds()-scoring.Horizon.Milliseconds(), s.Bucket)
}
