package simulate

import "context"

// residentialProxies is S5: every few requests leave through another household
// somewhere in the country, while device and account stay.
func residentialProxies() Scenario {
	orders := Param{"s5.orders", Count, logNormal(3, 0.4, 1, 10), "orders of one account"}
	keeps := Param{"s5.requests_per_address", Count, logNormal(2, 0.6, 1, 12), "requests until the address changes"}
	looks := Param{"s5.looks", Count, logNormal(9, 0.7, 2, 60), "looks at the stock before an order"}
	pace := Param{"s5.pace", Seconds, logNormal(6, 0.6, 1, 60), "pause between looks"}
	s := Scenario{
		ID: "S5", Hostile: true, Books: true, Units: 40, About: "rotates through residential proxies under one device",
		Signals: []Property{PropertyNetwork, PropertyAddress}, Params: []Param{orders, keeps, looks, pace},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			for range w.count(orders, 1) {
				a.want(w.aim(a, w.runDays()))
			}
			sortWishes(a)
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		left := 0
		hop := func() {
			if left--; left <= 0 {
				v.moveTo(pick(v.rng, v.world.networks).address(v.rng))
				left = v.count(keeps, 1)
			}
		}
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) {
				return
			}
			hop()
			v.Page(ctx)
			v.Detail(ctx, w.Pool)
			v.Beacon(ctx)
			for range v.count(looks, 1) {
				if !v.wait(ctx, v.time(pace)) {
					return
				}
				hop()
				v.readStock(ctx, w.Pool)
			}
			if !v.script(ctx) || !v.ready(ctx, w, v.time(v.world.habits.react)) {
				return
			}
			hop()
			if a := v.insist(ctx, w, 4, pace); a.Result == ResultAccepted {
				hop()
				v.pay(ctx, a)
			}
		}
	}
	s.Requests = func(*World) float64 { return 50 }
	return s
}
