package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// now is the time of the run; since is how much of its timed part is over.
func (v *Visit) now() time.Time       { return v.scene.Now() }
func (v *Visit) since() time.Duration { return v.now().Sub(v.scene.Start) }

// wait pauses for d, shorter where ctx ends; it reports whether to go on.
func (v *Visit) wait(ctx context.Context, d time.Duration) bool { return v.scene.Wait(ctx, d) }

// until waits for a moment of the run, counted from the start of its timed
// part.
func (v *Visit) until(ctx context.Context, at time.Duration) bool {
	return v.wait(ctx, at-v.since())
}

// fork begins fn beside the visit, after d; what it gives back waits for its
// end and must be called. The second visit is the same actor's, with choices of
// its own: two that draw from one source at once would not repeat.
func (v *Visit) fork(ctx context.Context, d time.Duration, fn func(*Visit)) (join func()) {
	second := &Visit{
		Actor: v.Actor, world: v.world, scene: v.scene, ip: v.ip, past: v.past,
		rng: rand.New(rand.NewPCG(v.rng.Uint64(), v.world.Seed)),
	}
	beside := newCrew(v.scene)
	beside.Go(ctx, d, func() {
		if ctx.Err() == nil {
			fn(second)
		}
	})
	return beside.Wait
}

// take waits until nobody else has the actor's device in hand, and give puts it
// down: a phone cannot be used by two people at once, though it can run several
// scripts.
func (v *Visit) take(ctx context.Context) bool { return v.Actor.Device.hands.take(ctx, v.scene) }
func (v *Visit) give()                         { v.Actor.Device.hands.give() }

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
	for left := v.world.Opens - v.since(); left > 0; left = v.world.Opens - v.since() {
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
