package pointer

import (
	"errors"
	"fmt"
	"math"
)

// Point is one position of the pointer: milliseconds and pixels, from any
// origin.
type Point struct{ T, X, Y float64 }

// Pause is the longest time between two points of one stroke, in milliseconds.
// Screens refresh at least every 34 ms; a longer gap means that the hand
// rested.
const Pause = 100

// Step is the least time between two points that are looked at, in
// milliseconds: those between are left out, so that a screen that refreshes
// 240 times a second gives the figures of one that does so 60 times.
const Step = 14

// Summary are the statistics of a row of points. A step leads from one point to
// the next that is at least Step later. Steps that take longer than Pause separate strokes
// and count as pauses; the others are moves. Every figure but Moves is 0 where
// there is nothing to compute it from. The collector's summary.ts computes the
// same; testdata/vectors.json holds both to it.
type Summary struct {
	// Moves is the number of moves.
	Moves int `json:"moves"`
	// Speed is the mean of the moves' speeds, in pixels per millisecond, and
	// SpeedSpread their standard deviation divided by it.
	Speed       float64 `json:"speed"`
	SpeedSpread float64 `json:"speed_spread"`
	// Acceleration is the mean of |Δspeed| / time between successive moves of a
	// stroke, in px/ms²; Jerk that of |Δacceleration| / time, in px/ms³.
	Acceleration float64 `json:"acceleration"`
	Jerk         float64 `json:"jerk"`
	// Turn is the mean angle between successive moves, in radians (a measure of
	// curvature); Straight the share of those under a hundredth.
	Turn     float64 `json:"turn"`
	Straight float64 `json:"straight"`
	// Straightness is the distance between a stroke's ends divided by its
	// length, meaned over the strokes that have a length.
	Straightness float64 `json:"straightness"`
	// Pauses is the share of steps that are pauses.
	Pauses float64 `json:"pauses"`
	// Rhythm is the standard deviation of the moves' durations divided by their
	// mean.
	Rhythm float64 `json:"rhythm"`
	// Axis is the share of moves that are exactly horizontal or vertical.
	Axis float64 `json:"axis"`
}

// Summarise computes the statistics.
func Summarise(points []Point) Summary {
	var a accumulator
	for _, p := range points {
		a.add(p)
	}
	return a.summary()
}

// mean collects a mean and a variance by Welford's method.
type mean struct {
	n        int
	mean, m2 float64
}

func (m *mean) add(v float64) {
	m.n++
	d := v - m.mean
	m.mean += d / float64(m.n)
	m.m2 += d * (v - m.mean)
}

// spread is the standard deviation divided by the mean.
func (m *mean) spread() float64 {
	if m.n < 2 || m.mean <= 0 {
		return 0
	}
	return math.Sqrt(m.m2/float64(m.n)) / m.mean
}

// straightTurn is the angle under which a course counts as straight, radians.
const straightTurn = 0.01

// accumulator takes points one by one, as a browser must.
type accumulator struct {
	started bool
	last    Point

	// of the stroke so far
	from                     Point
	length                   float64
	moved, turned            bool // there is a move, a turn before
	speed, accel             float64
	dx, dy                   float64
	speeds, durations        mean
	accels, jerks, turns     mean
	straightness             mean
	moves, pauses, axis, bee int // bee: turns that were straight
}

func (a *accumulator) add(p Point) {
	if !a.started {
		a.started, a.last, a.from = true, p, p
		return
	}
	dt := p.T - a.last.T
	if dt < Step {
		return
	}
	if dt > Pause {
		a.pauses++
		a.endStroke()
		a.last, a.from = p, p
		return
	}
	dx, dy := p.X-a.last.X, p.Y-a.last.Y
	distance := math.Hypot(dx, dy)
	speed := distance / dt
	a.moves++
	if dx == 0 || dy == 0 {
		a.axis++
	}
	a.speeds.add(speed)
	a.durations.add(dt)
	if a.moved {
		accel := (speed - a.speed) / dt
		a.accels.add(math.Abs(accel))
		if a.turned {
			a.jerks.add(math.Abs(accel-a.accel) / dt)
		}
		angle := math.Abs(math.Atan2(a.dx*dy-a.dy*dx, a.dx*dx+a.dy*dy))
		a.turns.add(angle)
		if angle < straightTurn {
			a.bee++
		}
		a.accel, a.turned = accel, true
	}
	a.speed, a.dx, a.dy, a.moved = speed, dx, dy, true
	a.length += distance
	a.last = p
}

func (a *accumulator) endStroke() {
	if a.length > 0 {
		a.straightness.add(math.Hypot(a.last.X-a.from.X, a.last.Y-a.from.Y) / a.length)
	}
	a.length, a.moved, a.turned = 0, false, false
}

func (a *accumulator) summary() Summary {
	a.endStroke()
	share := func(part, whole int) float64 {
		if whole == 0 {
			return 0
		}
		return float64(part) / float64(whole)
	}
	return Summary{
		Moves: a.moves,
		Speed: a.speeds.mean, SpeedSpread: a.speeds.spread(),
		Acceleration: a.accels.mean, Jerk: a.jerks.mean,
		Turn: a.turns.mean, Straight: share(a.bee, a.turns.n),
		Straightness: a.straightness.mean,
		Pauses:       share(a.pauses, a.pauses+a.moves),
		Rhythm:       a.durations.spread(),
		Axis:         share(a.axis, a.moves),
	}
}

// Bounds of what a collector may report: far above what a hand can do, and low
// enough that nothing overflows.
const (
	MaxMoves = 1 << 16
	maxRate  = 1e6
	maxRatio = 1e3
)

// ErrSummary is wrapped by every error of Validate.
var ErrSummary = errors.New("bad pointer summary")

// Validate reports the figures that no row of points has.
func (s Summary) Validate() error {
	var errs []error
	in := func(name string, v, most float64) {
		if !(v >= 0 && v <= most) { // refuses NaN, too
			errs = append(errs, fmt.Errorf("%w: %s is %v, want 0 to %v", ErrSummary, name, v, most))
		}
	}
	in("moves", float64(s.Moves), MaxMoves)
	in("speed", s.Speed, maxRate)
	in("speed_spread", s.SpeedSpread, maxRatio)
	in("acceleration", s.Acceleration, maxRate)
	in("jerk", s.Jerk, maxRate)
	in("turn", s.Turn, math.Pi+1e-9)
	in("straight", s.Straight, 1)
	in("straightness", s.Straightness, 1+1e-9)
	in("pauses", s.Pauses, 1)
	in("rhythm", s.Rhythm, maxRatio)
	in("axis", s.Axis, 1)
	return errors.Join(errs...)
}
