// Package microcache answers the same question from memory for a fraction of a
// second, so that polling costs the store nothing: at most one reading of a key
// is under way, everybody else who asks meanwhile waits for it. It owns how old
// an answer may be and how many there are; what is read, and what a key is, are
// its owner's.
//
// Only successful readings are kept, so that a cache cannot be filled by asking
// for what does not exist.
package microcache

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Options tune a Cache. The zero value of a field means its default.
type Options struct {
	MaxAge  time.Duration // of an answer; default 250 ms, negative = always read anew
	Bound   int           // keys kept at most; default 1024
	Timeout time.Duration // of one reading; default 5 s
}

func (o Options) withDefaults() Options {
	if o.MaxAge == 0 {
		o.MaxAge = 250 * time.Millisecond
	}
	if o.Bound <= 0 {
		o.Bound = 1024
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	return o
}

// Cache keeps the latest answers by key. It is safe for concurrent use. What
// Get returns is shared: it must not be changed.
type Cache[V any] struct {
	read   func(ctx context.Context, key string) (V, error)
	clock  func() time.Time
	opts   Options
	flight singleflight.Group

	mu        sync.RWMutex
	kept      map[string]answer[V]
	forgotten uint64 // how often something was forgotten
}

type answer[V any] struct {
	value  V
	readAt time.Time // the moment before the reading began
}

// New makes a Cache of what read finds. The clock judges the age of answers.
func New[V any](clock func() time.Time, read func(ctx context.Context, key string) (V, error), opts Options) *Cache[V] {
	return &Cache[V]{read: read, clock: clock, opts: opts.withDefaults(), kept: map[string]answer[V]{}}
}

// Get answers from memory, or reads. It fails as the reading did; an answer
// that has grown too old is never given instead.
func (c *Cache[V]) Get(ctx context.Context, key string) (V, error) {
	c.mu.RLock()
	known, ok := c.kept[key]
	c.mu.RUnlock()
	if ok && c.fresh(known, c.clock()) {
		return known.value, nil
	}
	// The reading outlives the caller that happened to start it: others wait for it.
	found, err, _ := c.flight.Do(key, func() (any, error) { return c.load(context.WithoutCancel(ctx), key) })
	if err != nil {
		var none V
		return none, err
	}
	value, _ := found.(V)
	return value, nil
}

// Last gives the latest answer that is still kept, however old it is: for a
// reading that can tell from less than all whether it still holds.
func (c *Cache[V]) Last(key string) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	known, ok := c.kept[key]
	return known.value, ok
}

// Forget makes the next Get of the key read anew. A reading under way is still
// given to those who wait for it, and not kept.
func (c *Cache[V]) Forget(key string) {
	c.mu.Lock()
	delete(c.kept, key)
	c.forgotten++
	c.mu.Unlock()
	c.flight.Forget(key)
}

// fresh reports whether an answer is young enough. One from the future is not:
// the clock was set back.
func (c *Cache[V]) fresh(a answer[V], now time.Time) bool {
	age := now.Sub(a.readAt)
	return age >= 0 && age < c.opts.MaxAge
}

func (c *Cache[V]) load(ctx context.Context, key string) (V, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	c.mu.RLock()
	before := c.forgotten
	c.mu.RUnlock()
	readAt := c.clock()
	value, err := c.read(ctx, key)
	if err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if before == c.forgotten {
		c.makeRoom(key, readAt)
		c.kept[key] = answer[V]{value, readAt}
	}
	return value, nil
}

// makeRoom keeps the number of answers within the bound: what is too old goes
// first, then whatever comes to hand.
func (c *Cache[V]) makeRoom(key string, now time.Time) {
	if _, known := c.kept[key]; known || len(c.kept) < c.opts.Bound {
		return
	}
	for other, a := range c.kept {
		if !c.fresh(a, now) {
			delete(c.kept, other)
		}
	}
	for other := range c.kept {
		if len(c.kept) < c.opts.Bound {
			return
		}
		delete(c.kept, other)
	}
}
