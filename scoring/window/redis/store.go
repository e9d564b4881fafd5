// Package redis keeps the sliding windows of scoring.Counters in Redis (6.0 or
// later, single or Cluster): the counters that a whole fleet shares.
//
// All of an entity's series lie in one string, its log, named
// "fg:{<entity>:<key>}:log1"; the hash tag keeps it and the entity's mark in one
// Cluster slot. A touch appends what the event adds to any of the series as one
// short record, gets the log back, and does the sums here: Redis only moves
// bytes, an append for each entity and one command that reads all logs and marks
// (on a Cluster, one for each), which is what keeps it fast. Nothing
// is approximate: the log holds the members themselves and their times.
//
//	log    = chunk…
//	chunk  = kind (1 byte), length of the body (uvarint), body
//	event  = kind 1: time (6), id (8), part…      what one touch added
//	part   = head (8), for values: count (uvarint), value (8)…
//	block  = kind 2: head (8), time (6), member (8), time, member…
//	head   = series id (6), shape (1), age (1)
//
// A repeated event is in the log twice and counts once; a value counts when it
// was seen last. When enough events have gathered, the log is folded: rewritten
// as one block for each series, without what no window can reach and what is
// beyond a limit. That is done here, too, and sent along with some later touch,
// by a script that replaces exactly the bytes the fold was made of.
//
// Series of buckets (scoring.ShapeBuckets) lie beside the log, as pages of sums
// that a script adds to (bucketScript), with the ids of the last ten minutes:
//
//	fg:{<entity>:<key>}:b<series>:<page>    64 sums, 4 bytes each, up to 2^32-1
//	fg:{<entity>:<key>}:i<stage>:<slice>    ids of 250 ms of events, a set
//	fg:{<entity>:<key>}:n<stage>            time of the newest event, Unix ms
//
// Expiry only collects garbage: windows are judged by the times in the log.
// SIZING.md says how much memory all this takes.
//
// The package owns the layout of these keys, and that of the marks (MarkKey)
// which enforcement writes and a touch reads on the way. The sorted sets of
// former versions, "fg:{<entity>:<key>}:<series id>", are not looked at and
// expire by themselves.
package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"fairgate/scoring"
)

// Options are optional; the zero value is usable.
type Options struct {
	// Slack is how much longer than its longest window an idle log is kept at
	// least, by Redis's own clock, and half as long again at most; 0: one hour.
	// It must cover how far the events' times may lag behind (a consumer that
	// catches up after an outage).
	Slack time.Duration
	// Now is the clock by which expiries are set; nil: time.Now.
	Now func() time.Time
	// Registerer takes the metrics; nil: none are exported.
	Registerer prometheus.Registerer
}

// Store implements scoring.Counters on Redis. It is safe for concurrent use.
type Store struct {
	client   goredis.UniversalClient
	trips    trips
	slack    time.Duration
	now      func() time.Time
	batches  sync.Pool // of *batch
	expiries *expiries
	folds    chan fold
	// reuse says that commands can be sent again and again. Those of a Cluster
	// cannot: they remember where they were sent.
	reuse bool
	// apart says that one command may not read several entities: what answers
	// is a Cluster after all, behind one address.
	apart      atomic.Bool
	folded     *prometheus.CounterVec
	unreadable prometheus.Counter
	late       prometheus.Counter
}

var _ scoring.Counters = (*Store)(nil)

// Configure sets what Store demands of its client: no retries (a touch is
// repeated, if at all, by whoever can still use the answer), deadlines from the
// context, a handshake without the commands that Redis 6.0 does not know, and
// RESP2, which spares a look for push messages before every reply.
func Configure(o *goredis.UniversalOptions) {
	o.MaxRetries = -1
	o.ContextTimeoutEnabled = true
	o.Protocol = 2
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// New returns a store on client, whose options went through Configure.
func New(client goredis.UniversalClient, o Options) *Store {
	if o.Slack <= 0 {
		o.Slack = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{
		client:   client,
		slack:    o.Slack,
		now:      o.Now,
		expiries: newExpiries(o.Now()),
		folds:    make(chan fold, foldsWaiting),
		folded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_window_redis_folds_total",
			Help: "Logs that were rewritten in short, by result.",
		}, []string{"result"}),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_window_redis_unreadable_total",
			Help: "Logs with a part that could not be read and was left out.",
		}),
		late: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_window_redis_late_total",
			Help: "Events that came too late for series of buckets, by entity that would have counted them.",
		}),
	}
	_, s.reuse = client.(*goredis.Client)
	s.trips.client, s.trips.again = client, s.reuse
	s.batches.New = func() any { return &batch{passenger: newPassenger()} }
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.folded, s.unreadable, s.late)
	}
	return s
}

