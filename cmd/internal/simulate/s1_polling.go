package simulate

import (
	"context"
	"time"
)

// polling is S1: refreshing the remaining-ticket page to catch returns within
// a second. It never books; catching is what it is stopped from.
func polling() Scenario {
	period := Param{"s1.period", Seconds, logNormal(1.05, 0.2, 0.7, 1.5), "pause between reads, in the short run"}
	slow := Param{"s1.period_long", Seconds, logNormal(2.2, 0.7, 0.6, 20), "the same in a long run, where some pollers take their time"}
	jitter := Param{"s1.jitter", Fraction, logNormal(0.1, 0.9, 0.005, 0.8), "standard deviation of the pause over its mean"}
	watch := Param{"s1.watch", Seconds, logNormal(1500, 0.8, 240, 14400), "how long one watches"}
	backOff := Param{"s1.back_off", Seconds, logNormal(90, 0.8, 10, 1200), "pause after a refusal"}
	s := Scenario{
		ID: "S1", Hostile: true, Short: true, About: "polls the remaining tickets every second or so",
		Params: []Param{period, slow, jitter, watch, backOff},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := make([]*Actor, n)
		for i := range out {
			out[i] = w.Actor(s)
			if out[i].Arrive = w.wish(0, w.runDays(), nil).At; !w.Long {
				out[i].Arrive = time.Duration(w.rng.Float64() * 0.2 * float64(w.Duration))
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		v.Detail(ctx, v.world.Pool)
		v.Beacon(ctx)
		if !v.script(ctx) {
			return
		}
		// A script's timer: a period of its own, with as much jitter as its
		// author thought of.
		base, spread, end := v.time(period), v.rng.Float64()/6, v.world.Duration
		if v.world.Long {
			base, spread, end = v.time(slow), v.value(jitter), v.since()+time.Duration(v.world.Fill*float64(v.time(watch)))
		}
		refused := 0
		for v.since() < end && refused < 5 {
			if !v.wait(ctx, max(base/8, base+time.Duration(v.rng.NormFloat64()*spread*float64(base)))) {
				return
			}
			if got := v.readStock(ctx, v.world.Pool); got.stopped && v.world.Long {
				refused++
				if !v.wait(ctx, v.time(backOff)) {
					return
				}
			}
		}
	}
	s.Requests = func(w *World) float64 {
		if w.Long {
			return 8 + w.Fill*700
		}
		return 3 + 0.9*w.Duration.Seconds()/1.05
	}
	return s
}
