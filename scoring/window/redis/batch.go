package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

// batch is the working memory of one touch: the commands of its pipeline in a
// fixed order, which decode walks again to find the answers.
type batch struct {
	cmds  []goredis.Cmder
	args  []any // arena of the commands' arguments
	moved []moved
	again []goredis.Cmder // the second reads of those who were cleared
	next  int             // decode's position in cmds

	now  int64 // event time, Unix ms
	self string
	// ms, member and bounds hold now, self and window edges as boxed texts.
	ms, member any
}

// moved is a value whose newer time was overwritten.
type moved struct {
	key    string
	ms     int64
	member string
}

// build fills cmds with everything t asks for.
func (b *batch) build(ctx context.Context, t *scoring.Touch, slack time.Duration) {
	id := window.EventMember(t.EventID)
	b.now, b.self = t.Time.UnixMilli(), string(id[:])
	b.ms, b.member = strconv.FormatInt(b.now, 10), b.self
	trims := window.Trims(id)
	for i := range t.Entities {
		et := &t.Entities[i]
		pre := prefix(et.Entity, et.Key)
		if et.ReadMark {
			b.cmds = append(b.cmds, goredis.NewStringCmd(ctx, b.arg("get", pre+"mark")...))
		}
		for j := range et.Series {
			b.buildSeries(ctx, pre+et.Series[j].Series.ID, &et.Series[j], slack, trims)
		}
	}
	if t.Burn != "" {
		key := any(burnKey(t.Burn))
		b.cmds = append(b.cmds,
			goredis.NewStatusCmd(ctx, b.arg("set", key, b.member, "px", t.BurnTTL.Milliseconds(), "nx")...),
			goredis.NewStringCmd(ctx, b.arg("get", key)...))
	}
}

func (b *batch) buildSeries(ctx context.Context, name string, st *scoring.SeriesTouch, slack time.Duration, trims bool) {
	s, key := st.Series, any(name)
	writes := len(st.Members) > 0
	if writes {
		first := len(b.args)
		b.args = append(b.args, "zadd", key)
		if s.Distinct {
			for _, v := range st.Members {
				b.args = append(b.args, b.ms, value(v))
			}
		} else {
			b.args = append(b.args, b.ms, b.member)
		}
		add := b.args[first:len(b.args):len(b.args)]
		if s.Distinct { // ask for the times that the add overwrites
			for i := 3; i < len(add); i += 2 {
				b.cmds = append(b.cmds, goredis.NewFloatCmd(ctx, b.arg("zscore", key, add[i])...))
			}
		}
		ttl := (s.Keep + slack).Milliseconds()
		b.cmds = append(b.cmds,
			goredis.NewIntCmd(ctx, add...),
			goredis.NewBoolCmd(ctx, b.arg("pexpire", key, ttl)...))
	}
	for _, r := range s.Reads {
		from, _ := window.Start(b.now, r.Window, time.Time{})
		b.cmds = append(b.cmds, b.read(ctx, key, r.Aggregate, from))
	}
	if writes && trims { // after the reads, so that a late event sees itself
		old := b.now - (s.Keep + window.Lateness).Milliseconds()
		b.cmds = append(b.cmds, goredis.NewIntCmd(ctx, b.arg("zremrangebyscore", key, "-inf", old)...))
		if s.Limit > 0 {
			b.cmds = append(b.cmds, goredis.NewIntCmd(ctx, b.arg("zremrangebyrank", key, 0, -s.Limit-1)...))
		}
	}
}

// read builds the command that answers for (after, now].
func (b *batch) read(ctx context.Context, key any, aggregate rules.Aggregate, after int64) goredis.Cmder {
	from := any("(" + strconv.FormatInt(after, 10))
	switch aggregate {
	case rules.AggSinceFirst:
		return goredis.NewZSliceCmd(ctx, b.arg("zrangebyscore", key, from, b.ms, "withscores", "limit", 0, 2)...)
	case rules.AggSinceLast:
		return goredis.NewZSliceCmd(ctx, b.arg("zrevrangebyscore", key, b.ms, from, "withscores", "limit", 0, 2)...)
	case rules.AggRegularity:
		return goredis.NewZSliceCmd(ctx,
			b.arg("zrevrangebyscore", key, b.ms, from, "withscores", "limit", 0, rules.RegularityEvents)...)
	default:
		return goredis.NewIntCmd(ctx, b.arg("zcount", key, from, b.ms)...)
	}
}

