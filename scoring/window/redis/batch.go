package redis

import (
	"context"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/scoring"
	"fairgate/scoring/window"
)

// batch is the working memory of one touch.
type batch struct {
	cmds      []goredis.Cmder
	passenger *passenger
	entities  []*entityCalls // of each entity of the touch, and room for more
	burn      *goredis.StringCmd
	nonce     *goredis.StringCmd
	fold      *goredis.Cmd
	log       entityLog
	// all gets every log and mark at once, where one node has them all; its
	// arguments are in args. nil: each entity's are asked for by themselves.
	all  *goredis.StringSliceCmd
	args []any
	keys []byte // those of all entities, one after the other
	at   []int  // where the log of each of an entity's series is in log

	now  int64 // event time, Unix ms
	id   [16]byte
	self uint64
}

// entityCalls are the commands that concern one entity, with arguments that
// point at the fields here, so that they can be sent again for another touch
// without anything new being allocated.
type entityCalls struct {
	key, markKey string
	record       record // what is appended
	ttl          int64  // milliseconds

	add    *goredis.IntCmd    // append the event to the log
	expire *goredis.Cmd       // keep the log long enough
	renew  *goredis.IntCmd    // the same, where everybody keeps it as long
	log    *goredis.StringCmd // get it
	mark   *goredis.StringCmd // an absent one is empty, which is cheaper than a nil

	logText, markText string // what they hold; empty: nothing

	adds, expires, logs, marks bool // which of them the touch wants

	buckets *bucketCalls // nil where the touch has no series of buckets

	hash uint64 // of the key, where something is added
	keep time.Duration
}

func newEntityCalls() *entityCalls {
	c, ctx := new(entityCalls), context.Background()
	c.add = goredis.NewIntCmd(ctx, "append", &c.key, &c.record)
	c.expire = goredis.NewCmd(ctx, "eval", expireScript, 1, &c.key, &c.ttl)
	c.renew = goredis.NewIntCmd(ctx, "pexpire", &c.key, &c.ttl)
	c.log = goredis.NewStringCmd(ctx, "get", &c.key)
	c.mark = goredis.NewStringCmd(ctx, "getrange", &c.markKey, 0, -1)
	return c
}

// record is a command's argument that is not boxed anew for each touch.
type record struct{ bytes []byte }

// MarshalBinary implements encoding.BinaryMarshaler for go-redis.
func (r *record) MarshalBinary() ([]byte, error) { return r.bytes, nil }

// build fills cmds with everything t asks for.
func (b *batch) build(ctx context.Context, t *scoring.Touch, s *Store, wall time.Time) {
	b.id = window.EventMember(t.EventID)
	b.now, b.self = t.Time.UnixMilli(), eventMember(b.id)
	for i := range t.Entities {
		switch {
		case i == len(b.entities):
			b.entities = append(b.entities, newEntityCalls()) //nolint:contextcheck // they outlive the touch
		case !s.reuse:
			b.entities[i] = newEntityCalls() //nolint:contextcheck // as above
		}
	}
	b.buildKeys(t)
	for i := range t.Entities {
		b.buildEntity(&t.Entities[i], b.entities[i], s, wall)
		b.buildBuckets(ctx, &t.Entities[i], b.entities[i], s)
	}
	b.buildReads(ctx, len(t.Entities), s)
	if t.Burn != "" {
		b.burn = b.spend(ctx, t.Burn, t.BurnTTL)
	}
	if t.Nonce != "" {
		b.nonce = b.spend(ctx, window.NonceToken(t.Nonce), t.NonceTTL)
	}
}

// spend presents a single-use token; the command that it returns tells whose it
// is.
func (b *batch) spend(ctx context.Context, token string, ttl time.Duration) *goredis.StringCmd {
	key := burnKey(token)
	whose := goredis.NewStringCmd(ctx, "get", key)
	b.cmds = append(b.cmds, goredis.NewStatusCmd(ctx, "set", key, string(b.id[:]), "px", ttl.Milliseconds(), "nx"), whose)
	return whose
}

// buildKeys makes the keys of all entities parts of one string: a request has a
// dozen.
func (b *batch) buildKeys(t *scoring.Touch) {
	b.keys = b.keys[:0]
	for i := range t.Entities {
		et := &t.Entities[i]
		b.keys = appendMarkKey(appendLogKey(b.keys, et.Entity, et.Key), et.Entity, et.Key)
	}
	all := string(b.keys)
	for i := range t.Entities {
		et, c := &t.Entities[i], b.entities[i]
		logSize := logKeySize(et.Entity, et.Key)
		markSize := markKeySize(et.Entity, et.Key)
		c.key, c.markKey, all = all[:logSize], all[logSize:logSize+markSize], all[logSize+markSize:]
	}
}

