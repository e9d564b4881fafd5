package simulate

import "time"

// sharedAddress is H4: everybody of a campus, an office or a carrier behind
// one address.
func sharedAddress() Scenario {
	s := Scenario{ID: "H4", Books: true, About: "visitors who all come from one address"}
	s.Populate = func(w *World, n int) []*Actor {
		out := visitors(w, s, n, func() int { return 1 + w.rng.IntN(2) })
		ip := w.Address()
		for _, a := range out {
			a.Traits.IP = ip
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = func(time.Duration) float64 { return 6 }
	return s
}
