package simulate

import "time"

// venue is where the venue's days begin and end.
var venue = time.FixedZone("UTC+8", 8*60*60)

// Long reports whether a plan's run has days.
func (p Plan) Long() bool { return p.Duration >= day }

// world makes the world that the plan asks for. A long one begins at the next
// midnight of the venue; until then accounts are opened.
func (r *Runner) world(run uint64) *World {
	now := r.stage.Now()
	if !r.plan.Long() {
		return NewWorld(r.plan.Seed, run, r.plan.Duration, now.AddDate(0, 0, 2))
	}
	return NewLongWorld(r.plan.Seed, run, int(r.plan.Duration/day), midnight(now), r.plan.Shift)
}

// begins is when the timed part of a world begins.
func (r *Runner) begins(w *World) time.Time {
	if !w.Long {
		return r.stage.Now().Add(500 * time.Millisecond)
	}
	first, err := time.ParseInLocation(time.DateOnly, w.Days[0], venue)
	if err != nil { // Days are written by NewLongWorld
		return r.stage.Now()
	}
	return first
}

// midnight is when the venue's next day begins.
func midnight(now time.Time) time.Time {
	y, m, d := now.In(venue).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, venue)
}
