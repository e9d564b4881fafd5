package simulate

import (
	"context"
	"time"
)

// leakage is S17: places that leave by the back door. A partner's channel takes
// for strangers what was not meant for it, as soon as a day is released; or
// somebody of the staff books for strangers with an account of their own.
func leakage() Scenario {
	grabs := Param{"s17.orders", Count, logNormal(4, 0.4, 2, 10), "orders on one day"}
	size := Param{"s17.party", Count, logNormal(7, 0.3, 3, 10), "persons of an order"}
	days := Param{"s17.days", Count, logNormal(6, 0.4, 3, 13), "days on which it is done"}
	late := Param{"s17.late", Seconds, logNormal(45, 1, 1, 900), "from the release to the first order"}
	gap := Param{"s17.gap", Seconds, logNormal(30, 0.8, 4, 600), "from one order to the next"}
	channel := Param{"s17.channel", Share, chance(0.6), "goes through a partner's channel"}
	s := Scenario{
		ID: "S17", Hostile: true, Books: true, Long: true, AlertOnly: true, About: "a partner's channel or staff takes places for strangers at the release",
		Signals: []Property{PropertyArrival, PropertyDay, PropertyParty, PropertyDocument, PropertyPool},
		Params:  []Param{grabs, size, days, late, gap, channel},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			if w.happens(channel) {
				a.Channel = w.partner()
			}
			on := w.rng.Perm(w.runDays())[:min(w.runDays(), w.count(days, 1))]
			for _, d := range on {
				opens := time.Duration(d)*day + OpeningHour*time.Hour
				at := opens + w.time(late)
				for range w.count(grabs, 1) {
					a.want(Wish{At: at, Opens: opens, Pool: w.Pool, Day: w.Days[d+Ahead], Party: w.party(w.guise(), w.count(size, 1))})
					at += w.time(gap)
				}
			}
			sortWishes(a)
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) {
				return
			}
			if v.Actor.Channel != "" {
				v.Through(ctx, w)
				continue
			}
			v.Detail(ctx, w.Pool)
			if !v.enter(ctx) || !v.think(ctx) {
				return
			}
			v.Submit(ctx, w)
		}
	}
	s.Requests = func(*World) float64 { return 60 }
	return s
}
