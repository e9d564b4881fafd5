package redis

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

const (
	// pageBuckets is how many buckets lie in one key, four bytes each: a window
	// of sixty takes two reads.
	pageBuckets = 64
	bucketSize  = 4
	// idSlice is how long, in event time, the ids of one set are from: up to
	// 2,000 events a second it stays one of Redis's sets of integers, which take
	// 8 bytes for each.
	idSlice = 250 * time.Millisecond
	// idsDropped is how many of the oldest sets go with an event, a second's
	// worth: with an event a second none is left to expire.
	idsDropped = 4
)

// bucketScript adds an event to the pages of one entity and stage, unless its id
// is known, and reports 1; 0 for a repeat; -1 for an event that is too old to
// tell. It only counts, so what it does is the same in whatever order events
// come. All of its keys have the entity's hash tag. Redis refuses it before it
// has written anything where there is no memory left.
//
// KEYS: time of the newest event, ids of the event's slice, the page of each
// series, then what may go.
// ARGV: how many series, id, event time (ms), horizon (ms), expiry of the ids and of the newest
// time (ms), then for each series offset in the page, amount, expiry (ms).
const bucketScript = `local newest = redis.call('GET', KEYS[1])
if newest and tonumber(ARGV[3]) <= tonumber(newest) - tonumber(ARGV[4]) then return -1 end
if redis.call('SADD', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
local n = tonumber(ARGV[1])
for i = 1, n do
  local page, at = KEYS[2 + i], 4 + 3 * i
  local from = tonumber(ARGV[at])
  local a, b, c, d = string.byte(redis.call('GETRANGE', page, from, from + 3), 1, 4)
  local sum = (((a or 0) * 256 + (b or 0)) * 256 + (c or 0)) * 256 + (d or 0) + tonumber(ARGV[at + 1])
  if sum > 4294967295 then sum = 4294967295 end
  redis.call('SETRANGE', page, from, string.char(
    math.floor(sum / 16777216), math.floor(sum / 65536) % 256, math.floor(sum / 256) % 256, sum % 256))
  redis.call('PEXPIRE', page, ARGV[at + 2])
end
if not newest or tonumber(ARGV[3]) > tonumber(newest) then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[6])
  redis.call('UNLINK', unpack(KEYS, 3 + n))
end
return 1`

// bucketCalls are the commands about the series of buckets of one entity. They
// are made anew for each touch: few entities have any.
type bucketCalls struct {
	writes []*goredis.Cmd
	pages  []bucketPage
}

// bucketPage is a page that a touch reads.
type bucketPage struct {
	series string
	page   int64
	get    *goredis.StringCmd
}

// bucketPrefix is what the keys of an entity's buckets begin with.
func bucketPrefix(et *scoring.EntityTouch) string {
	return "fg:{" + string(et.Entity) + ":" + et.Key + "}:"
}

func pageKey(prefix, series string, page int64) string {
	return prefix + "b" + series + ":" + strconv.FormatInt(page, 10)
}

func pageOf(bucket int64) int64 { return bucket >> 6 } // pageBuckets is 64

func hasBuckets(et *scoring.EntityTouch) bool {
	for i := range et.Series {
		if et.Series[i].Series.Shape == scoring.ShapeBuckets {
			return true
		}
	}
	return false
}

// buildBuckets adds to b what the touch asks of the entity's series of buckets:
// a script for each stage that writes, and a read of each page in sight.
func (b *batch) buildBuckets(ctx context.Context, et *scoring.EntityTouch, c *entityCalls, s *Store) {
	c.buckets = nil
	if !hasBuckets(et) {
		return
	}
	c.buckets = new(bucketCalls)
	prefix := bucketPrefix(et)
	var stages []rules.Stage
	for i := range et.Series {
		st := &et.Series[i]
		if st.Series.Shape == scoring.ShapeBuckets && len(st.Members) > 0 && !slices.Contains(stages, st.Series.Stage) {
			stages = append(stages, st.Series.Stage)
		}
	}
	for _, stage := range stages {
		cmd := b.bucketWrite(ctx, et, prefix, stage, s)
		c.buckets.writes = append(c.buckets.writes, cmd)
		b.cmds = append(b.cmds, cmd)
	}
	for i := range et.Series {
		one := et.Series[i].Series
		if one.Shape != scoring.ShapeBuckets {
			continue
		}
		for _, r := range one.Reads {
			first, last := window.Buckets(b.now, r, one.Bucket, time.Time{})
			for page := pageOf(first); page <= pageOf(last); page++ {
				c.buckets.read(ctx, b, prefix, one.ID, page)
			}
		}
	}
}

