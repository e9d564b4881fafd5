package hints

import (
	"fmt"
	"strconv"
	"time"

	"fairgate/enforcement"
)

// weight is what one kind of hint is worth, in hundredths of a person's word,
// and the most that all of the kind are.
type weight struct{ each, most int }

// The weights. Only strangers with an account's tickets suffice alone, and only
// on two orders; see RATIONALE.md.
func weights() (mismatched, missed, failed, abandoned, passed weight) {
	return weight{50, 200}, weight{15, 60}, weight{10, 40}, weight{5, 20}, weight{-5, -20}
}

// enough is a person's word.
const enough = 100

// step is how much, in hundredths, hints must change to be said anew.
const step = 25

// tally is what the facts of an account come to: orders that strangers showed
// tickets of or that somebody missed, and windows of ten minutes by how the
// challenges in them ended.
type tally struct {
	mismatched, missed        int
	passed, failed, abandoned int
	day                       time.Time // the last that they speak about
	open                      time.Time // until when a challenge may still be met; zero: none
}

// Standing is what hints say about an account.
type Standing struct {
	Value  enforcement.LabelValue
	Source enforcement.LabelSource
	// Evidence is how much speaks for a scalper, in parts of a person's word.
	Evidence float64
	// Reason lists what was found, as "name=value" words.
	Reason string
	// VisitDay is the last day that it speaks about.
	VisitDay time.Time
}

// count tallies the facts of one account at now.
func count(facts []Fact, now time.Time) tally {
	var t tally
	missed, mismatched := map[string]int{}, map[string]bool{}
	ended := map[Kind]map[int64]bool{Asked: {}, Passed: {}, Failed: {}}
	for _, f := range facts {
		if f.Day.After(t.day) {
			t.day = f.Day
		}
		switch f.Kind {
		case NoShow:
			missed[f.Subject] += f.Positions
		case NoShowLifted:
			missed[f.Subject] -= f.Positions
		case Mismatch:
			mismatched[f.Subject] = true
		case Asked, Passed, Failed:
			if n, err := strconv.ParseInt(f.Subject, 10, 64); err == nil {
				ended[f.Kind][n] = true
			}
		}
	}
	t.mismatched = len(mismatched)
	for _, positions := range missed {
		if positions > 0 {
			t.missed++
		}
	}
	t.windows(ended, now)
	return t
}

// windows tells how challenges ended. A pass shortly after makes good what was
// asked or answered wrongly before it.
func (t *tally) windows(ended map[Kind]map[int64]bool, now time.Time) {
	t.passed = len(ended[Passed])
	met := func(n int64) bool { return ended[Passed][n] || ended[Passed][n+1] }
	for n := range ended[Failed] {
		if !met(n) {
			t.failed++
		}
	}
	for n := range ended[Asked] {
		closes := time.UnixMilli((n + 2) * window.Milliseconds()).UTC()
		switch {
		case met(n), ended[Failed][n], ended[Failed][n+1]:
		case now.Before(closes):
			if closes.After(t.open) {
				t.open = closes
			}
		default:
			t.abandoned++
		}
	}
}

// weigh says what a tally comes to.
func (t tally) weigh() Standing {
	mismatched, missed, failed, abandoned, passed := weights()
	orders := mismatched.of(t.mismatched) + missed.of(t.missed)
	challenges := failed.of(t.failed) + abandoned.of(t.abandoned) + passed.of(t.passed)
	s := Standing{
		Value: enforcement.LabelUnknown, Source: enforcement.SourceChallenge, VisitDay: t.day,
		Evidence: float64(orders+challenges) / enough,
	}
	if orders > 0 && orders >= challenges || t.passed+t.failed+t.abandoned == 0 {
		s.Source = enforcement.SourceOutcome
	}
	if orders+challenges >= enough {
		s.Value = enforcement.LabelScalper
	}
	s.Reason = fmt.Sprintf("mismatch=%d no_show=%d passed=%d failed=%d abandoned=%d evidence=%.2f",
		t.mismatched, t.missed, t.passed, t.failed, t.abandoned, s.Evidence)
	return s
}

// of is what n hints of a kind are worth.
func (w weight) of(n int) int {
	if w.each < 0 {
		return max(n*w.each, w.most)
	}
	return min(n*w.each, w.most)
}

// key names what is said, so that it is not said again until it changes.
func (s Standing) key() string {
	level := int((s.Evidence*enough + enough) / step) // positive, so that it rounds down
	return fmt.Sprintf("%s %s %d", s.Value, s.Source, level)
}
