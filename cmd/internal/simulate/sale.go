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

// Capacity is how many places each day of each pool has.
type Capacity map[string]map[string]int

// How many places there are for each that people want, in tenths: on every day
// of a short world as on the busiest; in a long one on each day by itself, a
// little more than people want, so that what attackers take is missing.
const (
	roomyShort, roomyLong = 12, 11
	leastPlaces           = 20
)

// Capacity is what the people of a world need.
func (w *World) Capacity(actors []*Actor) Capacity {
	out := Capacity{w.Pool: {}, w.Paid: {}}
	busiest := 0
	for _, a := range actors {
		if a.Hostile {
			continue
		}
		for _, wish := range a.Wishes {
			out[wish.Pool][wish.Day] += len(wish.Party)
			busiest = max(busiest, out[wish.Pool][wish.Day])
		}
	}
	for _, days := range out {
		for _, d := range w.Days {
			wanted := busiest * roomyShort
			if w.Long {
				wanted = days[d] * roomyLong
			}
			days[d] = max(leastPlaces, wanted/10)
		}
	}
	return out
}

// busiest is the largest of a pool's days.
func (c Capacity) busiest(pool string) int {
	most := 0
	for _, n := range c[pool] {
		most = max(most, n)
	}
	return most
}

// OpenSale creates the pools of a world, or changes them. A short world's open
// at a moment; a long world's release each morning the furthest day.
func (s *Service) OpenSale(ctx context.Context, w *World, opensAt time.Time, capacity Capacity) error {
	for _, pool := range []string{w.Pool, w.Paid} {
		if pool == w.Paid && !w.Long {
			continue // nobody of a short world goes there
		}
		if err := s.openPool(ctx, w, pool, opensAt, capacity[pool]); err != nil {
			return fmt.Errorf("open %s: %w", pool, err)
		}
	}
	return nil
}

func (s *Service) openPool(ctx context.Context, w *World, pool string, opensAt time.Time, capacity map[string]int) error {
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
		days = append(days, day{d, capacity[d]})
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
