package simulate

import (
	"context"
	"time"
)

// regrab is S12: a place is booked on any document, and once there is a buyer
// one account gives it up and another takes it within a second for the buyer.
func regrab() Scenario {
	swaps := Param{"s12.swaps", Count, logNormal(4, 0.4, 2, 12), "places that one pair of accounts swaps"}
	buyer := Param{"s12.buyer", Seconds, logNormal(20000, 0.9, 1200, 160000), "until there is a buyer"}
	gap := Param{"s12.gap", Seconds, logNormal(0.5, 0.6, 0.08, 4), "from the release to the grab"}
	s := Scenario{
		ID: "S12", Hostile: true, Books: true, Hasty: true, Long: true, About: "gives a place up and takes it within a second for another identity",
		Params: []Param{swaps, buyer, gap},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 1)
			holder, grabber := w.hire(c, s), w.hire(c, s)
			for range w.count(swaps, 1) {
				wish := w.aim(holder, max(1, w.runDays()-2))
				wish.Buyers = w.party(w.guise(), len(wish.Party))
				holder.want(wish)
			}
			sortWishes(holder)
			grabber.Arrive = holder.Arrive
			out = append(out, holder, grabber)
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if len(v.Actor.Wishes) == 0 {
			return // the holder calls
		}
		partner := newVisit(v.Actor.Ring.Members[1], v.scene)
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) {
				return
			}
			orders := v.visit(ctx, w)
			if len(orders) == 0 {
				continue
			}
			day := v.Actor.booked().Day
			if !v.wait(ctx, v.time(buyer)) || !partner.browse(ctx, w.Pool) || !partner.enter(ctx) || !v.enter(ctx) {
				return
			}
			w.Day, w.Opens = day, 0
			w.Party = w.Buyers
			v.Orders(ctx)
			if v.Cancel(ctx, orders[0]) && v.wait(ctx, v.time(gap)) {
				if a := partner.insist(ctx, w, 2, gap); a.Result == ResultAccepted {
					partner.pay(ctx, a)
				}
			}
			if !v.wait(ctx, v.between(time.Minute, time.Hour)) {
				return
			}
		}
	}
	s.Requests = func(*World) float64 { return 50 }
	return s
}
