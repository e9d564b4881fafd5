// Package memory keeps the sliding windows of scoring.Counters in the process:
// for degraded mode behind scoring/window/failover, and for replay and
// backtest, which it makes deterministic.
//
// It owns a bounded number of entities and forgets the longest idle, judged in
// event time. It shares nothing with other processes and survives no restart.
package memory

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

// Marks is where the marks of entities come from, in their stored form
// (scoring.EncodeMark): a snapshot of enforcement's lists in this process. Nil
// means no mark. Implementations are safe for concurrent use and do not block.
type Marks interface {
	Mark(entity rules.Entity, key string) []byte
}

// Options are optional; the zero value is usable.
type Options struct {
	// MaxEntities bounds how many entities are kept; 0: 1,000,000, which is
	// about 1 GB with ten events each in three series. Beyond it the entity
	// that was touched longest ago (within a minute) is forgotten and counted as
	// evicted.
	MaxEntities int
	// Marks answers ReadMark; nil: no entity has a mark.
	Marks Marks
	// Alone says that one goroutine at a time uses the store, and that an engine
	// made the touches: it takes no locks and does not validate. Which entity was
	// touched longest ago is told within ten minutes.
	Alone bool
	// Registerer takes the metrics; nil: none are exported.
	Registerer prometheus.Registerer
}

const (
	shardCount         = 64
	defaultMaxEntities = 1_000_000
)

// Store implements scoring.Counters. It is safe for concurrent use, but with
// Options.Alone.
type Store struct {
	shards  [shardCount]shard
	burns   burns
	marks   Marks
	alone   bool
	evicted prometheus.Counter
	late    prometheus.Counter
	// forgotten is the same count, for those who hold the store.
	forgotten atomic.Uint64
}

var _ scoring.Counters = (*Store)(nil)

// New returns an empty store.
func New(o Options) *Store {
	if o.MaxEntities <= 0 {
		o.MaxEntities = defaultMaxEntities
	}
	s := &Store{
		marks: o.Marks, alone: o.Alone,
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_window_memory_evicted_total",
			Help: "Entities forgotten because the bound was reached, while still in use.",
		}),
		late: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_window_memory_late_total",
			Help: "Events that came too late for series of buckets, by entity that would have counted them.",
		}),
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.evicted, s.late)
	}
	for i := range s.shards {
		s.shards[i].max, s.shards[i].settled = max(1, o.MaxEntities/shardCount), time.Minute.Milliseconds()
		if o.Alone {
			s.shards[i].settled *= 10
		}
	}
	s.burns.spent = make(map[[32]byte]burnt)
	return s
}

// Evicted is how many entities were forgotten while still in use, because the
// bound was reached.
func (s *Store) Evicted() uint64 { return s.forgotten.Load() }

// Touch implements scoring.Counters. It does no I/O and ignores ctx.
func (s *Store) Touch(_ context.Context, t *scoring.Touch) error {
	if !s.alone {
		if err := t.Validate(); err != nil {
			return err
		}
	}
	now, self := t.Time.UnixMilli(), window.EventMember(t.EventID)
	t.Degraded, t.Burnt, t.Replayed = false, false, false
	for i := range t.Entities {
		et := &t.Entities[i]
		var mark []byte
		if et.ReadMark && s.marks != nil {
			mark = s.marks.Mark(et.Entity, et.Key)
		}
		et.SetMark(mark)
		t.Follow(i)
		if len(et.Series) > 0 {
			s.touchEntity(et, now, self)
		}
	}
	if t.Burn != "" {
		t.Burnt = s.burns.burn(t.Burn, t.BurnTTL, t.EventID, now)
	}
	if t.Nonce != "" {
		t.Replayed = !s.burns.burn(window.NonceToken(t.Nonce), t.NonceTTL, t.EventID, now)
	}
	return nil
}

func (s *Store) touchEntity(et *scoring.EntityTouch, now int64, self [16]byte) {
	key := entityKey{et.Entity, et.Key}
	hash := key.hash()
	sh := &s.shards[hash%shardCount]
	if !s.alone {
		sh.mu.Lock()
		defer sh.mu.Unlock()
	}
	e, evicted := sh.get(key, hash, now, writes(et))
	if evicted > 0 {
		s.evicted.Add(float64(evicted))
		s.forgotten.Add(uint64(evicted))
	}
	news := freshness{entity: e, now: now, self: self}
	for i := range et.Series {
		st := &et.Series[i]
		if e == nil {
			emptyValues(st)
			continue
		}
		e.touch(st, now, self, et.Since, news.of(st))
	}
	if news.late > 0 {
		s.late.Inc()
	}
}

func writes(et *scoring.EntityTouch) bool {
	for i := range et.Series {
		if len(et.Series[i].Members) > 0 {
			return true
		}
	}
	return false
}

func emptyValues(st *scoring.SeriesTouch) {
	if st.Series.Shape == scoring.ShapeBuckets {
		clear(st.Values)
		return
	}
	window.Fill(st, nil, 0, [16]byte{}, time.Time{}, 0, number)
}

// burns remembers spent single-use tokens until their time is over.
type burns struct {
	mu    sync.Mutex
	spent map[[32]byte]burnt
	sweep int64 // event time of the next sweep, Unix ms
}

type burnt struct {
	by      string
	expires int64 // Unix ms
}

// burn reports whether the event was the first to present the token.
func (b *burns) burn(secret string, ttl time.Duration, event string, now int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now >= b.sweep {
		for k, v := range b.spent {
			if v.expires <= now {
				delete(b.spent, k)
			}
		}
		b.sweep = now + time.Minute.Milliseconds()
	}
	token := sha256.Sum256([]byte(secret))
	if v, ok := b.spent[token]; ok && v.expires > now {
		return v.by == event
	}
	b.spent[token] = burnt{by: event, expires: now + ttl.Milliseconds()}
	return true
}
