package simulate

import (
	"context"
	"time"
)

// flakyNetwork is H9: retries, double taps, and a new address in the middle of
// the visit.
func flakyNetwork() Scenario {
	size := Param{"h9.party", Count, logNormal(1.8, 0.5, 1, 6), "persons of a booking"}
	repeats := Param{"h9.repeats", Share, chance(0.5), "a request is sent twice"}
	moves := Param{"h9.moves", Share, chance(0.5), "the address changes once more before the order"}
	s := Scenario{
		ID: "H9", Books: true, Short: true, About: "a visitor on a bad network: repeats, double taps, new addresses",
		Params: []Param{size, repeats, moves},
	}
	s.Populate = func(w *World, n int) []*Actor { return visitors(w, s, n, size) }
	s.Play = func(ctx context.Context, v *Visit) {
		w := v.Actor.Wishes[0]
		if !v.until(ctx, w.At) {
			return
		}
		v.Page(ctx)
		if v.happens(repeats) {
			v.Page(ctx) // sent twice by the browser
		}
		if !v.think(ctx) {
			return
		}
		v.Detail(ctx, w.Pool)
		v.Beacon(ctx)
		v.Move() // the train left the tunnel
		if !v.wait(ctx, v.between(300*time.Millisecond, 2*time.Second)) {
			return
		}
		for range 1 + v.count(repeats, 0) {
			v.readStock(ctx, w.Pool)
		}
		if !v.enter(ctx) || !v.awaitOpening(ctx, w) || !v.fill(ctx, w) {
			return
		}
		if v.happens(moves) {
			v.Move()
		}
		v.DoubleTap(ctx, w)
	}
	s.Requests = aVisit(1.2)
	return s
}

// DoubleTap submits one booking twice at nearly the same moment, under one
// idempotency key, as two taps of one finger do.
func (v *Visit) DoubleTap(ctx context.Context, w Wish) {
	r := v.order(w)
	join := v.fork(ctx, v.between(60*time.Millisecond, 400*time.Millisecond), func(second *Visit) { second.attempt(ctx, w, r) })
	a := v.attempt(ctx, w, r)
	join()
	if a.Result == ResultAccepted {
		v.pay(ctx, a)
	}
}
