package ticketing

import (
	"context"
	"slices"
	"time"
)

// maxStockDays bounds the days of one stock answer.
const maxStockDays = 370

// Pools lists all pools in order of id. The list may be as old as
// Options.StockMaxAge.
func (s *Service) Pools(ctx context.Context) ([]Pool, error) {
	pools, err := s.pools.Get(ctx, everyPool)
	return slices.Clone(pools), err
}

// Pool finds a pool, or ErrNotFound. It may be as old as Options.StockMaxAge.
func (s *Service) Pool(ctx context.Context, id string) (Pool, error) {
	shown, err := s.stock.Get(ctx, id)
	return shown.pool, err
}

// Stock says what a pool has left from one day to another, both included, and
// when each day opens, be it by its own word or by the pool's rules; an empty
// bound is today or the last day offered. The figures may be as old as
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
	shown, err := s.stock.Get(ctx, id)
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

// shownStock is a pool with its days from today on, each with the moment from
// which it can be booked, as read at a moment.
type shownStock struct {
	pool    Pool
	days    []Day
	today   Date
	version int64
}

// readStock reads a pool with what it has left. The version is read first: what
// is shown is at least as new as it says, and where that is what was shown last
// nothing else need be read.
func (s *Service) readStock(ctx context.Context, id string) (shownStock, error) {
	now := s.now()
	last, known := s.stock.Last(id)
	fresh := shownStock{today: DateOf(now)}
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if fresh.version, err = s.currentVersion(ctx, r, id, now); err != nil {
			return err
		}
		if known && fresh.version == last.version && fresh.today == last.today {
			fresh = last
			return nil
		}
		if fresh.pool, err = r.Pool(ctx, id); err != nil {
			return err
		}
		fresh.days, err = r.Days(ctx, id, fresh.today)
		for i := range fresh.days {
			fresh.days[i].OpensAt = fresh.pool.opens(fresh.days[i].Date, fresh.days[i].OpensAt)
		}
		return err
	})
	return fresh, err
}

// currentVersion is the version of a pool's stock once the holds that have run
// out are released.
func (s *Service) currentVersion(ctx context.Context, r Reader, id string, now time.Time) (int64, error) {
	version, due, err := r.StockVersion(ctx, id, DateOf(now), now)
	if err != nil || !due {
		return version, err
	}
	// What cannot be released now is shown as taken: reading goes on.
	_, err = s.ExpireHolds(ctx)
	s.report(ctx, "expire_holds", err)
	version, _, err = r.StockVersion(ctx, id, DateOf(now), now)
	return version, err
}

// everyPool is the key of the list of pools.
const everyPool = "pools"

func (s *Service) readPools(ctx context.Context, _ string) ([]Pool, error) {
	var pools []Pool
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		pools, err = r.Pools(ctx)
		return err
	})
	return pools, err
}

// forget makes the next reading of a pool, and of the list, see what changed.
func (s *Service) forget(pool string) {
	s.stock.Forget(pool)
	s.pools.Forget(everyPool)
}

// StockVersions gives the version of what every pool has left. They may be as
// old as Options.StockMaxAge.
func (s *Service) StockVersions(ctx context.Context) (map[string]int64, error) {
	pools, err := s.Pools(ctx)
	if err != nil {
		return nil, err
	}
	versions := make(map[string]int64, len(pools))
	for _, p := range pools {
		shown, err := s.stock.Get(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		versions[p.ID] = shown.version
	}
	return versions, nil
}
