package simulate

import (
	"context"
	"net/http"

	"fairgate/ingest/gateway"
)

// forgedTelemetry is S3: one recorded beacon is sent from many places, device
// tokens are copied between machines, and user agents are rotated while the
// client goes on being what it is.
func forgedTelemetry() Scenario {
	places := Param{"s3.places", Count, logNormal(7, 0.5, 3, 25), "accounts that share one recording"}
	orders := Param{"s3.orders", Count, logNormal(1.6, 0.4, 1, 5), "orders of one account"}
	copied := Param{"s3.copies_token", Share, chance(0.5), "the device token is copied, too"}
	rotates := Param{"s3.rotates_agent", Share, chance(0.5), "another user agent with each request"}
	repeats := Param{"s3.repeats", Count, logNormal(2.5, 0.5, 1, 8), "times that one place sends the recording"}
	s := Scenario{
		ID: "S3", Hostile: true, Books: true, Units: 12, About: "replays one recorded beacon from many places, with copied tokens",
		Signals: []Property{PropertyAgent, PropertyHints, PropertyClock, PropertyBeacons}, Params: []Param{places, orders, copied, rotates, repeats},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 1+w.rng.IntN(3))
			recorded := w.traits(w.guise())
			recorded.Beacons = true
			device, copies := NewDevice(), w.happens(copied)
			for range w.count(places, 2) {
				a := w.hire(c, s)
				a.Traits.clone(recorded)
				if copies {
					a.Device = device
				}
				for range w.count(orders, 1) {
					a.want(w.aim(a, w.runDays()))
				}
				sortWishes(a)
				out = append(out, a)
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		rotated := v.happens(rotates)
		for _, w := range v.Actor.Wishes {
			if !v.until(ctx, w.At) || !v.forge(ctx, w, v.count(repeats, 1), rotated) ||
				!v.script(ctx) || !v.ready(ctx, w, v.time(v.world.habits.react)) {
				return
			}
			if a := v.Submit(ctx, w); a.Result == ResultAccepted {
				v.pay(ctx, a)
			}
		}
	}
	s.Requests = func(*World) float64 { return 14 }
	return s
}

// forge looks around and sends the recording again and again, each time with
// another user agent where they are rotated.
func (v *Visit) forge(ctx context.Context, w Wish, times int, rotated bool) bool {
	v.Page(ctx)
	for range times {
		if !v.think(ctx) {
			return false
		}
		v.replay(ctx)
		if rotated {
			v.look.Agent = profile(v.rng, v.world.models).Agent
		}
		v.Detail(ctx, w.Pool)
	}
	return v.think(ctx)
}

// replay sends the ring's recording: the first who comes makes it, with a nonce
// of their own device, and everybody sends the same bytes.
func (v *Visit) replay(ctx context.Context) {
	c := v.Actor.Ring
	c.mu.Lock()
	recording := c.recording
	c.mu.Unlock()
	if recording == nil {
		nonce, ok := v.nonce(ctx)
		if !ok {
			return
		}
		b := v.beacon(nonce, nil)
		c.mu.Lock()
		if c.recording == nil {
			c.recording = &b
		}
		recording = c.recording
		c.mu.Unlock()
	}
	v.do(ctx, request{method: http.MethodPost, path: gateway.CollectPath, body: *recording})
}
