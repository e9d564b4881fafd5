package simulate

// sharedAddress is H4: everybody of a campus, an office or a carrier behind
// one address, hundreds of accounts each.
func sharedAddress() Scenario {
	size := Param{"h4.party", Count, logNormal(1.4, 0.5, 1, 5), "persons of a booking"}
	behind := Param{"h4.accounts", Count, logNormal(300, 0.5, 120, 900), "accounts behind one address"}
	s := Scenario{ID: "H4", Books: true, Short: true, About: "visitors who all come from one address", Params: []Param{size, behind}}
	s.Populate = func(w *World, n int) []*Actor {
		out := visitors(w, s, n, size)
		for from := 0; from < len(out); {
			to := min(len(out), from+w.count(behind, 1))
			if !w.Long {
				to = len(out)
			}
			for _, a := range out[from:to] {
				a.Traits.IP, a.Traits.Network = out[from].Traits.IP, out[from].Traits.Network
			}
			from = to
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = aVisit(1)
	return s
}