// read asks for a page, once.
func (c *bucketCalls) read(ctx context.Context, b *batch, prefix, series string, page int64) {
	if c.find(series, page) != nil {
		return
	}
	get := goredis.NewStringCmd(ctx, "getrange", pageKey(prefix, series, page), 0, -1)
	c.pages = append(c.pages, bucketPage{series: series, page: page, get: get})
	b.cmds = append(b.cmds, get)
}

func (c *bucketCalls) find(series string, page int64) *bucketPage {
	for i := range c.pages {
		if p := &c.pages[i]; p.page == page && p.series == series {
			return p
		}
	}
	return nil
}

// bucketWrite is the script's call for the series that the stage writes.
func (b *batch) bucketWrite(ctx context.Context, et *scoring.EntityTouch, prefix string, stage rules.Stage, s *Store) *goredis.Cmd {
	horizon := scoring.Horizon
	slice := window.Bucket(b.now, idSlice)
	ids := prefix + "i" + string(stage) + ":"
	keys := []any{prefix + "n" + string(stage), ids + strconv.FormatInt(slice, 10)}
	var old, args []any
	for n := range int64(idsDropped) {
		old = append(old, ids+strconv.FormatInt(slice-int64(horizon/idSlice)-1-n, 10))
	}
	keep := time.Duration(0)
	for i := range et.Series {
		st := &et.Series[i]
		one := st.Series
		if one.Shape != scoring.ShapeBuckets || len(st.Members) == 0 || one.Stage != stage {
			continue
		}
		keep = max(keep, one.Keep)
		bucket := window.Bucket(b.now, one.Bucket)
		keys = append(keys, pageKey(prefix, one.ID, pageOf(bucket)))
		old = append(old, pageKey(prefix, one.ID, pageOf(window.Oldest(b.now, one))-1))
		args = append(args, (bucket&(pageBuckets-1))*bucketSize, st.Amount, s.ttl(one.Keep).Milliseconds())
	}
	all := append([]any{"eval", bucketScript, len(keys) + len(old)}, append(keys, old...)...)
	all = append(all, len(args)/3, int64(b.self), b.now, horizon.Milliseconds(), //nolint:gosec // its bits are the id
		s.ttl(horizon).Milliseconds(), s.ttl(keep+horizon).Milliseconds())
	return goredis.NewCmd(ctx, append(all, args...)...)
}

// decodeBuckets puts what was read into the series of buckets.
func (b *batch) decodeBuckets(et *scoring.EntityTouch, c *entityCalls, s *Store) {
	if c.buckets == nil {
		return
	}
	for _, cmd := range c.buckets.writes {
		if n, err := cmd.Int(); err == nil && n < 0 {
			s.late.Inc()
		}
	}
	for i := range et.Series {
		st := &et.Series[i]
		if st.Series.Shape != scoring.ShapeBuckets {
			continue
		}
		for k, r := range st.Series.Reads {
			first, last := window.Buckets(b.now, r, st.Series.Bucket, et.Since)
			st.Values[k] = float64(c.buckets.sum(st.Series.ID, first, last))
		}
	}
}

// sum adds up the buckets from first to last of a series.
func (c *bucketCalls) sum(series string, first, last int64) int64 {
	total := int64(0)
	for page := pageOf(first); page <= pageOf(last); page++ {
		p := c.find(series, page)
		if p == nil {
			continue
		}
		counts := p.get.Val()
		from := max(first-page*pageBuckets, 0)
		to := min(last-page*pageBuckets, pageBuckets-1)
		for at := from; at <= to && (at+1)*bucketSize <= int64(len(counts)); at++ {
			total += int64(binary.BigEndian.Uint32([]byte(counts[at*bucketSize : (at+1)*bucketSize])))
		}
	}
	return total
}
