package simulate

import (
	"context"
	"time"
)

// openingBurst is S16: scripts that sit signed in on the page and submit in
// the sale's first moments, faster than a hand can.
func openingBurst() Scenario {
	s := Scenario{ID: "S16", Hostile: true, Books: true, About: "submits within a fraction of a second of the opening"}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			a.Days = []string{w.Day()}
			a.Parties = [][]Person{w.Party(1 + w.rng.IntN(4))}
			a.Arrive = time.Duration(w.rng.Float64() * 0.8 * float64(w.Opens))
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		if !v.until(ctx, v.world.Opens+time.Duration(v.rng.Float64()*float64(400*time.Millisecond))) {
			return
		}
		// The page is loaded to learn the form, and sent back at once.
		v.Detail(ctx)
		v.Beacon(ctx)
		v.Stock(ctx)
		if !v.wait(ctx, v.between(10*time.Millisecond, 250*time.Millisecond)) {
			return
		}
		v.Submit(ctx, v.Actor.Days[0], v.Actor.Parties[0])
	}
	s.Requests = func(time.Duration) float64 { return 5 }
	return s
}
