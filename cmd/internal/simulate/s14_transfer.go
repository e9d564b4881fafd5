package simulate

import (
	"context"
	"time"
)

// transferLoophole is S14: books on documents of its own people, and gives the
// orders to strangers for money, shortly before that ends.
func transferLoophole() Scenario {
	orders := Param{"s14.orders", Count, logNormal(5, 0.4, 3, 14), "orders of one account that are sold on"}
	before := Param{"s14.before", Seconds, logNormal(26000, 0.6, 4000, 110000), "how long before the visit day an order is given away"}
	s := Scenario{
		ID: "S14", Hostile: true, Books: true, Long: true, About: "books, and transfers the orders to strangers near the deadline",
		Params: []Param{orders, before},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			for range w.count(orders, 1) {
				wish := w.aim(a, w.runDays())
				wish.Buyers = w.party(w.guise(), len(wish.Party))
				a.want(wish)
			}
			sortWishes(a)
			a.strangers = w.strangers(len(a.Wishes))
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		var sold []func()
		for i, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) {
				break
			}
			orders := v.visit(ctx, w)
			if len(orders) == 0 || i >= len(v.Actor.strangers) {
				continue
			}
			to, order := v.Actor.strangers[i], orders[0]
			wait := v.world.dayStart(v.Actor.booked().Day) - v.time(before) - v.since()
			sold = append(sold, v.fork(ctx, max(wait, v.between(2*time.Minute, time.Hour)), func(v *Visit) {
				v.Page(ctx)
				if v.think(ctx) && v.enter(ctx) {
					v.Orders(ctx)
					v.Transfer(ctx, order, to, w.Buyers)
				}
			}))
		}
		for _, done := range sold {
			done()
		}
	}
	s.Requests = func(*World) float64 { return 100 }
	return s
}