// arg takes a command's arguments from the arena. A slice stays valid when the
// arena grows, because growing leaves the old array alone.
func (b *batch) arg(args ...any) []any {
	first := len(b.args)
	b.args = append(b.args, args...)
	return b.args[first:len(b.args):len(b.args)]
}

// take returns the next command of the pipeline.
func (b *batch) take() goredis.Cmder {
	b.next++
	return b.cmds[b.next-1]
}

// decode walks the touch as build did and puts the answers in.
func (b *batch) decode(t *scoring.Touch) {
	t.Degraded, t.Burnt = false, false
	trims := window.Trims([16]byte([]byte(b.self)))
	for i := range t.Entities {
		et := &t.Entities[i]
		var mark []byte
		if et.ReadMark {
			mark = bytesOf(b.take())
		}
		et.SetMark(mark)
		for j := range et.Series {
			b.decodeSeries(&et.Series[j], trims)
		}
	}
	if t.Burn != "" {
		b.next++ // the set; whose token it is tells the get
		t.Burnt = string(bytesOf(b.take())) == b.self
	}
}

func (b *batch) decodeSeries(st *scoring.SeriesTouch, trims bool) {
	s := st.Series
	writes := len(st.Members) > 0
	if writes {
		if s.Distinct {
			for range st.Members {
				b.decodeOverwritten()
			}
		}
		b.next += 2 // zadd, pexpire
	}
	for k, r := range s.Reads {
		st.Values[k] = b.decodeRead(b.take(), r, s.Limit)
	}
	if writes && trims {
		b.next++
		if s.Limit > 0 {
			b.next++
		}
	}
}

// decodeOverwritten notes a value that had already been seen later than now.
func (b *batch) decodeOverwritten() {
	cmd, _ := b.take().(*goredis.FloatCmd)
	score, err := cmd.Result()
	if err != nil || int64(score) <= b.now {
		return
	}
	args := cmd.Args()
	key, _ := args[1].(string)
	member, _ := args[2].(string)
	m := moved{key: key, ms: int64(score), member: member}
	if !slices.Contains(b.moved, m) {
		b.moved = append(b.moved, m)
	}
}

func (b *batch) decodeRead(cmd goredis.Cmder, r scoring.Read, limit int) float64 {
	switch cmd := cmd.(type) {
	case *goredis.IntCmd:
		return window.Capped(int(cmd.Val()), limit)
	case *goredis.ZSliceCmd:
		if r.Aggregate == rules.AggRegularity {
			var ms [rules.RegularityEvents]int64
			n := 0
			for _, z := range cmd.Val()[:min(len(cmd.Val()), len(ms))] {
				ms[n] = int64(z.Score)
				n++
			}
			return window.Regularity(ms[:n])
		}
		for _, z := range cmd.Val() {
			if z.Member != b.self {
				return window.Seconds(int64(z.Score), b.now)
			}
		}
	}
	return rules.NoValue
}

// reset lets go of everything the touch held, and keeps the room.
func (b *batch) reset() {
	clear(b.cmds)
	clear(b.args)
	clear(b.moved)
	clear(b.again)
	*b = batch{cmds: b.cmds[:0], args: b.args[:0], moved: b.moved[:0], again: b.again[:0]}
}

func bytesOf(cmd goredis.Cmder) []byte {
	s, ok := cmd.(*goredis.StringCmd)
	if !ok || s.Err() != nil {
		return nil
	}
	v, err := s.Bytes()
	if err != nil {
		return nil
	}
	return v
}

func value(v string) any {
	h := window.ValueMember(v)
	return string(h[:])
}

func burnKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "fg:{burn:" + hex.EncodeToString(sum[:16]) + "}"
}
