package simulate

import (
	"context"
	"time"
)

// captchaFarm is S10: a script that passes every challenge on to somebody else,
// who solves it elsewhere and sends the solution back a while later.
func captchaFarm() Scenario {
	orders := Param{"s10.orders", Count, logNormal(3, 0.4, 1, 8), "orders of one account"}
	gap := Param{"s10.gap", Seconds, logNormal(24, 0.5, 6, 90), "from the challenge to the solution that comes back"}
	hurry := Param{"s10.hurry", Seconds, logNormal(0.6, 0.7, 0.1, 5), "from the page to the order"}
	reads := Param{"s10.reads", Count, logNormal(30, 0.7, 5, 200), "reads of the stock before an order"}
	period := Param{"s10.period", Seconds, logNormal(1.6, 0.5, 0.5, 8), "pause between them"}
	s := Scenario{
		ID: "S10", Hostile: true, Books: true, Hasty: true, Units: 40, About: "a script whose challenges are solved elsewhere",
		Params: []Param{orders, gap, hurry, reads, period},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			a.farm = &gap
			for range w.count(orders, 1) {
				a.want(w.aim(a, w.runDays()))
			}
			sortWishes(a)
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.script(ctx) {
				return
			}
			v.Detail(ctx, w.Pool)
			v.Beacon(ctx)
			for range v.count(reads, 1) {
				if !v.wait(ctx, v.time(period)) {
					return
				}
				v.readStock(ctx, w.Pool)
			}
			if !v.ready(ctx, w, v.between(50*time.Millisecond, 600*time.Millisecond)) || !v.wait(ctx, v.time(hurry)) {
				return
			}
			if a := v.insist(ctx, w, 3, hurry); a.Result == ResultAccepted {
				v.pay(ctx, a)
			}
		}
	}
	s.Requests = func(*World) float64 { return 120 }
	return s
}

// elsewhere has a challenge solved at a farm: what solve sends comes from the
// farm's address, and its answer arrives after a while.
func (v *Visit) elsewhere(ctx context.Context, asked answer) (string, bool) {
	home := v.ip
	v.moveTo(pick(v.rng, v.world.networks).address(v.rng))
	pass, ok := v.solve(ctx, asked)
	v.ip = home
	return pass, ok && v.wait(ctx, v.time(*v.Actor.farm))
}
