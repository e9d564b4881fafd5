package simulate

import (
	"context"
	"time"
)

// sharedSession is S15: one sign-in is used on several machines at once, which
// all wait at the opening and all try.
func sharedSession() Scenario {
	machines := Param{"s15.machines", Count, logNormal(3.4, 0.35, 2, 9), "machines that share one session"}
	tries := Param{"s15.orders", Count, logNormal(1.7, 0.4, 1, 4), "openings at which it is done"}
	apart := Param{"s15.apart", Seconds, logNormal(0.7, 0.7, 0.05, 8), "by how much the machines differ"}
	s := Scenario{
		ID: "S15", Hostile: true, Books: true, Units: 60, About: "one session on several machines at once",
		Params: []Param{machines, tries, apart},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			a := w.Actor(s)
			for range w.count(tries, 1) {
				a.want(w.aim(a, w.runDays()))
			}
			sortWishes(a)
			for range w.count(machines, 2) - 1 {
				a.machines = append(a.machines, w.traits(a.Traits.Guise))
			}
			out[i] = a
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		devices := make([]*Device, len(v.Actor.machines))
		for i := range devices {
			devices[i] = NewDevice()
		}
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.browse(ctx, w.Pool) || !v.enter(ctx) {
				return
			}
			var others []func()
			for i, look := range v.Actor.machines {
				others = append(others, v.fork(ctx, v.time(apart), func(v *Visit) {
					v.look, v.device, v.ip = look, devices[i], look.IP.String()
					v.lurk(ctx, w, apart)
				}))
			}
			v.lurk(ctx, w, apart)
			for _, done := range others {
				done()
			}
		}
	}
	s.Requests = func(*World) float64 { return 45 }
	return s
}

// lurk waits on one machine for the opening and tries to book.
func (v *Visit) lurk(ctx context.Context, w Wish, apart Param) {
	v.Detail(ctx, w.Pool)
	v.Beacon(ctx)
	if v.awaitOpening(ctx, w) && v.wait(ctx, v.between(2*time.Second, 20*time.Second)) {
		if a := v.insist(ctx, w, 2, apart); a.Result == ResultAccepted {
			v.pay(ctx, a)
		}
	}
}
