package simulate

import (
	"context"
	"time"
)

// openingBurst is S16: scripts that sit signed in on the page and submit in
// the sale's first moments, faster than a hand can.
func openingBurst() Scenario {
	start := Param{"s16.start", Seconds, logNormal(0.16, 0.7, 0.005, 0.8), "from the opening to the first request"}
	submit := Param{"s16.submit", Seconds, logNormal(0.05, 0.8, 0.01, 0.25), "from the page to the order"}
	s := Scenario{
		ID: "S16", Hostile: true, Books: true, Hasty: true, Short: true, Units: 110, About: "submits within a fraction of a second of the opening",
		Signals: []Property{PropertyArrival, PropertyDay}, Params: []Param{start, submit},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			wish := w.aim(a, w.runDays())
			if w.Long {
				today := w.rng.IntN(w.runDays())
				wish.Opens = w.opening(today + Ahead)
				wish.Day, wish.At = w.Days[today+Ahead], wish.Opens-w.time(w.habits.lead)
			} else {
				wish.At = time.Duration(w.rng.Float64() * 0.8 * float64(w.Opens))
			}
			a.want(wish)
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		w := v.Actor.Wishes[0]
		v.Page(ctx)
		if !v.script(ctx) || !v.until(ctx, w.Opens+v.time(start)) {
			return
		}
		// The page is loaded to learn the form, and sent back at once.
		v.Detail(ctx, w.Pool)
		v.Beacon(ctx)
		v.readStock(ctx, w.Pool)
		if !v.wait(ctx, v.time(submit)) {
			return
		}
		if a := v.Submit(ctx, w); a.Result == ResultAccepted {
			v.pay(ctx, a)
		}
	}
	s.Requests = func(*World) float64 { return 7 }
	return s
}
