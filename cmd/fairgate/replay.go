package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/ingest/gateway"
	"fairgate/ingest/replay"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

type replayCommand struct {
	File    string        `arg:"" help:"Access log (nginx or Apache combined) or CSV; .gz is read as it is." type:"existingfile"`
	Mapping string        `help:"Column mapping (YAML); needed for CSV." type:"existingfile" placeholder:"FILE"`
	Routes  string        `help:"Route table (YAML) that tells what a request asked for; default: the one of the shipped ticketing." type:"existingfile" placeholder:"FILE"`
	Rules   string        `help:"Directory of rulesets to use in place of the shipped ones." type:"existingdir" placeholder:"DIR"`
	Ruleset string        `help:"Name of the ruleset." default:"museum"`
	Reorder time.Duration `help:"How far out of order the file may be; 0 sorts it whole in memory." default:"0"`
	JSON    bool          `help:"Print the report as JSON."`
}

// Help says what happens to the recording.
func (c *replayCommand) Help() string {
	return `Feeds recorded traffic through the same screening and scoring code as live
requests, in event time, with counters of its own: nothing live is touched. Says,
per label where the recording has one, how many accounts, sessions, devices or
addresses would have been allowed, flagged, challenged or blocked, and by which
rules. The same input gives the same report, byte for byte.`
}

// replayReport is what --json prints.
type replayReport struct {
	Input *replay.Report `json:"input"`
	*backtest.Report
}

// Run replays the file.
func (c *replayCommand) Run(ctx context.Context) error {
	program, err := c.program(ctx)
	if err != nil {
		return err
	}
	routes, err := c.routes()
	if err != nil {
		return err
	}
	o := replay.Options{Reorder: c.Reorder, Route: routes.Kind}
	if c.Mapping != "" {
		text, err := os.ReadFile(c.Mapping)
		if err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
		if o.Mapping, err = replay.LoadMapping(text); err != nil {
			return fmt.Errorf("mapping %s: %w", c.Mapping, err)
		}
	}
	file, err := replay.Open(c.File, o)
	if err != nil {
		return err
	}
	report, err := backtest.Run(ctx, recording{file}, program, func(n int) {
		fmt.Fprintf(os.Stderr, "%d events replayed\n", n)
	})
	if err != nil {
		return err
	}
	input := file.Report()
	full := replayReport{Input: &input, Report: report}
	if c.JSON {
		return encodeReport(os.Stdout, full)
	}
	return full.print(os.Stdout)
}

func (c *replayCommand) routes() (*gateway.Routes, error) {
	if c.Routes == "" {
		return gateway.DefaultRoutes()
	}
	content, err := os.ReadFile(c.Routes)
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	routes, err := gateway.LoadRoutes(content)
	if err != nil {
		return nil, fmt.Errorf("routes %s: %w", c.Routes, err)
	}
	return routes, nil
}

func (c *replayCommand) program(ctx context.Context) (*rules.Program, error) {
	files := source.NewFiles(rulesets.Files)
	if c.Rules != "" {
		files = source.NewDir(c.Rules)
	}
	documents, err := files.Load(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		if d.Name == c.Ruleset {
			return rules.Load(d.Origin, d.Data, rules.Options{})
		}
	}
	return nil, fmt.Errorf("ruleset %q: %w", c.Ruleset, source.ErrNoDocument)
}

// recording is a file as the history of a run.
type recording struct{ file *replay.Source }

// Records yields the file's events with their labels.
func (r recording) Records(ctx context.Context) iter.Seq2[backtest.Record, error] {
	return func(yield func(backtest.Record, error) bool) {
		for record, err := range r.file.Records(ctx) {
			if !yield(backtest.Record{Event: &record.Event, Label: record.Label}, err) {
				return
			}
		}
	}
}

func (r replayReport) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) }
	line("%d events from %s to %s, ruleset %s", r.Events, r.From.Format(time.RFC3339), r.To.Format(time.RFC3339), r.Ruleset)
	in := r.Input
	line("%d lines: %d unreadable, %d that the route table does not know, %d too late", in.Lines, in.Unreadable, in.Unmatched, in.Late)
	for _, e := range in.Examples {
		line("  line %d: %s", e.Line, e.Why)
	}
	line("")
	line("label\tsubjects\tallowed\tflagged\tchallenged\tblocked")
	for _, label := range slices.Sorted(maps.Keys(r.Labels)) {
		o := r.Labels[label]
		line("%s\t%d\t%d\t%d\t%d\t%d", label, o.Subjects, o.Allowed, o.Flagged, o.Challenged, o.Blocked)
	}
	line("\nlabel\trule\tsubjects it fired for")
	for _, label := range slices.Sorted(maps.Keys(r.Labels)) {
		for _, rule := range slices.Sorted(maps.Keys(r.Labels[label].Rules)) {
			line("%s\t%s\t%d", label, rule, r.Labels[label].Rules[rule])
		}
	}
	return t.Flush()
}
