package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/jobs"
	figures "fairgate/enforcement/ledger"
)

type rulesBacktestCommand struct {
	analystFlags
	Ruleset string        `help:"The new version: a file, or a stored version's number or hash." required:"" placeholder:"FILE|VERSION"`
	From    string        `help:"Start of the period (RFC 3339, or a day such as 2026-03-01 in the venue's zone)." required:"" placeholder:"TIME"`
	To      string        `help:"End of the period, exclusive; default: now." placeholder:"TIME"`
	Against string        `help:"The stored version to compare with; default: the one in force." placeholder:"VERSION"`
	Alone   bool          `help:"Compare with nothing."`
	JSON    bool          `help:"Print the result as JSON." name:"json"`
	Poll    time.Duration `help:"How often to ask how far it is." default:"500ms" hidden:""`
}

// Help says what a backtest is.
func (c *rulesBacktestCommand) Help() string {
	return `Runs the ledger's history through a version of the rules, beside the one in force, in event
time and with counters of its own; nothing live is touched. Says how many accounts would
newly be blocked, challenged or freed, what they are known to be, the false-positive and
miss rates of both with 95 % intervals, what each rule does, and the accounts that change
most, with evidence. Progress goes to standard error; Ctrl-C ends the run and says how far
it came.`
}

// Run asks the operators' API, follows the run, and prints what it found.
func (c *rulesBacktestCommand) Run(ctx context.Context) error {
	request, err := c.request(time.Now())
	if err != nil {
		return err
	}
	var job jobs.Job
	if err := c.call(ctx, http.MethodPost, "/api/v1/backtests", request, &job); err != nil {
		return err
	}
	if job, err = c.follow(ctx, job); err != nil {
		return err
	}
	if job.State != jobs.Done || job.Result == nil {
		return fmt.Errorf("backtest %s: %s: %s", job.ID, job.State, job.Error)
	}
	if c.JSON {
		return encodeReport(os.Stdout, job)
	}
	return printComparison(os.Stdout, job.Result)
}

