package simulate

import "context"

// holdAndRelease is S11: holds places that cost something, does not pay, and
// takes them again as they expire, so that others find nothing.
func holdAndRelease() Scenario {
	rounds := Param{"s11.rounds", Count, logNormal(7, 0.5, 3, 40), "times that the same place is held"}
	back := Param{"s11.back", Seconds, logNormal(4, 1, 0.5, 120), "from the expiry to the next hold"}
	size := Param{"s11.party", Count, logNormal(3.2, 0.4, 1, 8), "places held at once"}
	s := Scenario{
		ID: "S11", Hostile: true, Books: true, Long: true, About: "holds places without paying, again and again",
		Signals: []Property{PropertyPool, PropertyParty}, Params: []Param{rounds, back, size},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			wish := w.wish(0, w.runDays(), w.party(a.Traits.Guise, w.count(size, 1)))
			wish.Pool = w.Paid
			a.want(wish)
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		w := v.Actor.Wishes[0]
		if !v.until(ctx, w.At) || !v.browse(ctx, w.Pool) || !v.enter(ctx) || !v.awaitOpening(ctx, w) || !v.fill(ctx, w) {
			return
		}
		for range v.count(rounds, 1) {
			a := v.Submit(ctx, w)
			if a.Result != ResultAccepted && a.Result != ResultHouse || !v.wait(ctx, HoldTime+v.time(back)) {
				return
			}
			v.readStock(ctx, w.Pool)
		}
	}
	s.Requests = func(*World) float64 { return 25 }
	return s
}
