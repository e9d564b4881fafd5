package ticketing

import (
	"context"
	"time"
)

// PoolSale is how the sale of a pool stands, over its days from today on.
type PoolSale struct {
	Pool     Pool
	Days     int
	Capacity int
	Left     int // to be booked now
	Withheld int // neither booked nor to be booked now: see Stage
	Held     int // in orders that are held
	Sold     int // in all others
	// Next is the stage that fires next, and Last the one that fired last; No is
	// 0 where there is none.
	Next, Last StageMoment
}

// StageMoment is when a stage fires or fired.
type StageMoment struct {
	StageKey
	At     time.Time
	Paused bool
}

// SaleReader reads what is held, by pool, and which stages fire next and fired
// last, of the days from one on: at most one of either a pool. A pool that has
// none is left out.
type SaleReader interface {
	HeldPlaces(ctx context.Context, from Date) (map[string]int, error)
	NextStages(ctx context.Context, from Date) ([]StageMoment, error)
	LastStages(ctx context.Context, from Date) ([]StageMoment, error)
}

// Sales tells how every pool's sale stands. What is left may be as old as
// Options.StockMaxAge, so that held and sold places may briefly be off by what
// was booked meanwhile, and never below zero.
func (s *Service) Sales(ctx context.Context) ([]PoolSale, error) {
	pools, err := s.Pools(ctx)
	if err != nil {
		return nil, err
	}
	var held map[string]int
	var next, last []StageMoment
	today := DateOf(s.now())
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if held, err = r.HeldPlaces(ctx, today); err != nil {
			return err
		}
		if next, err = r.NextStages(ctx, today); err != nil {
			return err
		}
		last, err = r.LastStages(ctx, today)
		return err
	})
	if err != nil {
		return nil, err
	}
	sales := make([]PoolSale, 0, len(pools))
	for _, p := range pools {
		shown, err := s.stock.Get(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		sale := PoolSale{Pool: p, Days: len(shown.days), Next: momentOf(next, p.ID), Last: momentOf(last, p.ID)}
		for _, d := range shown.days {
			sale.Capacity, sale.Left, sale.Withheld = sale.Capacity+d.Capacity, sale.Left+d.Left, sale.Withheld+d.Withheld
		}
		booked := sale.Capacity - sale.Left - sale.Withheld
		sale.Held = min(held[p.ID], booked)
		sale.Sold = booked - sale.Held
		sales = append(sales, sale)
	}
	return sales, nil
}

func momentOf(moments []StageMoment, pool string) StageMoment {
	for _, m := range moments {
		if m.Pool == pool {
			return m
		}
	}
	return StageMoment{}
}

// HouseOrder finds anybody's order by its id, or fails with ErrNotFound.
func (s *Service) HouseOrder(ctx context.Context, id string) (Order, error) {
	var o Order
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		o, err = r.Order(ctx, id)
		return err
	})
	return o, err
}
