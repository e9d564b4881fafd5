package simulate

import (
	"context"
	"time"
)

// changer is H10: books, changes the date twice, gives the order up once, and
// books again.
func changer() Scenario {
	size := Param{"h10.party", Count, logNormal(2, 0.5, 1, 6), "persons of a booking"}
	mind := Param{"h10.mind", Seconds, logNormal(14400, 1.2, 300, 150000), "until the mind is changed"}
	s := Scenario{ID: "H10", Books: true, Long: true, About: "changes the date twice and cancels once", Params: []Param{size, mind}}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			a.want(w.wish(0, max(1, w.runDays()-5), w.party(a.Traits.Guise, w.count(size, 1))))
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		w := v.Actor.Wishes[0]
		if !v.until(ctx, w.At) {
			return
		}
		orders := v.visit(ctx, w)
		if len(orders) == 0 {
			return
		}
		for range 2 {
			if !v.again(ctx, mind) {
				return
			}
			if to := v.otherDay(ctx, w); to != "" && v.think(ctx) && v.Change(ctx, orders[0], to) {
				w.Day = to
			}
		}
		if !v.again(ctx, mind) || !v.Cancel(ctx, orders[0]) {
			return
		}
		if to := v.otherDay(ctx, w); to != "" && v.wait(ctx, v.time(mind)) && v.enter(ctx) {
			w.Day = to
			v.book(ctx, w)
		}
	}
	s.Requests = aVisit(2.2)
	return s
}

// again is the next time that somebody comes back to an order: by day.
func (v *Visit) again(ctx context.Context, after Param) bool {
	wait := v.time(after)
	if hour := (v.since() + wait) % day; hour < 7*time.Hour {
		wait += 8 * time.Hour
	}
	if !v.wait(ctx, wait) {
		return false
	}
	v.Page(ctx)
	if !v.think(ctx) || !v.enter(ctx) {
		return false
	}
	v.Orders(ctx)
	return v.think(ctx)
}

// otherDay looks for another day with places.
func (v *Visit) otherDay(ctx context.Context, w Wish) string {
	today := int(v.since() / day)
	w.Day = v.world.Days[min(today+1+v.rng.IntN(Ahead-1), len(v.world.Days)-1)]
	return v.freeDay(ctx, w)
}
