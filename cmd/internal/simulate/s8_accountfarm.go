package simulate

import (
	"context"
	"time"
)

// accountFarm is S8: accounts that were registered in one go, sleep, and wake
// for one sale.
func accountFarm() Scenario {
	size := Param{"s8.accounts", Count, logNormal(30, 0.5, 12, 120), "accounts of one farm"}
	within := Param{"s8.registered_within", Seconds, logNormal(2400, 0.7, 300, 14400), "in how long they are registered"}
	hands := Param{"s8.accounts_per_device", Count, logNormal(8, 0.5, 3, 30), "accounts of one device"}
	wakes := Param{"s8.wakes_within", Seconds, logNormal(150, 0.8, 10, 1800), "in how long they wake"}
	s := Scenario{
		ID: "S8", Hostile: true, Books: true, Long: true, About: "accounts registered in one go that wake for one sale",
		Signals: []Property{PropertyArrival, PropertyDay, PropertyMember, PropertyContact}, Params: []Param{size, within, hands, wakes},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			many := w.count(size, 4)
			c := w.ring(s, 1+many/20)
			made := time.Duration(w.rng.IntN(3))*day + w.hour()
			sales := []int{4 + w.rng.IntN(max(1, w.runDays()-4)), 4 + w.rng.IntN(max(1, w.runDays()-4))}
			pool := w.wish(0, 1, nil).Pool
			var device *Device
			left, spread := 0, w.time(within)
			for range many {
				a := w.hire(c, s)
				if left--; left <= 0 {
					device, left = NewDevice(), w.count(hands, 1)
				}
				a.Device, a.Member = device, false
				a.Arrive = made + time.Duration(w.rng.Float64()*float64(spread))
				sale := min(sales[w.rng.IntN(2)], w.runDays()-1)
				opens := time.Duration(sale)*day + OpeningHour*time.Hour
				a.Wishes = []Wish{{
					At: opens - time.Minute + w.time(wakes), Opens: opens, Pool: pool, Day: w.Days[sale+Ahead],
					Party: w.party(a.Traits.Guise, w.partySize()),
				}}
				out = append(out, a)
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		// Registered from a list, and left alone.
		v.Page(ctx)
		if !v.wait(ctx, v.between(5*time.Second, time.Minute)) || !v.Register(ctx) {
			return
		}
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.script(ctx) {
				return
			}
			v.Detail(ctx, w.Pool)
			v.Beacon(ctx)
			if !v.ready(ctx, w, v.time(v.world.habits.react)) {
				return
			}
			v.readStock(ctx, w.Pool)
			if !v.wait(ctx, v.between(3*time.Second, 40*time.Second)) {
				return
			}
			v.Submit(ctx, w)
		}
	}
	s.Requests = func(*World) float64 { return 10 }
	return s
}
