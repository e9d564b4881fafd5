package simulate

import "context"

// bare is H6: a screen reader, an old phone or a privacy browser: no collector,
// at times no cookies, and a pace of its own.
func bare() Scenario {
	size := Param{"h6.party", Count, logNormal(1.6, 0.5, 1, 6), "persons of a booking"}
	cookies := Param{"h6.no_cookies", Share, chance(0.2), "keeps no cookies"}
	keyboard := Param{"h6.keyboard", Share, chance(0.4), "goes by keyboard: quick on pages that are known, slow in forms"}
	s := Scenario{
		ID: "H6", Books: true, Guise: GuiseBare, About: "assistive technology, an old phone, or a browser without the collector",
		Params: []Param{size, cookies, keyboard},
	}
	s.Populate = func(w *World, n int) []*Actor {
		out := visitors(w, s, n, size)
		for _, a := range out {
			a.NoCookies = w.happens(cookies)
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if !v.world.Long || !v.happens(keyboard) {
			playVisitor(ctx, v)
			return
		}
		// A screen reader's user jumps from landmark to landmark.
		w := v.Actor.Wishes[0]
		if !v.until(ctx, w.At) {
			return
		}
		v.Detail(ctx, w.Pool)
		v.readStock(ctx, w.Pool)
		if !v.think(ctx) || !v.enter(ctx) || !v.awaitOpening(ctx, w) || !v.wait(ctx, v.time(v.world.habits.form)) {
			return
		}
		v.book(ctx, w)
	}
	s.Requests = aVisit(1)
	return s
}
