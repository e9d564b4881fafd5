package simulate

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// HoldTime is for how long the special exhibition holds what is to be paid.
const HoldTime = 15 * time.Minute

// paidFen is what a place in the special exhibition costs, in fen.
const paidFen = 6000

// roomy is how many places there are for each that people want, in tenths.
const roomy = 12

// Capacities are how many places a day of each pool has: a little more than
// people want on the busiest day, so that what attackers take is missing.
func Capacities(actors []*Actor) map[string]int {
	perDay, most := map[string]int{}, map[string]int{}
	for _, a := range actors {
		if a.Hostile {
			continue
		}
		for _, w := range a.Wishes {
			perDay[w.Pool+w.Day] += len(w.Party)
			most[w.Pool] = max(most[w.Pool], perDay[w.Pool+w.Day])
		}
	}
	for pool, n := range most {
		most[pool] = max(20, n*roomy/10)
	}
	return most
}

// OpenSale creates the pools of a world, or changes them. A short world's open
// at a moment; a long world's release each morning the furthest day.
func (s *Service) OpenSale(ctx context.Context, w *World, opensAt time.Time, capacity map[string]int) error {
	for _, pool := range []string{w.Pool, w.Paid} {
		if pool == w.Paid && !w.Long {
			continue // nobody of a short world goes there
		}
		if err := s.openPool(ctx, w, pool, opensAt, max(20, capacity[pool])); err != nil {
			return fmt.Errorf("open %s: %w", pool, err)
		}
	}
	return nil
}

func (s *Service) openPool(ctx context.Context, w *World, pool string, opensAt time.Time, capacity int) error {
	type day struct {
		Date     string `json:"date"`
		Capacity int    `json:"capacity"`
	}
	price, hold := 0, 10*time.Minute
	if pool == w.Paid {
		price, hold = paidFen, HoldTime
	}
	days := make([]day, 0, len(w.Days))
	for _, d := range w.Days {
		days = append(days, day{d, capacity})
	}
	body := map[string]any{
		"name": "Simulated exhibition", "price_fen": price, "limit_per_order": 10,
		"hold_seconds": int(hold.Seconds()), "provisional_cutoff_seconds": 3600, "days": days,
		"products": []map[string]any{
			{"id": productSingle, "name": "Visitor", "kind": "single", "price_fen": price, "persons": 1, "places": 1},
			{"id": productGroup, "name": "Group", "kind": "group", "price_fen": price, "persons": 10, "places": 1},
		},
	}
	if w.Long {
		body["rules"] = map[string]any{"days_ahead": Ahead, "daily_opening": fmt.Sprintf("%02d:00", OpeningHour)}
	} else {
		body["opens_at"] = opensAt.Format(time.RFC3339Nano)
	}
	return s.call(ctx, http.MethodPut, s.Ticketing+"/internal/v1/pools/"+pool, s.TicketingKey, body, nil)
}
