package simulate

import (
	"fmt"
	"io"
	"text/tabwriter"

	"fairgate/enforcement/ledger"
)

// Coverage is how often an estimator's intervals held the truth.
type Coverage struct {
	Estimator string `json:"estimator"`
	// Covered of the runs that had labels enough for a figure.
	Covered Rate `json:"covered"`
	// Events is the mean number of sampled units in the numerator, or of those
	// that are not where they are fewer: with less than ten an interval that is
	// not random cannot help covering more often than it says.
	Events float64 `json:"mean_events"`
	// Truth and Estimate are the means over the runs; their difference is bias.
	Truth    float64 `json:"mean_truth"`
	Estimate float64 `json:"mean_estimate"`
	Width    float64 `json:"mean_width"`
}

// The coverage that a 95 % interval is to have, and how many events it takes to
// have no more.
const (
	leastCovered, mostCovered = 0.93, 0.97
	fewEvents                 = 10
)

// Coverages sums up runs, in a fixed order of the estimators.
func Coverages(runs []Sampled) []Coverage {
	var out []Coverage
	for _, name := range []string{falsePositive, challengedHuman, miss, interception} {
		c := Coverage{Estimator: name}
		var covered, n int
		for _, run := range runs {
			truth, figure := run.Truth[name], run.Ledger[name]
			if !figure.Enough || truth.Denominator == 0 {
				continue
			}
			n++
			if figure.Low <= truth.Value && truth.Value <= figure.High {
				covered++
			}
			c.Events += float64(min(figure.Numerator, figure.Denominator-figure.Numerator))
			c.Truth, c.Estimate, c.Width = c.Truth+truth.Value, c.Estimate+figure.Value, c.Width+figure.High-figure.Low
		}
		if n > 0 {
			for _, mean := range []*float64{&c.Events, &c.Truth, &c.Estimate, &c.Width} {
				*mean /= float64(n)
			}
		}
		c.Covered = rate(covered, n)
		out = append(out, c)
	}
	return out
}

// Fault says what is wrong with a coverage, empty where nothing is: that it is
// outside 93 to 97 % by more than chance explains, the number of runs being
// what it is. That it covers too much is no fault where events are few.
func (c Coverage) Fault() string {
	switch {
	case c.Covered.Denominator < ledger.MinLabels:
		return fmt.Sprintf("%d runs with labels enough, at least %d", c.Covered.Denominator, ledger.MinLabels)
	case c.Covered.High < leastCovered:
		return fmt.Sprintf("covers less than %.0f %%", 100*leastCovered)
	case c.Covered.Low > mostCovered && c.Events >= fewEvents:
		return fmt.Sprintf("covers more than %.0f %%", 100*mostCovered)
	}
	return ""
}

// PrintCoverages writes them as a table.
func PrintCoverages(to io.Writer, all []Coverage) error {
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "estimator\tcovered\tinterval of that\tmean truth\tmean estimate\tmean width\tmean events\t")
	for _, c := range all {
		_, _ = fmt.Fprintf(w, "%s\t%d of %d, %.1f %%\t%.1f to %.1f %%\t%.2f %%\t%.2f %%\t%.2f %%\t%.1f\t%s\n", c.Estimator,
			c.Covered.Numerator, c.Covered.Denominator, 100*c.Covered.Value, 100*c.Covered.Low, 100*c.Covered.High,
			100*c.Truth, 100*c.Estimate, 100*c.Width, c.Events, c.Fault())
	}
	return w.Flush()
}
