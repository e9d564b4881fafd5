package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/normal"
)

type rulesSuggestCommand struct {
	operatorsFlags
	Feature string    `help:"One feature; none: a table over all."`
	Kind    string    `help:"Only requests of this kind, such as order.submit."`
	Route   string    `help:"Only requests on this route."`
	From    time.Time `help:"Start of the period (RFC 3339); seven days before its end by default."`
	To      time.Time `help:"End of the period (RFC 3339); now by default."`
	Budget  string    `help:"Share of ordinary accounts that a threshold may hit." default:"0.1%"`
	JSON    bool      `help:"Print the API's answer as JSON." name:"json"`
}

// Help says what is proposed, and on what ground.
func (c *rulesSuggestCommand) Help() string {
	return `Proposes thresholds from what ordinary accounts did in the period: those labelled human,
and those without a label against which nothing was held. For each feature and direction
it is the threshold that catches most while the expected share of ordinary accounts that
it would ever hit stays within the budget. Rates are per distinct account, with their 95 %
interval; a threshold whose whole interval is within the budget is marked "proven".`
}

// Run asks the operators' API and prints its answer.
func (c *rulesSuggestCommand) Run(ctx context.Context) error {
	budget, err := share(c.Budget)
	if err != nil {
		return fmt.Errorf("--budget %q: %w", c.Budget, err)
	}
	query := c.query()
	query.Set("budget", strconv.FormatFloat(budget, 'g', -1, 64))
	var found normal.Suggestions
	if err := c.call(ctx, http.MethodGet, "/api/v1/suggestions?"+query.Encode(), nil, &found); err != nil {
		return err
	}
	if c.JSON {
		return encodeReport(os.Stdout, found)
	}
	if c.Feature == "" {
		return suggestTable(os.Stdout, found)
	}
	var usual normal.Behaviour
	if err := c.call(ctx, http.MethodGet, "/api/v1/normal?"+c.query().Encode(), nil, &usual); err != nil {
		return err
	}
	return suggestOne(os.Stdout, found, usual)
}

func (c *rulesSuggestCommand) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"feature": c.Feature, "kind": c.Kind, "route": c.Route} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"from": c.From, "to": c.To} {
		if !at.IsZero() {
			query.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	return query
}

// share reads a share as "0.1%" or "0.001".
func share(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return 0, fmt.Errorf("neither a percentage such as 0.1%% nor a share such as 0.001")
	}
	if percent {
		v /= 100
	}
	if !(v > 0 && v <= normal.MaxBudget) {
		return 0, fmt.Errorf("above 0 and at most %s", normal.Percent(normal.MaxBudget))
	}
	return v, nil
}

// venue is the zone in which operators read times.
func venue(t time.Time) string {
	return t.In(time.FixedZone("UTC+8", 8*60*60)).Format("2006-01-02 15:04 -07:00")
}

// groundOf says on what the answer rests.
func groundOf(w io.Writer, f normal.Suggestions) {
	p := f.Population
	scope := "all requests"
	if f.Kind != "" || f.Route != "" {
		scope = strings.TrimSpace("requests " + named("of kind ", string(f.Kind)) + named(" on route ", f.Route))
	}
	_, _ = fmt.Fprintf(w, "%s to %s, %s\n", venue(f.Period.From), venue(f.Period.To), scope)
	_, _ = fmt.Fprintf(w, "ordinary accounts 普通账号: %d = %d labelled human 真人 + %d unlabelled 未标注 with nothing held against them\n", p.Ordinary, p.Human, p.Clean)
	_, _ = fmt.Fprintf(w, "left out 不计入: %d unlabelled with hits or actions, %d labelled scalper 黄牛\n", p.Suspect, p.Scalper)
	if p.Share < 1 {
		_, _ = fmt.Fprintf(w, "a sample of %s of the accounts was read; all numbers are the sample's\n", normal.Percent(p.Share))
	}
	if p.BuiltUntil.IsZero() {
		_, _ = fmt.Fprintln(w, "nothing of this period is in yet; the ledger role brings it in within minutes")
	}
	_, _ = fmt.Fprintf(w, "budget: at most %s of ordinary accounts\n\n", normal.Percent(f.Budget))
}

func named(before, name string) string {
	if name == "" {
		return ""
	}
	return before + name
}