func (b *batch) buildEntity(et *scoring.EntityTouch, c *entityCalls, s *Store, wall time.Time) {
	c.adds, c.expires, c.logs, c.marks = false, false, false, et.ReadMark
	if len(et.Series) > 0 {
		c.record.bytes, c.keep = appendEvent(c.record.bytes[:0], b.now, b.self, et.Series)
		c.adds, c.logs = len(c.record.bytes) > 0, reads(et)
	}
	if c.adds {
		b.send(c.add)
		c.keep = max(c.keep, et.Keep)
		c.hash = s.expiries.hash(c.key)
		if c.expires = !s.expiries.known(c.hash, wall.Add(c.keep+s.slack)); c.expires {
			c.ttl = s.ttl(c.keep).Milliseconds()
			if et.Keep >= c.keep {
				b.send(c.renew)
			} else {
				b.send(c.expire)
			}
		}
	}
}

// buildReads asks for the logs and marks of n entities, after what is added. On
// a node of its own that is one command; on a Cluster, whose slots no command
// may cross, one for each key.
func (b *batch) buildReads(ctx context.Context, n int, s *Store) {
	together := s.together()
	b.args = append(b.args[:0], "mget")
	for _, c := range b.entities[:n] {
		if c.logs && !together {
			b.send(c.log)
		}
		if c.marks && !together {
			b.send(c.mark)
		}
		if c.logs && together {
			b.args = append(b.args, &c.key)
		}
		if c.marks && together {
			b.args = append(b.args, &c.markKey)
		}
	}
	if len(b.args) > 1 {
		b.all = goredis.NewStringSliceCmd(ctx, b.args...)
		b.cmds = append(b.cmds, b.all)
	}
}

// takeReads puts what was read into the entities' calls.
func (b *batch) takeReads(n int) {
	var texts []string
	if b.all != nil {
		texts = b.all.Val()
	}
	next := func(one *goredis.StringCmd) string {
		switch {
		case b.all == nil && one.Err() != nil: // absent, and the value may be an older one
			return ""
		case b.all == nil:
			return one.Val()
		case len(texts) == 0: // fewer answers than keys, which Redis does not give
			return ""
		}
		text := texts[0]
		texts = texts[1:]
		return text
	}
	for _, c := range b.entities[:n] {
		c.logText, c.markText = "", ""
		if c.logs {
			c.logText = next(c.log)
		}
		if c.marks {
			c.markText = next(c.mark)
		}
	}
}

// send adds a command that may have been sent before.
func (b *batch) send(cmd goredis.Cmder) {
	cmd.SetErr(nil)
	b.cmds = append(b.cmds, cmd)
}

// reads reports whether anything is read from the entity's log.
func reads(et *scoring.EntityTouch) bool {
	for i := range et.Series {
		if one := et.Series[i].Series; one.Shape != scoring.ShapeBuckets && len(one.Reads) > 0 {
			return true
		}
	}
	return false
}

// decode puts the answers into t.
func (b *batch) decode(t *scoring.Touch, s *Store) {
	t.Degraded, t.Burnt, t.Replayed = false, false, false
	b.takeReads(len(t.Entities))
	for i := range t.Entities {
		et, c := &t.Entities[i], b.entities[i]
		var mark []byte
		if c.markText != "" {
			mark = []byte(c.markText)
		}
		et.SetMark(mark)
		t.Follow(i)
		if c.logs {
			b.decodeLog(et, c, s)
		}
		b.decodeBuckets(et, c, s)
	}
	if b.burn != nil { // whose token it is, the get tells
		t.Burnt = b.burn.Val() == string(b.id[:])
	}
	if b.nonce != nil {
		t.Replayed = b.nonce.Val() != string(b.id[:])
	}
}

func (b *batch) decodeLog(et *scoring.EntityTouch, c *entityCalls, s *Store) {
	b.log.reset()
	b.at = b.at[:0]
	for j := range et.Series {
		place := -1
		if one := et.Series[j].Series; one.Shape != scoring.ShapeBuckets {
			place = b.log.want(headOf(one))
		}
		b.at = append(b.at, place)
	}
	log := c.logText
	b.log.read(log, false)
	if b.log.broken {
		s.unreadable.Inc()
	}
	for j, place := range b.at {
		if place >= 0 {
			b.log.fill(&et.Series[j], &b.log.series[place], b.now, b.self, et)
		}
	}
	if c.adds && worthFolding(&b.log, len(log), b.id) {
		s.foldSoon(b.log.folding(strings.Clone(c.key), log, b.now, et.Series))
	}
}

// reset lets go of what the touch held, and keeps the room.
func (b *batch) reset() {
	clear(b.cmds)
	for _, c := range b.entities {
		c.log.SetVal("")
		c.mark.SetVal("")
		c.logText, c.markText, c.key, c.markKey = "", "", "", ""
		c.expire.SetVal(nil)
		c.buckets = nil
	}
	clear(b.args)
	b.cmds, b.burn, b.nonce, b.fold, b.all, b.passenger.cmds = b.cmds[:0], nil, nil, nil, nil, nil
}
