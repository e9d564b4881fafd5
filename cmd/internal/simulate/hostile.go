package simulate

import (
	"context"
	"math"
	"time"
)

// partySize draws how many persons an attacker books at once: as many as
// people of the cohorts do, groups excepted.
func (w *World) partySize() int {
	sizes := [...]Dist{
		logNormal(1.8, 0.5, 1, 6), logNormal(1.4, 0.5, 1, 5), logNormal(2.1, 0.5, 1, 8), logNormal(1.6, 0.5, 1, 6),
		uniform(0.5, 2.5), logNormal(1.3, 0.4, 1, 3), logNormal(1.8, 0.5, 1, 6), logNormal(2, 0.5, 1, 6),
		familySize(w),
	}
	return max(1, int(math.Round(sizes[w.rng.IntN(len(sizes))].draw(w.rng))))
}

// familySize is what one order of a family has: all of it, or a part.
func familySize(w *World) Dist {
	if w.rng.Float64() < 0.7 {
		return uniform(2.5, 3.5)
	}
	return logNormal(5.6, 0.2, 4, 10)
}

// aim draws a wish as people have them, with documents of an actor's guise.
func (w *World) aim(a *Actor, to int) Wish {
	return w.wish(0, to, w.party(a.Traits.Guise, w.partySize()))
}

// script signs in without looking, as programs do; a session that is still good
// is kept.
func (v *Visit) script(ctx context.Context) bool {
	v.hand = false
	if v.Actor.token != "" && (!v.world.Long || v.now().Sub(v.Actor.since) < sessionGood) {
		return ctx.Err() == nil
	}
	return v.open(ctx)
}

// ready waits until a wish's day is open.
func (v *Visit) ready(ctx context.Context, w Wish, late time.Duration) bool {
	if !v.until(ctx, w.At) {
		return false
	}
	return w.Opens <= v.since() || v.until(ctx, w.Opens+late)
}

// insist submits again where the booking system says that it has no place or
// is not open yet.
func (v *Visit) insist(ctx context.Context, w Wish, times int, pause Param) Attempt {
	v.hand = false
	a := v.Submit(ctx, w)
	for range times {
		if a.Result != ResultHouse || a.Code != codeSoldOut && a.Code != codeNotOpen || !v.wait(ctx, v.time(pause)) {
			break
		}
		a = v.Submit(ctx, w)
	}
	return a
}

// stays is for how long somebody who just booked goes on without looking
// around anew.
const stays = 10 * time.Minute

// playByHand is an attacker who does at the screen what people do, for all
// wishes one after the other.
func playByHand(ctx context.Context, v *Visit) {
	over := -stays
	for _, w := range v.Actor.Wishes {
		if !v.until(ctx, w.At) {
			return
		}
		if v.since()-over < stays && w.Opens <= v.since() {
			v.book(ctx, w)
		} else {
			v.visit(ctx, w)
		}
		over = v.since()
	}
}

// clone gives a device the same look as another: one image, copied.
func (t *Traits) clone(of Traits) {
	t.Profile, t.Zone, t.Offset, t.Language, t.Beacons, t.Skew = of.Profile, of.Zone, of.Offset, of.Language, of.Beacons, of.Skew
}
