package simulate

// groups is H3: a teacher or tour guide who books for a class or a party every
// week, with a ticket for groups and a list of names.
func groups() Scenario {
	size := Param{"h3.party", Count, logNormal(39, 0.15, 24, 60), "persons of a group"}
	s := Scenario{ID: "H3", Books: true, About: "a teacher or guide who books 30 to 50 documents every week", Params: []Param{size}}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			a.pastes = true
			for week := 0; week < w.runDays(); week += 7 {
				// Next week's class is another, or the same again.
				party := w.party(a.Traits.Guise, w.count(size, 2))
				if week > 0 && w.rng.Float64() < 0.3 {
					party = a.Wishes[0].Party
				}
				wish := w.wish(week, min(week+6, w.runDays()), party)
				wish.Group = true
				a.want(wish)
			}
			out[i] = a
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = aVisit(2)
	return s
}
