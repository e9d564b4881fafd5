package simulate

import (
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
	line("\nattack\tactors\tintents\tintercepted\tmiss rate\tstopped\tfirst action after")
	for _, id := range slices.Sorted(maps.Keys(rep.Truth.Scenarios)) {
		f := rep.Truth.Scenarios[id]
		line("%s\t%d\t%d\t%.1f %%\t%.1f %%\t%d\t%d requests", id, f.Actors, f.Intents, 100*f.InterceptionRate, 100*f.MissRate, f.Stopped, f.FirstStop)
	}
	line("\ncohort\taccounts\tharmed\tchallenged\tpassed\tsucceeded")
	for _, id := range slices.Sorted(maps.Keys(rep.Truth.Cohorts)) {
		c := rep.Truth.Cohorts[id]
		line("%s\t%d\t%d\t%d\t%d\t%d", id, c.Accounts, c.Harmed, c.Challenged, c.Passed, c.Succeeded)
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

// String gives "n/N (x %)".
func (r Rate) String() string {
	return fmt.Sprintf("%d/%d (%.2f %%)", r.Numerator, r.Denominator, 100*r.Value)
}
