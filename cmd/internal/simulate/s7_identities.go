package simulate

import (
	"context"
	"time"
)

// rotationOrders is how many orders one S7 operator places, each with new
// documents.
const rotationOrders = 10

// identityRotation is S7: one account books again and again with ever new
// documents.
func identityRotation() Scenario {
	s := Scenario{ID: "S7", Hostile: true, Books: true, About: "books with one account and ever new documents"}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			for range rotationOrders {
				a.Days = append(a.Days, w.Day())
				a.Parties = append(a.Parties, w.Party(2+w.rng.IntN(3)))
			}
			a.Arrive = w.Opens + time.Duration(w.rng.Float64()*0.2*float64(w.Duration))
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if v.browse(ctx) {
			v.book(ctx)
		}
	}
	s.Requests = func(time.Duration) float64 { return 4 + rotationOrders }
	return s
}
