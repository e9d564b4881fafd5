package simulate

import "time"

// identityRotation is S7: one account books again and again with ever new
// documents, some within a day, some over weeks.
func identityRotation() Scenario {
	orders := Param{"s7.orders", Count, logNormal(10, 0.3, 6, 30), "orders of one account"}
	size := Param{"s7.party", Count, logNormal(2.6, 0.4, 1, 6), "persons of an order"}
	span := Param{"s7.span", Seconds, logNormal(150000, 1.4, 3600, 1000000), "over how long the orders are spread"}
	s := Scenario{
		ID: "S7", Hostile: true, Books: true, Short: true, Units: 15, About: "books with one account and ever new documents",
		Signals: []Property{PropertyParty}, Params: []Param{orders, size, span},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			first, over := w.rng.IntN(w.runDays()), int(w.time(span)/day)
			at := w.Opens + time.Duration(w.rng.Float64()*0.2*float64(w.Duration))
			for range w.count(orders, 2) {
				on := min(first+w.rng.IntN(over+1), w.runDays()-1)
				wish := w.wish(on, on+1, w.party(a.Traits.Guise, w.count(size, 1)))
				if !w.Long {
					wish.At = at
				}
				a.want(wish)
			}
			sortWishes(a)
			out[i] = a
		}
		return out
	}
	s.Play = playByHand
	s.Requests = func(w *World) float64 {
		if w.Long {
			return 90
		}
		return 14
	}
	return s
}
