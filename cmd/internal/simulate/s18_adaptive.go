package simulate

import (
	"context"
	"time"
)

// adaptive is S18: an operator who reads refusals and changes one thing at a
// time: goes slower, takes another address, another device, another account,
// another number to be reached at. It works at a person's pace with any of the
// other tactics, for buyers who have paid in advance.
func adaptive() Scenario {
	accounts := Param{"s18.accounts", Count, logNormal(14, 0.4, 6, 45), "accounts of one operator"}
	devices := Param{"s18.devices", Count, logNormal(5, 0.4, 2, 15), "devices of one operator"}
	jobs := Param{"s18.jobs", Count, logNormal(22, 0.4, 10, 80), "buyers of one operator"}
	tries := Param{"s18.tries", Count, logNormal(3, 0.4, 1, 8), "times that one buyer's booking is tried"}
	calm := Param{"s18.calm", Seconds, logNormal(240, 1, 20, 7200), "pause after a refusal"}
	fast := Param{"s18.fast", Share, chance(0.3), "begins with a script's speed"}
	s := Scenario{
		ID: "S18", Hostile: true, Books: true, Long: true, About: "reads refusals and changes one trait at a time, at a person's pace",
		Signals: []Property{PropertyContact, PropertyAgent, PropertyScreen, PropertyPicture, PropertyHints},
		Params:  []Param{accounts, devices, jobs, tries, calm, fast},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 3)
			var looks []Traits
			var hands []*Device
			for range w.count(devices, 1) {
				looks, hands = append(looks, w.traits(w.guise())), append(hands, NewDevice())
			}
			for i := range w.count(accounts, 2) {
				a := w.hire(c, s)
				a.Device = hands[i%len(hands)]
				a.Traits.clone(looks[i%len(looks)])
				a.machines = looks
				out = append(out, a)
			}
			lead := c.Members[0]
			for range w.count(jobs, 1) {
				lead.want(w.aim(lead, w.runDays()))
			}
			sortWishes(lead)
			for _, a := range c.Members {
				a.Arrive = lead.Arrive
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if len(v.Actor.Wishes) == 0 {
			return // the first of the ring works with all accounts
		}
		hasty := v.happens(fast)
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) {
				return
			}
			hasty = v.persist(ctx, w, v.count(tries, 1), calm, hasty) && hasty
		}
	}
	s.Requests = func(*World) float64 { return 25 }
	return s
}

// persist tries one buyer's booking until it is made or its tries are used up;
// it reports whether nothing was refused.
func (v *Visit) persist(ctx context.Context, w Wish, tries int, calm Param, hasty bool) (smooth bool) {
	ring := v.Actor.Ring
	a := ring.fresh()
	for range tries {
		if ring.refusals(a) >= dropped {
			a = ring.fresh()
		}
		done, refused := ring.try(ctx, v, a, w, hasty)
		if refused {
			hasty = false
		}
		if done || !v.wait(ctx, v.time(calm)) {
			break
		}
	}
	return hasty
}

// fresh is the next account that was not dropped.
func (c *Ring) fresh() *Actor {
	a := c.turnOf()
	for range c.Members {
		if c.refusals(a) < dropped {
			break
		}
		a = c.turnOf()
	}
	return a
}

// try books one buyer's wish with one account, and reports whether it is
// settled, and whether it was refused.
func (c *Ring) try(ctx context.Context, lead *Visit, a *Actor, w Wish, hasty bool) (done, refused bool) {
	v := newVisit(a, lead.scene)
	v.rng = lead.rng
	c.disguise(v)
	before := len(a.seen.Attempts)
	if hasty {
		v.Detail(ctx, w.Pool)
		if v.script(ctx) && v.ready(ctx, w, v.between(100*time.Millisecond, 2*time.Second)) {
			v.Submit(ctx, w)
		}
	} else {
		v.visit(ctx, w)
	}
	stopped := true
	for _, at := range a.seen.Attempts[before:] {
		switch at.Result {
		case ResultAccepted:
			return true, false
		case ResultHouse:
			stopped = false
		case ResultRefused, ResultAbandoned, ResultError:
		}
	}
	if stopped && ctx.Err() == nil {
		c.refuse(a)
	}
	return false, stopped
}

// After how many refusals an account goes on from another address, from another
// device with another look, or not at all.
const (
	moved     = 1
	disguised = 2
	dropped   = 4
)

// disguise changes what was refused, one thing at a time.
func (c *Ring) disguise(v *Visit) {
	n := c.refusals(v.Actor)
	if n >= moved {
		v.Move()
	}
	if n >= disguised {
		phone, password, ip := v.look.Phone, v.look.Password, v.look.IP
		v.look = v.Actor.machines[v.rng.IntN(len(v.Actor.machines))]
		v.look.Phone, v.look.Password, v.look.IP = phone, password, ip
		v.device = NewDevice()
	}
}
