package simulate

import (
	"context"
	"time"
)

// lowAndSlow is S6: a great many addresses, each with a device and an account
// of its own and one request every few seconds at most, that all look at the
// stock in the same daily windows and take what comes.
func lowAndSlow() Scenario {
	fleet := Param{"s6.fleet", Count, logNormal(60, 0.5, 25, 250), "accounts of one operator"}
	pace := Param{"s6.pace", Seconds, logNormal(14, 0.6, 4, 90), "pause between requests of one address"}
	looks := Param{"s6.looks", Count, logNormal(9, 0.5, 3, 40), "requests of one address in a window"}
	window := Param{"s6.window", Seconds, logNormal(300, 0.6, 60, 2400), "within how long the fleet wakes"}
	days := Param{"s6.days", Count, logNormal(5, 0.4, 2, 12), "days on which the fleet wakes"}
	s := Scenario{
		ID: "S6", Hostile: true, Books: true, Long: true, About: "a fleet of addresses, each low and slow, in daily windows",
		Signals: []Property{PropertyArrival, PropertyDay, PropertyParty, PropertyContact}, Params: []Param{fleet, pace, looks, window, days},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			size := w.count(fleet, 3)
			c := w.ring(s, 1+size/25)
			image := w.traits(w.guise())
			hour, on := w.hour(), w.rng.Perm(w.runDays())[:min(w.runDays(), w.count(days, 1))]
			for range size {
				a := w.hire(c, s)
				a.Traits.clone(image)
				for _, d := range on {
					if w.rng.Float64() < 0.6 {
						continue // the fleet takes turns
					}
					wish := w.wish(d, d+1, w.party(a.Traits.Guise, 1+w.rng.IntN(2)))
					wish.At, wish.Opens = time.Duration(d)*day+hour+w.time(window), 0
					wish.Day = w.Days[d+1+w.soon(Ahead-1)]
					a.want(wish)
				}
				if len(a.Wishes) > 0 {
					sortWishes(a)
					out = append(out, a)
				}
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.sip(ctx, w, pace, v.count(looks, 1)) {
				return
			}
		}
	}
	s.Requests = func(*World) float64 { return 25 }
	return s
}

// sip looks at the stock a few times, slowly, and takes what there is.
func (v *Visit) sip(ctx context.Context, w Wish, pace Param, looks int) bool {
	v.Page(ctx)
	v.Detail(ctx, w.Pool)
	v.Beacon(ctx)
	if !v.wait(ctx, v.time(pace)) || !v.script(ctx) {
		return false
	}
	for range looks {
		if !v.wait(ctx, v.time(pace)) {
			return false
		}
		if v.readStock(ctx, w.Pool).left()[w.Day] < len(w.Party) {
			continue
		}
		if a := v.Submit(ctx, w); a.Result != ResultHouse {
			v.pay(ctx, a)
			break
		}
	}
	return true
}
