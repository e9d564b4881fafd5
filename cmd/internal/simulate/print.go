package simulate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Print writes the report for a person to read.
func (rep *Report) Print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) }
	line("\nseed %d, %s, %d requests of which %.1f %% hostile, %d people\n", rep.Seed, rep.Duration, rep.Requests, 100*rep.HostileShare, rep.People)
	if rep.Shift != 0 {
		line("parameters shifted by seed %d\n", rep.Shift)
	}
	line("figure\ttruth\tledger")
	pair := func(name string, truth Rate, of func(*LedgerFigures) Rate) {
		ledger := "-"
		if rep.Ledger != nil {
			ledger = of(rep.Ledger).String()
		}
		line("%s\t%s\t%s", name, truth, ledger)
	}
	pair("humans harmed (false-positive rate)", rep.Truth.HumansHarmed, func(l *LedgerFigures) Rate { return l.HumansHarmed })
	pair("humans challenged", rep.Truth.HumansChallenged, func(l *LedgerFigures) Rate { return l.HumansChallenged })
	pair("scalpers that kept a ticket (miss rate)", rep.Truth.ScalpersKept, func(l *LedgerFigures) Rate { return l.ScalpersKept })
	pair("scalper intents intercepted", rep.Truth.IntentsIntercepted, func(l *LedgerFigures) Rate { return l.IntentsIntercepted })
	rep.printScenarios(line)
	line("\ncohort\taccounts\tharmed\t95 %% interval\tchallenged\tpassed\tsucceeded")
	for _, id := range InOrder(rep.Truth.Cohorts) {
		c := rep.Truth.Cohorts[id]
		line("%s\t%d\t%d\t%s\t%d\t%d\t%d", id, c.Accounts, c.Harmed, c.HarmedRate.interval(), c.Challenged, c.Passed, c.Succeeded)
	}
	line("\ngate\tscalpers' share of tickets\thumans' success\trequests that reached the booking system")
	gate := func(name string, g Gate) {
		line("%s\t%.1f %%\t%.1f %%\t%d", name, 100*g.ScalperTicketShare, 100*g.HumanSuccessRate, g.UpstreamRequests)
	}
	gate("on", rep.Truth.GateOn)
	if rep.Truth.GateOff != nil {
		gate("off", *rep.Truth.GateOff)
	}
	if rep.Incomplete {
		line("\nINCOMPLETE the run was interrupted: these are the figures up to then")
	}
	for _, d := range rep.Disagreements {
		line("\nDISAGREE %s", d)
	}
	for _, s := range rep.TooSmall {
		line("\nTOO SMALL %s", s)
	}
	return t.Flush()
}

// printScenarios writes a line for each attack, and what was made of those that
// are only alerted.
func (rep *Report) printScenarios(line func(format string, args ...any)) {
	line("\nattack\tactors\tintents\tintercepted\t95 %% interval\tmiss rate\tstopped\tmedian requests to the first action")
	for _, id := range InOrder(rep.Truth.Scenarios) {
		f := rep.Truth.Scenarios[id]
		intercepted := fmt.Sprintf("%.1f %%\t%s", 100*f.InterceptionRate, f.Interception.interval())
		if f.AlertOnly {
			intercepted = "alert only\t-"
		}
		line("%s\t%d\t%d\t%s\t%.1f %%\t%d\t%.0f", id, f.Actors, f.Intents, intercepted, 100*f.MissRate, f.Stopped, f.FirstAction.Requests.Median)
	}
	for _, id := range InOrder(rep.Truth.Scenarios) {
		if f := rep.Truth.Scenarios[id]; f.AlertOnly && f.Detection != nil {
			line("\n%s\tdetected %s\tright in %s", id, f.Detection.Detected, f.Detection.Precision)
		}
	}
}

// InOrder gives the ids of the catalogue as a person counts them.
func InOrder[V any](of map[string]V) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(a[:1], b[:1]), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// interval writes the bounds of a rate.
func (r Rate) interval() string { return fmt.Sprintf("%.2f–%.2f %%", 100*r.Low, 100*r.High) }

// String gives "n/N (x %)".
func (r Rate) String() string {
	return fmt.Sprintf("%d/%d (%.2f %%)", r.Numerator, r.Denominator, 100*r.Value)
}
