package simulate

import (
	"context"
	"time"
)

// flakyNetwork is H9: retries, double taps, and a new address in the middle of
// the visit.
func flakyNetwork() Scenario {
	s := Scenario{ID: "H9", Books: true, About: "a visitor on a bad network: repeats, double taps, new addresses"}
	s.Populate = func(w *World, n int) []*Actor {
		return visitors(w, s, n, func() int { return 1 + w.rng.IntN(3) })
	}
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		if v.rng.Float64() < 0.5 {
			v.Page(ctx) // sent twice by the browser
		}
		if !v.think(ctx) {
			return
		}
		v.Detail(ctx)
		v.Beacon(ctx)
		v.Move() // the train left the tunnel
		if !v.wait(ctx, v.between(300*time.Millisecond, 2*time.Second)) {
			return
		}
		v.Stock(ctx)
		if v.rng.Float64() < 0.5 {
			v.Stock(ctx)
		}
		if !v.awaitOpening(ctx) || !v.wait(ctx, v.between(1500*time.Millisecond, 9*time.Second)) {
			return
		}
		if v.rng.Float64() < 0.5 {
			v.Move()
		}
		v.DoubleTap(ctx, v.Actor.Days[0], v.Actor.Parties[0])
	}
	s.Requests = func(time.Duration) float64 { return 7.5 }
	return s
}
