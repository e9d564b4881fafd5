package simulate

import (
	"context"
	"time"
)

// polling is S1: refreshing the remaining-ticket page to catch returns within
// a second. It never books; catching is what it is stopped from.
func polling() Scenario {
	s := Scenario{ID: "S1", Hostile: true, About: "polls the remaining tickets about once a second, all the time"}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			out[i] = w.Actor(s)
			out[i].Arrive = time.Duration(w.rng.Float64() * 0.2 * float64(w.Duration))
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		v.Detail(ctx)
		v.Beacon(ctx)
		// A script's timer: a period of its own, with as much jitter as its
		// author thought of, from none to a sixth.
		period := v.between(700*time.Millisecond, 1500*time.Millisecond)
		spread := v.rng.Float64() / 6
		for {
			jitter := time.Duration(v.rng.NormFloat64() * spread * float64(period))
			if !v.wait(ctx, period+jitter) {
				return
			}
			v.Stock(ctx)
		}
	}
	s.Requests = func(d time.Duration) float64 { return 3 + 0.9*d.Seconds()/1.05 }
	return s
}
