package simulate

// fan is H8: somebody who comes again and again, for years.
func fan() Scenario {
	visits := Param{"h8.visits", Count, logNormal(4, 0.4, 2, 10), "visits within the run"}
	size := Param{"h8.party", Count, logNormal(1.3, 0.4, 1, 3), "persons of a booking"}
	s := Scenario{ID: "H8", Books: true, Long: true, About: "a fan who comes again and again", Params: []Param{visits, size}}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			party := w.party(a.Traits.Guise, w.count(size, 1))
			var wishes []Wish
			days := map[string]bool{}
			for range w.count(visits, 2) {
				wish := w.wish(0, w.runDays(), party)
				if !days[wish.Pool+wish.Day] {
					days[wish.Pool+wish.Day] = true
					wishes = append(wishes, wish)
				}
			}
			a.want(wishes...)
			sortWishes(a)
			out[i] = a
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = aVisit(3.5)
	return s
}
