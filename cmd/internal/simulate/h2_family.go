package simulate

import (
	"context"
	"time"
)

// family is H2: two adults, their children and the grandparents booked from
// one phone, some of them in a second order a little later, some with the
// other adult's account on the same phone.
func family() Scenario {
	s := Scenario{ID: "H2", Books: true, About: "a family of five to seven booked from one phone"}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for len(out) < n {
			people := w.Party(5 + w.rng.IntN(3))
			a := w.Actor(s)
			day := w.Day()
			a.Arrive = w.Arrival()
			a.Days = []string{day}
			switch shape := w.rng.Float64(); {
			case shape < 0.4 && len(out)+1 < n: // the other adult books for the grandparents
				b := w.Actor(s)
				b.Device, b.Traits.IP, b.Traits.UserAgent, b.Operator = a.Device, a.Traits.IP, a.Traits.UserAgent, a.Operator
				b.Days, b.Arrive = a.Days, a.Arrive+time.Duration(0.1*float64(w.Duration))
				a.Parties, b.Parties = [][]Person{people[:3]}, [][]Person{people[3:]}
				out = append(out, b)
			case shape < 0.7: // in two orders
				a.Parties = [][]Person{people[:4], people[4:]}
			default:
				a.Parties = [][]Person{people}
			}
			out = append(out, a)
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if !v.take(ctx) {
			return
		}
		defer v.give()
		playVisitor(ctx, v)
	}
	s.Requests = func(time.Duration) float64 { return 6.5 }
	return s
}
