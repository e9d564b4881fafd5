package simulate

import (
	"context"
	"math"
	"time"
)

// wait pauses for d, shorter where ctx ends; it reports whether to go on.
func (v *Visit) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// until waits for a moment of the run.
func (v *Visit) until(ctx context.Context, at time.Duration) bool {
	return v.wait(ctx, at-time.Since(v.start))
}

// between draws a duration from a log-normal distribution whose median lies
// between lo and hi's geometric mean, cut to [lo, hi]: hands and eyes are
// quick at best and slow at worst, and mostly in between.
func (v *Visit) between(lo, hi time.Duration) time.Duration {
	mid := (math.Log(float64(lo)) + math.Log(float64(hi))) / 2
	spread := (math.Log(float64(hi)) - math.Log(float64(lo))) / 4
	d := time.Duration(math.Exp(mid + v.rng.NormFloat64()*spread))
	return max(lo, min(hi, d))
}

// think is a person's pause on a page. Runs are short, so people are brisk:
// a median of about two seconds where real visitors take twenty.
func (v *Visit) think(ctx context.Context) bool {
	return v.wait(ctx, v.between(800*time.Millisecond, 6*time.Second))
}

// browse is how anybody comes to a booking by hand: entrance, the pool's
// page, the stock; each with a pause, beacons where the browser sends them.
func (v *Visit) browse(ctx context.Context) bool {
	v.Page(ctx)
	if !v.think(ctx) {
		return false
	}
	v.Detail(ctx)
	v.Beacon(ctx)
	if !v.think(ctx) {
		return false
	}
	v.Stock(ctx)
	return true
}

// awaitOpening is the excited refreshing before a sale: irregular, a few
// seconds apart, more often as the moment comes near.
func (v *Visit) awaitOpening(ctx context.Context) bool {
	for left := v.world.Opens - time.Since(v.start); left > 0; left = v.world.Opens - time.Since(v.start) {
		pause := v.between(1500*time.Millisecond, 9*time.Second)
		if pause > left {
			return v.wait(ctx, left) && v.wait(ctx, v.between(200*time.Millisecond, 3*time.Second))
		}
		if !v.wait(ctx, pause) {
			return false
		}
		v.Stock(ctx)
	}
	return true
}

// book is a person's booking: fill in the form, submit, look at the order. A
// day that is full is given up for another, twice.
func (v *Visit) book(ctx context.Context) {
	for i, party := range v.Actor.Parties {
		if !v.wait(ctx, v.between(1500*time.Millisecond, 9*time.Second)) {
			return
		}
		day := v.Actor.Days[i%len(v.Actor.Days)]
		for range 3 {
			a := v.Submit(ctx, day, party)
			if a.Result != ResultHouse || a.Code != codeSoldOut {
				break
			}
			if !v.think(ctx) {
				return
			}
			v.Stock(ctx)
			if !v.think(ctx) {
				return
			}
			day = v.world.Days[v.rng.IntN(len(v.world.Days))]
		}
	}
}
