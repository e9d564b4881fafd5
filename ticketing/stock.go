package ticketing

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// maxStockDays bounds the days of one stock answer.
const maxStockDays = 370

// Pools lists all pools in order of id.
func (s *Service) Pools(ctx context.Context) ([]Pool, error) {
	var pools []Pool
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		pools, err = r.Pools(ctx)
		return err
	})
	return pools, err
}

// Pool finds a pool, or ErrNotFound. It may be as old as Options.StockMaxAge.
func (s *Service) Pool(ctx context.Context, id string) (Pool, error) {
	shown, err := s.stock.get(ctx, id)
	return shown.pool, err
}

// Stock says what a pool has left from one day to another, both included; an
// empty bound is today or the last day offered. The figures may be as old as
// Options.StockMaxAge, so that polling costs the store nothing. It fails with
// ErrNotFound or ErrInvalidField.
func (s *Service) Stock(ctx context.Context, id, from, to string) (Stock, error) {
	for field, bound := range map[string]string{"from": from, "to": to} {
		if bound == "" {
			continue
		}
		if _, err := ParseDate(bound); err != nil {
			return Stock{}, invalidField(field, "%v", err)
		}
	}
	shown, err := s.stock.get(ctx, id)
	if err != nil {
		return Stock{}, err
	}
	out := Stock{Pool: id, Version: shown.version, Days: []Day{}}
	for _, day := range shown.days {
		if day.Date >= Date(from) && (to == "" || day.Date <= Date(to)) && len(out.Days) < maxStockDays {
			out.Days = append(out.Days, day)
		}
	}
	return out, nil
}

// shownStock is a pool with its days from today on, as read at a moment.
type shownStock struct {
	pool    Pool
	days    []Day
	version int64
	readAt  time.Time
}

// stockCache answers stock readings from memory for a short time and lets only
// one reader at a time ask the store for a pool. It holds existing pools only,
// so that it cannot be filled by inventing names.
type stockCache struct {
	service *Service
	maxAge  time.Duration
	flight  singleflight.Group

	mu    sync.RWMutex
	pools map[string]shownStock
}

func newStockCache(s *Service, maxAge time.Duration) *stockCache {
	return &stockCache{service: s, maxAge: maxAge, pools: map[string]shownStock{}}
}

func (c *stockCache) get(ctx context.Context, id string) (shownStock, error) {
	c.mu.RLock()
	shown, known := c.pools[id]
	c.mu.RUnlock()
	if age := c.service.now().Sub(shown.readAt); known && age >= 0 && age < c.maxAge {
		return shown, nil
	}
	// The reading outlives the caller that happened to start it: others wait for it.
	found, err, _ := c.flight.Do(id, func() (any, error) {
		return c.read(context.WithoutCancel(ctx), id)
	})
	if err != nil {
		return shownStock{}, err
	}
	fresh, _ := found.(shownStock)
	return fresh, nil
}

func (c *stockCache) read(ctx context.Context, id string) (shownStock, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// What cannot be released now is shown as taken: reading goes on.
	_, err := c.service.ExpireHolds(ctx)
	c.service.report(ctx, "expire_holds", err)
	fresh := shownStock{readAt: c.service.now()}
	err = c.service.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if fresh.pool, err = r.Pool(ctx, id); err != nil {
			return err
		}
		fresh.days, err = r.Days(ctx, id, DateOf(fresh.readAt))
		return err
	})
	if err != nil {
		return shownStock{}, err
	}
	fresh.version = fresh.pool.Version
	for _, day := range fresh.days {
		fresh.version += day.Version
	}
	c.mu.Lock()
	c.pools[id] = fresh
	c.mu.Unlock()
	return fresh, nil
}

func (c *stockCache) forget(id string) {
	c.mu.Lock()
	delete(c.pools, id)
	c.mu.Unlock()
}
