package simulate

import "context"

// honestPartners is how many partners sell places to ordinary visitors.
const honestPartners = 6

// ordinary is H1: a visitor with a phone who books once, and refreshes in
// excitement where the sale is not open yet.
func ordinary() Scenario {
	size := Param{"h1.party", Count, logNormal(1.8, 0.5, 1, 6), "persons of a booking"}
	partner := Param{"h1.partner", Share, chance(0.05), "books with one of the partners that sell places, past the site"}
	s := Scenario{ID: "H1", Books: true, Short: true, About: "an ordinary visitor's first booking of the year", Params: []Param{size, partner}}
	s.Populate = func(w *World, n int) []*Actor {
		out := visitors(w, s, n, size)
		var partners []string
		for range honestPartners {
			partners = append(partners, w.partner())
		}
		for i, a := range out {
			if w.Long && w.happens(partner) {
				a.Channel = partners[i%honestPartners]
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if w := v.Actor.Wishes[0]; v.Actor.Channel != "" {
			if v.until(ctx, max(w.At, w.Opens)) {
				v.Through(ctx, w)
			}
			return
		}
		playVisitor(ctx, v)
	}
	s.Requests = aVisit(1)
	return s
}

// aVisit is about how many requests so many visits of a person are.
func aVisit(visits float64) func(*World) float64 {
	return func(w *World) float64 {
		if !w.Long {
			return 6 * visits
		}
		return 15 * visits
	}
}

// visitors makes n people who each want one day.
func visitors(w *World, s Scenario, n int, size Param) []*Actor {
	out := make([]*Actor, n)
	for i := range out {
		a := w.Actor(s)
		a.want(w.wish(0, w.runDays(), w.party(a.Traits.Guise, w.count(size, 1))))
		if i > 0 {
			a.Friend = out[i-1].Traits.Phone
		}
		out[i] = a
	}
	return out
}

// want adds wishes, which come in order of time.
func (a *Actor) want(wishes ...Wish) {
	a.Wishes = append(a.Wishes, wishes...)
	a.Arrive = a.Wishes[0].At
}
