package simulate

import (
	"context"
	"time"
)

// direct is S2: straight to the booking API, with no page, no detail view and
// no beacon before the submit.
func direct() Scenario {
	orders := Param{"s2.orders", Count, logNormal(2.2, 0.4, 1, 8), "orders of one account"}
	gap := Param{"s2.gap", Seconds, logNormal(2, 0.7, 0.5, 120), "from one order to the next"}
	again := Param{"s2.again", Seconds, logNormal(0.8, 0.6, 0.15, 10), "until a refused order is sent again"}
	s := Scenario{
		ID: "S2", Hostile: true, Books: true, Hasty: true, Short: true, Units: 100, About: "submits orders without having looked at anything",
		Params: []Param{orders, gap, again},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			first := w.aim(a, w.runDays())
			if !w.Long {
				first.At = w.Opens + time.Duration(w.rng.Float64()*0.4*float64(w.Duration))
			}
			for range w.count(orders, 1) {
				next := w.aim(a, w.runDays())
				next.At, next.Opens = first.At, first.Opens
				if w.Long {
					next.Day, next.Pool = first.Day, first.Pool
				}
				a.want(next)
			}
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.script(ctx) || !v.ready(ctx, w, v.between(20*time.Millisecond, 2*time.Second)) {
				return
			}
			if a := v.insist(ctx, w, 3, again); a.Result == ResultAccepted {
				v.pay(ctx, a)
			}
			if !v.wait(ctx, v.time(gap)) {
				return
			}
		}
	}
	s.Requests = func(*World) float64 { return 4 }
	return s
}