// suggestTable prints one line for each threshold that would hit anybody whom
// it should, and says how many others there are.
func suggestTable(w io.Writer, f normal.Suggestions) error {
	groundOf(w, f)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "CONDITION\tEXPECTED 误判\tORDINARY HIT\t95 %\tPROVEN\tSCALPERS HIT 黄牛\tSUSPECTS HIT")
	missing, idle := map[string]int{}, 0
	for _, s := range byCatch(f.Suggestions) {
		switch {
		case !s.Enough:
			missing[s.Why]++
		case s.Caught.Numerator+s.Suspects.Numerator == 0:
			idle++
		default:
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.When, normal.Percent(s.Expected), counts(s.FalsePositive),
				interval(s.FalsePositive), yes(s.Proven), counts(s.Caught), counts(s.Suspects))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if idle > 0 {
		_, _ = fmt.Fprintf(w, "%d thresholds would hit no labelled scalper and no suspect\n", idle)
	}
	for why, n := range missing {
		_, _ = fmt.Fprintf(w, "%d thresholds: %s\n", n, why)
	}
	if len(f.Suggestions) == 0 {
		_, _ = fmt.Fprintln(w, "no feature had a value in this period")
	}
	return nil
}

// byCatch puts first what hits most labelled scalpers, then most suspects.
func byCatch(all []normal.Suggestion) []normal.Suggestion {
	return slices.SortedStableFunc(slices.Values(all), func(a, b normal.Suggestion) int {
		return cmp.Or(cmp.Compare(b.Caught.Numerator, a.Caught.Numerator), cmp.Compare(b.Suspects.Numerator, a.Suspects.Numerator))
	})
}

// suggestOne prints a feature's percentiles and its two thresholds.
func suggestOne(w io.Writer, f normal.Suggestions, usual normal.Behaviour) error {
	groundOf(w, f)
	if len(usual.Rows) == 0 {
		_, _ = fmt.Fprintf(w, "no ordinary account had a value of %s in the period 无数据: is that its name, and is it counted?\n", f.Suggestions[0].Feature)
		return nil
	}
	for _, row := range usual.Rows {
		_, _ = fmt.Fprintf(w, "%s, %d ordinary accounts with a value\n", row.Of, row.Accounts)
		if !row.Enough {
			_, _ = fmt.Fprintf(w, "  not enough data 样本不足: fewer than %d accounts\n", metrics.MinLabels)
			continue
		}
		_, _ = fmt.Fprintf(w, "  highest value of each account:  %s\n", levels(row.High))
		_, _ = fmt.Fprintf(w, "  lowest value of each account:   %s\n", levels(row.Low))
	}
	for _, s := range f.Suggestions {
		_, _ = fmt.Fprintln(w)
		if !s.Enough {
			_, _ = fmt.Fprintf(w, "%s %s: %s\n", s.Feature, s.Direction, s.Why)
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\n", s.When)
		_, _ = fmt.Fprintf(w, "  expected false-positive rate 误判率: %s; observed %s, 95 %% interval %s%s\n",
			normal.Percent(s.Expected), counts(s.FalsePositive), interval(s.FalsePositive), within(s))
		_, _ = fmt.Fprintf(w, "  of those labelled human 真人: %s\n", counted(s.Human))
		_, _ = fmt.Fprintf(w, "  labelled scalpers caught 黄牛: %s\n", counted(s.Caught))
		_, _ = fmt.Fprintf(w, "  unlabelled accounts with hits or actions: %s\n", counts(s.Suspects))
	}
	return nil
}

func within(s normal.Suggestion) string {
	if s.Proven {
		return ": proven, the whole interval is within the budget"
	}
	return ": the interval reaches beyond the budget"
}

func levels(all []normal.Percentile) string {
	var out []string
	for _, p := range all {
		out = append(out, fmt.Sprintf("p%g %s", p.Level, strconv.FormatFloat(p.Value, 'f', -1, 64)))
	}
	return strings.Join(out, "  ")
}

func counts(f metrics.Figure) string { return fmt.Sprintf("%d/%d", f.Numerator, f.Denominator) }

// counted is a figure with its interval, as far as the numbers carry one.
func counted(f metrics.Figure) string {
	if !f.Enough {
		return counts(f) + " (not enough data 样本不足)"
	}
	return counts(f) + " (" + interval(f) + ")"
}

func interval(f metrics.Figure) string {
	return strings.TrimSuffix(normal.Percent(f.Low), " %") + "–" + normal.Percent(f.High)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
