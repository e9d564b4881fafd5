package challenge

import "fairgate/ingest"

// Grade is what kind of challenge is asked for.
type Grade string

// The grades.
const (
	GradeProof Grade = "proof" // proof of work, which the browser does by itself
	GradeSMS   Grade = "sms"   // a code sent to the account's verified phone
)

// Valid reports whether g is one of the grades.
func (g Grade) Valid() bool { return g == GradeProof || g == GradeSMS }

// Band is how hard a proof of work is. A visitor learns no more of the risk
// than which of the four it is.
type Band string

// The bands, from the easiest: each is three times as hard as the one before.
const (
	BandLow    Band = "low"
	BandMiddle Band = "middle"
	BandHigh   Band = "high"
	BandTop    Band = "top"
)

// Valid reports whether b is one of the bands.
func (b Band) Valid() bool { return b.work(27) > 0 }

// work is the highest number to be tried in a band, where the top band's is
// most.
func (b Band) work(most int64) int64 {
	switch b {
	case BandLow:
		return max(most/27, 1)
	case BandMiddle:
		return max(most/9, 1)
	case BandHigh:
		return max(most/3, 1)
	case BandTop:
		return most
	default:
		return 0
	}
}

// bandOf is the band of a number of steps above the lowest.
func bandOf(steps int) Band {
	return []Band{BandLow, BandMiddle, BandHigh, BandTop}[min(max(steps, 0), topStep)]
}

// Steps are how the policy adds up risk and load; topStep is the last band.
const topStep = 3

// stepsOf says how many steps one decision is worth: by its score, and one more
// where a rule that acted doubts who or what the visitor is rather than their
// pace. Counters that were not the fleet's own are guesses, and no reason for
// more than one.
func stepsOf(d ingest.Decision) int {
	steps := 0
	for _, from := range []float64{40, 70, 90} {
		if d.Score >= from {
			steps++
		}
	}
	for _, h := range d.Hits {
		if h.Shadow || h.Action.Severity() < ingest.Challenge.Severity() {
			continue
		}
		if h.Reason == ingest.ReasonClient || h.Reason == ingest.ReasonIdentity || h.Reason == ingest.ReasonReview {
			steps++
			break
		}
	}
	if d.Degraded {
		steps = min(steps, 1)
	}
	return min(steps, topStep)
}

// Figures of the policy. A subnet holds many people, so it counts only by the
// share of what it leaves open, and only where it asks a lot.
const (
	openSome    = 3   // unmet challenges of one account or device: a step more
	openMany    = 8   // … two steps more
	openStepUp  = 5   // … and the second grade, where there is one
	subnetLeast = 60  // challenges given to a subnet before its share counts
	subnetShare = 0.8 // of them unmet: a step more
)

// risk is what is known when a challenge is asked for.
type risk struct {
	steps   int   // of the decision, 0 to topStep
	own     Tally // the worse of the account's (or session's) and the device's
	subnet  Tally
	perSec  float64 // challenges this process gives a second
	busy    float64 // from how many a second on it gives harder ones
	stepsUp bool    // a code can be sent to this visitor
}

// demand is what a challenge asks for.
type demand struct {
	grade Grade
	band  Band
}

// decide is the policy: the same risk always gets the same demand. Load alone
// never asks for a code.
func (r risk) decide() demand {
	steps := r.steps
	open := r.own.open()
	switch {
	case open >= openMany:
		steps += 2
	case open >= openSome:
		steps++
	}
	if r.subnet.Issued >= subnetLeast && float64(r.subnet.open()) >= subnetShare*float64(r.subnet.Issued) {
		steps++
	}
	if r.stepsUp && (r.steps >= topStep || open >= openStepUp) {
		return demand{grade: GradeSMS, band: bandOf(steps)}
	}
	switch {
	case r.busy > 0 && r.perSec >= 4*r.busy:
		steps += 2
	case r.busy > 0 && r.perSec >= r.busy:
		steps++
	}
	return demand{grade: GradeProof, band: bandOf(steps)}
}
