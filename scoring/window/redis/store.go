// Package redis keeps the sliding windows of scoring.Counters in Redis (6.0 or
// later, single or Cluster): the counters that a whole fleet shares.
//
// A series is a sorted set named "fg:{<entity>:<key>}:<series id>"; the hash
// tag keeps all of an entity's keys in one Cluster slot. A member is an event
// id or the hash of a counted value, its score the event time in Unix
// milliseconds. One touch is one pipeline of plain commands: add, expire,
// read, and for one event in sixteen trim. Expiry only collects garbage:
// windows are judged by the scores.
//
// It owns the layout of these keys, and that of the marks (MarkKey) which
// enforcement writes and a touch reads on the way.
package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"fairgate/rules"
	"fairgate/scoring"
)

// Options are optional; the zero value is usable.
type Options struct {
	// Slack is how much longer than its longest window an idle series is kept,
	// by Redis's own clock; 0: one hour. It must cover how far the events'
	// times may lag behind (a consumer that catches up after an outage).
	Slack time.Duration
	// Registerer takes the metrics; nil: none are exported.
	Registerer prometheus.Registerer
}

// Store implements scoring.Counters on Redis. It is safe for concurrent use.
type Store struct {
	client  goredis.UniversalClient
	slack   time.Duration
	batches sync.Pool // of *batch
	repairs *prometheus.CounterVec
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
	s := &Store{
		client: client,
		slack:  o.Slack,
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_window_redis_repairs_total",
			Help: "Late sightings of a counted value whose newer time had to be put back.",
		}, []string{"result"}),
	}
	s.batches.New = func() any { return new(batch) }
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.repairs)
	}
	return s
}

// MarkKey is the Redis key of the mark that enforcement leaves on an entity.
func MarkKey(entity rules.Entity, key string) string { return prefix(entity, key) + "mark" }

func prefix(entity rules.Entity, key string) string {
	return "fg:{" + string(entity) + ":" + key + "}:"
}

// Touch implements scoring.Counters: one pipeline, so one round trip for each
// node that holds one of the entities, all nodes at once. A second pipeline
// follows only where an entity was cleared within one of its windows (its mark
// comes with the first): it asks those reads again, from the clearing on.
//
// A counted value that arrives late, after a newer sighting of the same value,
// first moves back and is put back by a pipeline of its own (Redis 6.0 has no
// ZADD GT). Until then, and for good if that pipeline fails, the value leaves a
// window too early by at most the time the event was late. Touches of the same
// value that overtake each other within milliseconds can leave it that many
// milliseconds too old.
func (s *Store) Touch(ctx context.Context, t *scoring.Touch) error {
	if err := t.Validate(); err != nil {
		return err
	}
	b, _ := s.batches.Get().(*batch)
	defer func() {
		b.reset()
		s.batches.Put(b)
	}()
	b.build(ctx, t, s.slack)
	if len(b.cmds) == 0 {
		t.Degraded, t.Burnt = false, false
		return nil
	}
	if err := exec(ctx, s.client, b.cmds); err != nil {
		return fmt.Errorf("touch counters: %w", err)
	}
	b.decode(t)
	err := s.readAgain(ctx, b, t) // before the repair, while a late value still counts
	if len(b.moved) > 0 {
		s.repair(ctx, b)
	}
	return err
}

// readAgain narrows the windows of those who were cleared.
func (s *Store) readAgain(ctx context.Context, b *batch, t *scoring.Touch) error {
	b.buildAgain(ctx, t)
	if len(b.again) == 0 {
		return nil
	}
	if err := exec(ctx, s.client, b.again); err != nil {
		return fmt.Errorf("read counters since the clearing: %w", err)
	}
	b.decodeAgain(t)
	return nil
}

// repair puts back the times of values that were seen late.
func (s *Store) repair(ctx context.Context, b *batch) {
	cmds := make([]goredis.Cmder, 0, len(b.moved))
	for _, m := range b.moved {
		cmds = append(cmds, goredis.NewIntCmd(ctx, "zadd", m.key, "xx", m.ms, m.member))
	}
	result := "ok"
	if exec(ctx, s.client, cmds) != nil {
		result = "failed" // the bound in the comment of Touch holds
	}
	s.repairs.WithLabelValues(result).Add(float64(len(cmds)))
}

// exec sends cmds in one pipeline and returns the first real error; an absent
// key is none.
func exec(ctx context.Context, client goredis.UniversalClient, cmds []goredis.Cmder) error {
	pipe := client.Pipeline()
	if err := pipe.BatchProcess(ctx, cmds...); err != nil {
		return err
	}
	_, err := pipe.Exec(ctx)
	if err == nil {
		return nil
	}
	for _, cmd := range cmds {
		if err := cmd.Err(); err != nil && !errors.Is(err, goredis.Nil) {
			return fmt.Errorf("%s: %w", cmd.Name(), err)
		}
	}
	if errors.Is(err, goredis.Nil) {
		return nil
	}
	return err
}
