package simulate

import "time"

// family is H2: two adults, their children and the grandparents booked from
// one phone, some of them in a second order a little later, some with the
// other adult's account on the same phone.
func family() Scenario {
	size := Param{"h2.party", Count, logNormal(5.6, 0.2, 4, 10), "persons of a family"}
	later := Param{"h2.second_order", Seconds, logNormal(420, 0.9, 40, 7200), "from the one adult's order to the other's"}
	s := Scenario{ID: "H2", Books: true, Short: true, About: "a family booked from one phone, in one order or two", Params: []Param{size, later}}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for len(out) < n {
			a := w.Actor(s)
			people := w.party(a.Traits.Guise, w.count(size, 4))
			wish := w.wish(0, w.runDays(), people)
			second := wish
			second.At += w.time(later)
			if !w.Long {
				second.At = wish.At + time.Duration(0.1*float64(w.Duration))
			}
			switch shape := w.rng.Float64(); {
			case shape < 0.4 && len(out)+1 < n: // the other adult books for the grandparents
				b := w.Actor(s)
				b.Device, b.Operator = a.Device, a.Operator
				phone, password := b.Traits.Phone, b.Traits.Password
				b.Traits = a.Traits
				b.Traits.Phone, b.Traits.Password = phone, password
				wish.Party, second.Party = people[:3], people[3:]
				b.want(second)
				out = append(out, b)
			case shape < 0.7: // in two orders
				wish.Party, second.Party = people[:3], people[3:]
				a.want(wish, second)
			}
			if len(a.Wishes) == 0 {
				a.want(wish)
			}
			out = append(out, a)
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = aVisit(1.1)
	return s
}
