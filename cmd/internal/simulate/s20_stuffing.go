package simulate

import (
	"context"
	"fmt"
)

// stuffing is S20: lists of leaked phone numbers and passwords are tried one by
// one, and codes are sent to numbers that did not ask for them.
func stuffing() Scenario {
	many := Param{"s20.tries", Count, logNormal(60, 0.7, 15, 600), "sign-ins or codes tried by one actor"}
	period := Param{"s20.period", Seconds, logNormal(3, 0.9, 0.2, 60), "pause between them"}
	bombs := Param{"s20.bombs", Share, chance(0.35), "sends codes in the place of trying passwords"}
	hops := Param{"s20.hops", Share, chance(0.4), "changes the address every now and then"}
	s := Scenario{
		ID: "S20", Hostile: true, Units: 30, About: "tries leaked passwords, or has codes sent to others' numbers",
		Params: []Param{many, period, bombs, hops},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := walkers(w, s, n)
		for _, a := range out {
			a.Anonymous = w.Long
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		bombing, hopping := v.happens(bombs), v.happens(hops)
		for range v.count(many, 1) {
			victim := fmt.Sprintf("%s%08d", carrierPrefixes[v.rng.IntN(len(carrierPrefixes))], v.rng.IntN(100_000_000))
			if bombing {
				v.AskCode(ctx, victim)
			} else {
				v.SignIn(ctx, victim, password(v.rng))
			}
			if hopping && v.rng.IntN(8) == 0 {
				v.moveTo(pick(v.rng, v.world.networks).address(v.rng))
			}
			if !v.wait(ctx, v.time(period)) {
				return
			}
		}
	}
	s.Requests = func(*World) float64 { return 70 }
	return s
}
