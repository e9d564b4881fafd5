package simulate

import (
	"context"
	"time"
)

// direct is S2: straight to the booking API, with no page, no detail view and
// no beacon before the submit.
func direct() Scenario {
	s := Scenario{ID: "S2", Hostile: true, Books: true, About: "submits orders without having looked at anything"}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			for range 2 {
				a.Days = append(a.Days, w.Day())
				a.Parties = append(a.Parties, w.Party(1+w.rng.IntN(3)))
			}
			a.Arrive = w.Opens + time.Duration(w.rng.Float64()*0.4*float64(w.Duration))
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		for i, party := range v.Actor.Parties {
			v.Submit(ctx, v.Actor.Days[i], party)
			if !v.wait(ctx, v.between(500*time.Millisecond, 8*time.Second)) {
				return
			}
		}
	}
	s.Requests = func(time.Duration) float64 { return 2 }
	return s
}
