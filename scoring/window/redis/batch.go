package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/scoring"
	"fairgate/scoring/window"
)

// batch is the working memory of one touch.
type batch struct {
	cmds     []goredis.Cmder
	entities []entityCalls // of each entity of the touch
	burn     *goredis.StringCmd
	fold     *goredis.Cmd
	log      entityLog

	now  int64 // event time, Unix ms
	id   [16]byte
	self uint64
}

// entityCalls are the commands that concern one entity; nil where there is
// nothing to do.
type entityCalls struct {
	key    string
	record record
	add    *goredis.IntCmd    // append the event to the log
	expire *goredis.Cmd       // keep the log long enough
	log    *goredis.StringCmd // get it
	mark   *goredis.StringCmd

	hash uint64 // of the key, where something is added
	keep time.Duration
}

// record is a command's argument that is not boxed anew for each touch.
type record struct{ bytes []byte }

// MarshalBinary implements encoding.BinaryMarshaler for go-redis.
func (r *record) MarshalBinary() ([]byte, error) { return r.bytes, nil }

// build fills cmds with everything t asks for.
func (b *batch) build(ctx context.Context, t *scoring.Touch, s *Store, wall time.Time) {
	b.id = window.EventMember(t.EventID)
	b.now, b.self = t.Time.UnixMilli(), eventMember(b.id)
	for len(b.entities) < len(t.Entities) {
		b.entities = append(b.entities, entityCalls{})
	}
	for i := range t.Entities {
		b.buildEntity(ctx, &t.Entities[i], &b.entities[i], s, wall)
	}
	if t.Burn != "" {
		key, self := burnKey(t.Burn), string(b.id[:])
		b.burn = goredis.NewStringCmd(ctx, "get", key)
		b.cmds = append(b.cmds,
			goredis.NewStatusCmd(ctx, "set", key, self, "px", t.BurnTTL.Milliseconds(), "nx"), b.burn)
	}
}

func (b *batch) buildEntity(ctx context.Context, et *scoring.EntityTouch, c *entityCalls, s *Store, wall time.Time) {
	if len(et.Series) > 0 {
		c.key = logKey(et.Entity, et.Key)
		c.record.bytes, c.keep = appendEvent(c.record.bytes[:0], b.now, b.self, et.Series)
		if len(c.record.bytes) > 0 {
			c.add = goredis.NewIntCmd(ctx, "append", c.key, &c.record)
			b.cmds = append(b.cmds, c.add)
			c.hash = s.expiries.hash(c.key)
			if !s.expiries.known(c.hash, wall.Add(c.keep+s.slack)) {
				c.expire = s.expire(ctx, c)
				b.cmds = append(b.cmds, c.expire)
			}
		}
		if reads(et) {
			c.log = goredis.NewStringCmd(ctx, "get", c.key)
			b.cmds = append(b.cmds, c.log)
		}
	}
	if et.ReadMark {
		c.mark = goredis.NewStringCmd(ctx, "get", MarkKey(et.Entity, et.Key))
		b.cmds = append(b.cmds, c.mark)
	}
}

func reads(et *scoring.EntityTouch) bool {
	for i := range et.Series {
		if len(et.Series[i].Series.Reads) > 0 {
			return true
		}
	}
	return false
}

func (s *Store) expire(ctx context.Context, c *entityCalls) *goredis.Cmd {
	return goredis.NewCmd(ctx, "eval", expireScript, 1, c.key, s.ttl(c.keep).Milliseconds())
}

// decode puts the answers into t.
func (b *batch) decode(t *scoring.Touch, s *Store) {
	t.Degraded, t.Burnt = false, false
	for i := range t.Entities {
		et, c := &t.Entities[i], &b.entities[i]
		var mark []byte
		if c.mark != nil && c.mark.Err() == nil {
			mark = []byte(c.mark.Val())
		}
		et.SetMark(mark)
		if c.log != nil {
			b.decodeLog(et, c, s)
		}
	}
	if b.burn != nil { // whose token it is, the get tells
		t.Burnt = b.burn.Val() == string(b.id[:])
	}
}

func (b *batch) decodeLog(et *scoring.EntityTouch, c *entityCalls, s *Store) {
	b.log.reset()
	for j := range et.Series {
		b.log.want(headOf(et.Series[j].Series))
	}
	log := c.log.Val()
	b.log.read(log, false)
	if b.log.broken {
		s.unreadable.Inc()
	}
	for j := range et.Series {
		st := &et.Series[j]
		b.log.fill(st, b.log.want(headOf(st.Series)), b.now, b.self, et)
	}
	if c.add != nil && worthFolding(&b.log, len(log), b.id) {
		s.foldSoon(b.log.folding(c.key, log, b.now, et.Series))
	}
}

// reset lets go of everything the touch held, and keeps the room.
func (b *batch) reset() {
	clear(b.cmds)
	for i := range b.entities {
		b.entities[i] = entityCalls{record: record{b.entities[i].record.bytes[:0]}}
	}
	b.cmds, b.burn, b.fold = b.cmds[:0], nil, nil
}
