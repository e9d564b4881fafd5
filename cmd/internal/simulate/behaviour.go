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
	second := *v
	second.rng = rand.New(rand.NewPCG(v.rng.Uint64(), v.world.Seed))
	beside := newCrew(ctx, v.scene)
	beside.Go(ctx, d, func() {
		if ctx.Err() == nil {
			fn(&second)
		}
	})
	return beside.Wait
}

// take waits until nobody else has the actor's device in hand, and give puts it
// down: a phone cannot be used by two people at once, though it can run several
// scripts.
func (v *Visit) take(ctx context.Context) bool { return v.device.hands.take(ctx, v.scene) }
func (v *Visit) give()                         { v.device.hands.give() }

// between draws a duration from a log-normal distribution whose median lies
// between lo and hi's geometric mean, cut to [lo, hi]: hands and eyes are
// quick at best and slow at worst, and mostly in between.
func (v *Visit) between(lo, hi time.Duration) time.Duration {
	mid := (math.Log(float64(lo)) + math.Log(float64(hi))) / 2
	spread := (math.Log(float64(hi)) - math.Log(float64(lo))) / 4
	d := time.Duration(math.Exp(mid + v.rng.NormFloat64()*spread))
	return max(lo, min(hi, d))
}