// Touch implements scoring.Counters: one pipeline, so one round trip for each
// node that holds one of the entities, all nodes at once. Touches that come at
// the same time share it (trips). A fold that waits travels with it, and may be
// for another node.
//
// A second, short pipeline follows only where a log began anew although its
// expiry was thought to be set: after a loss of data in Redis. Should that fail
// as well, the log has no expiry until the entity's next event.
func (s *Store) Touch(ctx context.Context, t *scoring.Touch) error {
	if err := t.Validate(); err != nil {
		return err
	}
	b, _ := s.batches.Get().(*batch)
	free := true
	defer func() {
		if free {
			b.reset()
			s.batches.Put(b)
		}
	}()
	wall := s.now()
	b.build(ctx, t, s, wall)
	if len(b.cmds) == 0 {
		b.decode(t, s)
		return nil
	}
	var err error
	if free, err = s.exec(ctx, b); err != nil {
		if b.all != nil && crossesSlots(err) {
			s.apart.Store(true)
			return s.Touch(ctx, t) // repeats count once
		}
		return fmt.Errorf("touch counters: %w", err)
	}
	b.decode(t, s)
	s.noteExpiries(ctx, b, t, wall)
	return nil
}

// together reports whether one command may read several entities.
func (s *Store) together() bool { return s.reuse && !s.apart.Load() }

// exec sends the commands of b, and a fold that waits, in one pipeline and
// returns the first real error of b's own; an absent key is none, and the
// fold's own troubles are none of the touch. Unless free, b is still in use.
func (s *Store) exec(ctx context.Context, b *batch) (free bool, err error) {
	own := len(b.cmds)
	select {
	case f := <-s.folds:
		b.fold = f.command(ctx)
		b.cmds = append(b.cmds, b.fold)
	default:
	}
	b.passenger.cmds = b.cmds
	if free, err = s.trips.carry(ctx, b.passenger); err != nil {
		return free, err
	}
	if b.fold != nil {
		s.countFold(b.fold)
	}
	for _, cmd := range b.cmds[:own] {
		if err := cmd.Err(); err != nil && !errors.Is(err, goredis.Nil) {
			return true, fmt.Errorf("%s: %w", cmd.Name(), err)
		}
	}
	return true, nil
}

// crossesSlots reports that a Cluster refused a command for having keys of
// several slots.
func crossesSlots(err error) bool {
	var refused goredis.Error
	return errors.As(err, &refused) && strings.HasPrefix(refused.Error(), "CROSSSLOT")
}

func pipeline(ctx context.Context, client goredis.UniversalClient, cmds []goredis.Cmder) error {
	pipe := client.Pipeline()
	if err := pipe.BatchProcess(ctx, cmds...); err != nil {
		return err
	}
	_, err := pipe.Exec(ctx)
	return err
}

// noteExpiries remembers which expiries were set, and sets those of logs that
// turn out to have begun anew.
func (s *Store) noteExpiries(ctx context.Context, b *batch, t *scoring.Touch, wall time.Time) {
	var missing []goredis.Cmder
	for _, c := range b.entities[:len(t.Entities)] {
		switch {
		case !c.adds:
		case c.expires:
			s.expiries.set(c.hash, wall.Add(s.ttl(c.keep)))
		case c.add.Val() == int64(len(c.record.bytes)):
			s.expiries.forget(c.hash)
			c.ttl = s.ttl(c.keep).Milliseconds()
			missing = append(missing, c.expire)
		}
	}
	if len(missing) > 0 {
		_ = pipeline(ctx, s.client, missing) // the next event tries again
	}
}
