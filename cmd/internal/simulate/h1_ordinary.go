package simulate

import (
	"context"
	"time"
)

// ordinary is H1: a visitor with a phone who books once, and refreshes in
// excitement where the sale is not open yet.
func ordinary() Scenario {
	s := Scenario{ID: "H1", Books: true, About: "an ordinary visitor's first booking of the year"}
	s.Populate = func(w *World, n int) []*Actor {
		return visitors(w, s, n, func() int { return 1 + w.rng.IntN(3) })
	}
	s.Play = playVisitor
	s.Requests = func(time.Duration) float64 { return 6 }
	return s
}

// visitors makes n people who each want one day.
func visitors(w *World, s Scenario, n int, party func() int) []*Actor {
	out := make([]*Actor, n)
	for i := range out {
		a := w.Actor(s)
		a.Days = []string{w.Day()}
		a.Parties = [][]Person{w.Party(party())}
		a.Arrive = w.Arrival()
		out[i] = a
	}
	return out
}

// playVisitor is the visit that most cohorts share.
func playVisitor(ctx context.Context, v *Visit) {
	if !v.browse(ctx) || !v.awaitOpening(ctx) {
		return
	}
	v.book(ctx)
}