// request is the body that the API takes.
func (c *rulesBacktestCommand) request(now time.Time) (map[string]any, error) {
	from, err := moment("--from", c.From)
	if err != nil {
		return nil, err
	}
	to := now.UTC()
	if c.To != "" {
		if to, err = moment("--to", c.To); err != nil {
			return nil, err
		}
	}
	if !to.After(from) {
		return nil, fmt.Errorf("--to %s is not after --from %s", venue(to), venue(from))
	}
	body := map[string]any{"from": from, "to": to}
	if c.Against != "" {
		body["against"] = c.Against
	}
	if c.Alone {
		body["alone"] = true
	}
	text, err := os.ReadFile(c.Ruleset)
	switch {
	case err == nil && len(text) > jobs.MaxText:
		return nil, fmt.Errorf("--ruleset %s: %d bytes, at most %d", c.Ruleset, len(text), jobs.MaxText)
	case err == nil:
		body["text"] = string(text)
	case errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(c.Ruleset, `./\`):
		body["version"] = c.Ruleset
	default:
		return nil, fmt.Errorf("--ruleset: %w", err)
	}
	return body, nil
}

// moment reads a time, or the beginning of a day in the venue's zone.
func moment(flag, text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, time.FixedZone("UTC+8", 8*60*60))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is neither a time such as 2026-03-01T09:00:00+08:00 nor a day such as 2026-03-01", flag, text)
	}
	return t.UTC(), nil
}

// follow prints progress until the job is over. When ctx ends, it cancels the
// job and says how far it came.
func (c *rulesBacktestCommand) follow(ctx context.Context, job jobs.Job) (jobs.Job, error) {
	path := "/api/v1/backtests/" + url.PathEscape(job.ID)
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	for !job.State.Over() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return c.cancel(ctx, path, job)
		}
		var now jobs.Job
		if err := c.call(ctx, http.MethodGet, path, nil, &now); err != nil {
			if ctx.Err() != nil {
				return c.cancel(ctx, path, job)
			}
			return job, err
		}
		job = now
		fmt.Fprintln(os.Stderr, progressLine(job))
	}
	return job, nil
}

func (c *rulesBacktestCommand) cancel(ctx context.Context, path string, job jobs.Job) (jobs.Job, error) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if err := c.call(ctx, http.MethodPost, path+"/cancel", nil, nil); err != nil {
		return job, fmt.Errorf("interrupted at %s, and it could not be cancelled: %w", progressLine(job), err)
	}
	return job, fmt.Errorf("cancelled at %s; it begins anew when it is started again", progressLine(job))
}

func progressLine(job jobs.Job) string {
	p := job.Position
	if job.State == jobs.Waiting {
		return "waiting for another backtest"
	}
	line := fmt.Sprintf("%d of about %d events (%.1f %%), %.0f events/s", p.Events, p.Total, 100*job.Share, p.Rate())
	if !p.Time.IsZero() {
		line += ", at " + venue(p.Time)
	}
	if p.Left > 0 {
		line += fmt.Sprintf(", %s left", p.Left.Round(time.Second))
	}
	return line
}

// printComparison lays a result out for reading.
func printComparison(out io.Writer, r *backtest.Comparison) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) }
	line("%s version %s (%d rules, %d features), %s to %s", r.New.Ruleset, r.New.Version, r.New.Rules, r.New.Features,
		venue(r.From), venue(r.To))
	if r.Against != nil {
		line("against version %s (%d rules, %d features)", r.Against.Version, r.Against.Rules, r.Against.Features)
	}
	line("%d events judged after %d of warm-up (%s), %.1f s, %.0f events/s", r.Events, r.WarmUpEvents,
		time.Duration(r.WarmUpSeconds*float64(time.Second)), r.Seconds, r.EventsPerSecond)
	line("%s accounts, %s tried to book; %d events without an account", count(r.Accounts), count(r.Tried), r.AnonymousEvents)
	line("\naccounts\tall\thuman\tscalper\tunknown\tunlabelled")
	byLabel := func(name string, b backtest.ByLabel) {
		line("%s\t%d\t%d\t%d\t%d\t%d", name, b.All, b.Human, b.Scalper, b.Unknown, b.Unlabelled)
	}
	if r.Against != nil {
		byLabel("newly blocked", r.NewlyBlocked)
		byLabel("newly challenged", r.NewlyChallenged)
		byLabel("freed", r.Freed)
		byLabel("no longer challenged", r.Unchallenged)
		byLabel("blocked before", r.Against.Blocked)
	}
	byLabel("blocked", r.New.Blocked)
	byLabel("challenged", r.New.Challenged)
	line("\nrate\tnew\tbefore")
	before := backtest.VersionOutcome{}
	if r.Against != nil {
		before = *r.Against
	}
	line("false positives\t%s\t%s", rate(r.New.FalsePositive), rate(before.FalsePositive))
	line("people challenged\t%s\t%s", rate(r.New.ChallengedHuman), rate(before.ChallengedHuman))
	line("missed scalpers\t%s\t%s", rate(r.New.Miss), rate(before.Miss))
	line("\nrule\taccounts\tbefore\thumans\tscalpers\tin shadow")
	for _, c := range r.Rules {
		printRule(line, c)
	}
	if len(r.Top) > 0 {
		line("\naccount\tlabel\tbefore\tnew\tevents\tevidence")
	}
	for _, c := range r.Top {
		line("%s\t%s\t%s\t%s\t%d\t%s", c.Account, c.Label, c.Against, c.New, c.Events, evidence(c.Evidence))
	}
	line("")
	for _, n := range r.Notes {
		line("* %s", n)
	}
	return t.Flush()
}

func printRule(line func(string, ...any), c backtest.RuleComparison) {
	before, now := "–", backtest.RuleCounts{}
	if c.Against != nil {
		before = count(c.Against.Accounts)
	}
	if c.New == nil {
		line("%s\tgone\t%s\t\t\t", c.Rule, before)
		return
	}
	now = *c.New
	if now.Events+now.ShadowEvents == 0 && (c.Against == nil || c.Against.Events+c.Against.ShadowEvents == 0) {
		return // nothing to tell of it
	}
	line("%s\t%s\t%s\t%s\t%s\t%s", c.Rule, count(now.Accounts), before, count(now.Humans), count(now.Scalpers), count(now.ShadowAccounts))
}

func evidence(list []backtest.EventEvidence) string {
	if len(list) == 0 {
		return ""
	}
	e := list[0]
	return fmt.Sprintf("%s: %s, event %s at %s", e.Version, e.Rule, e.EventID, venue(e.Time))
}

func count(c backtest.Count) string {
	if c.Estimated {
		return fmt.Sprintf("about %d", c.Number)
	}
	return fmt.Sprint(c.Number)
}

func rate(f figures.Figure) string {
	if !f.Enough {
		return fmt.Sprintf("not enough data (%d/%d)", f.Numerator, f.Denominator)
	}
	return fmt.Sprintf("%d/%d = %.2f %% (%.2f to %.2f %%)", f.Numerator, f.Denominator, 100*f.Value, 100*f.Low, 100*f.High)
}
