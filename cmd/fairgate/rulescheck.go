package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"fairgate/rules"
)

type rulesCheckCommand struct {
	rulesetFiles
	Cases bool `help:"Also print the cases that would settle findings about thresholds, as YAML to paste."`
}

// Help says what is looked for and what the exit code means.
func (c *rulesCheckCommand) Help() string {
	return `Compiles rulesets, with every error at once (file:line, field, what is wrong), and looks for
rules that are never or always true, hidden by another, compared with what no window can
reach, or true because a feature has nothing to say; for thresholds that no case holds in
their place (N-1 and N+1), unused features, bands that the scores cannot reach, weak signals
that no band looks at, and rules without an owner, messages or cases.

Examples:
  fairgate rules check                      # the rulesets that Fairgate ships with
  fairgate rules check rulesets/ zoo.yaml   # directories and files
  fairgate rules check zoo.yaml --cases     # with cases for untested thresholds
  fairgate rules check zoo.yaml --json | jq '.rulesets[].findings[] | select(.kind == "hidden")'

Exit codes: 0 nothing found, 1 something found, 2 a ruleset that does not compile,
130 interrupted.`
}

// Run compiles and lints.
func (c *rulesCheckCommand) Run(ctx context.Context) error {
	return c.each(ctx, func(p *rules.Program, report *rulesetReport) (int, error) {
		shown := newProgress(os.Stderr, isTerminal(os.Stderr), "fairgate: checking "+report.File, time.Now)
		findings, err := rules.Lint(ctx, p, rules.LintOptions{Progress: shown.report})
		shown.end()
		report.Findings = findings
		return len(findings), err
	}, c.print)
}

func (c *rulesCheckCommand) print(w io.Writer, report *rulesetReport) {
	for _, f := range report.Findings {
		_, _ = fmt.Fprintf(w, "%s: %s: %s\n", report.File, f.Kind, f)
	}
	if c.Cases {
		printCases(w, report.Findings)
	}
	_, _ = fmt.Fprintf(w, "%s: version %s, %d rules, %d bands, %d features, %d findings\n",
		report.File, report.Version, report.Rules, report.Bands, report.Features, len(report.Findings))
}

// printCases gathers the cases of each rule's findings.
func printCases(w io.Writer, findings []rules.Finding) {
	var order []string
	byRule := map[string]*rules.Cases{}
	for _, f := range findings {
		if len(f.Cases.MustFire)+len(f.Cases.MustNotFire) == 0 {
			continue
		}
		all := byRule[f.Rule]
		if all == nil {
			all = &rules.Cases{}
			byRule[f.Rule], order = all, append(order, f.Rule)
		}
		all.MustFire = append(all.MustFire, f.Cases.MustFire...)
		all.MustNotFire = append(all.MustNotFire, f.Cases.MustNotFire...)
	}
	for _, rule := range order {
		text, err := byRule[rule].YAML()
		if err != nil {
			text = "# " + err.Error() + "\n"
		}
		_, _ = fmt.Fprintf(w, "\n# more cases for %s\n%s", rule, text)
	}
	if len(order) > 0 {
		_, _ = fmt.Fprintln(w)
	}
}

type rulesTestCommand struct{ rulesetFiles }

// Help says what is run and what the exit code means.
func (c *rulesTestCommand) Help() string {
	return `Runs the cases of every rule and band, drafts and retired rules included.

Examples:
  fairgate rules test                       # the rulesets that Fairgate ships with
  fairgate rules test zoo.yaml --json | jq '.rulesets[].failed'

Exit codes: 0 all as they must, 1 a case came out wrong, 2 a ruleset that does not compile,
130 interrupted.`
}

// Run runs the cases.
func (c *rulesTestCommand) Run(ctx context.Context) error {
	return c.each(ctx, func(p *rules.Program, report *rulesetReport) (int, error) {
		for _, r := range rules.RunCases(p) {
			if r.OK() {
				report.Passed++
				continue
			}
			report.Failed = append(report.Failed, failedCase{Rule: r.Rule, Case: r.Case, MustFire: r.MustFire, Detail: r.Detail})
		}
		return len(report.Failed), nil
	}, func(w io.Writer, report *rulesetReport) {
		for _, f := range report.Failed {
			_, _ = fmt.Fprintf(w, "%s: rule %s, case %q: %s\n", report.File, f.Rule, f.Case, f.Detail)
		}
		_, _ = fmt.Fprintf(w, "%s: %d passed, %d failed\n", report.File, report.Passed, len(report.Failed))
	})
}

// progress tells whoever waits how far long work has come: on a terminal in
// one line that is overwritten, elsewhere in lines, the first after two
// seconds. It is safe for concurrent use.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	what     string
	now      func() time.Time
	next     time.Time
	width    int // of the line that stands on the terminal
}

// How long work may go on in silence, and between two words.
const (
	firstOnTerminal, everyOnTerminal = 300 * time.Millisecond, 100 * time.Millisecond
	firstInLog, everyInLog           = 2 * time.Second, 10 * time.Second
)

func newProgress(out io.Writer, terminal bool, what string, now func() time.Time) *progress {
	p := &progress{out: out, terminal: terminal, what: what, now: now, next: now().Add(firstInLog)}
	if terminal {
		p.next = now().Add(firstOnTerminal)
	}
	return p
}

func (p *progress) report(done, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Before(p.next) || done == all {
		return
	}
	line := fmt.Sprintf("%s: %d of %d rules", p.what, done, all)
	if p.terminal {
		p.next = now.Add(everyOnTerminal)
		_, _ = fmt.Fprintf(p.out, "\r%-*s", p.width, line)
		p.width = max(p.width, len(line))
		return
	}
	p.next = now.Add(everyInLog)
	_, _ = fmt.Fprintln(p.out, line)
}

// end clears the line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		_, _ = fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
	}
}

// isTerminal reports whether a file is one.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
