package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"fairgate/ingest/fingerprint/pointer"
)

type fitCommand struct {
	Pointer fitPointerCommand `cmd:"" help:"Fit the model that scores pointer movements, and cross-validate it."`
	Family  fitFamilyCommand  `cmd:"" help:"Measure how often two different devices share a family."`
}

type fitPointerCommand struct {
	File      string  `arg:"" help:"Recorded sessions: a line of JSON each, with session, label and points ([ms, x, y])." type:"existingfile"`
	Window    int     `help:"Moves of one summary." default:"200"`
	Ridge     float64 `help:"Penalty on the squared weights." default:"1"`
	Folds     int     `help:"Folds of the cross-validation over sessions." default:"10"`
	Repeat    int     `help:"Rounds of it, each with other folds; the worst is reported." default:"5"`
	Seed      uint64  `help:"Seed of the folds." default:"1"`
	Threshold float64 `help:"Score from which movements count as a program's." default:"0.5"`
	JSON      bool    `help:"Print model and figures as JSON."`
}

// Help says what the figures mean.
func (c *fitPointerCommand) Help() string {
	return `Learns a logistic regression over statistics of movements (speed, curvature,
pauses, …) and says how well it does on sessions that it was not fitted from.
Folds are drawn over sessions, never over parts of one. Intervals are Wilson's,
of 95 %. The same file, options and seed give the same output.`
}

// fitReport is what --json prints.
type fitReport struct {
	Model      pointer.Model      `json:"model"`
	Validation pointer.Validation `json:"validation"`
}

// Run fits and reports.
func (c *fitPointerCommand) Run() (err error) {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("fit pointer: %w", err)
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	sessions, err := pointer.ReadSessions(file)
	if err != nil {
		return fmt.Errorf("fit pointer: %s: %w", c.File, err)
	}
	o := pointer.FitOptions{Window: c.Window, Ridge: c.Ridge, Folds: c.Folds, Repeat: c.Repeat, Seed: c.Seed, Threshold: c.Threshold}
	var r fitReport
	if r.Validation, err = pointer.Validate(sessions, o); err != nil {
		return fmt.Errorf("fit pointer: %w", err)
	}
	if r.Model, err = pointer.Fit(sessions, o); err != nil {
		return fmt.Errorf("fit pointer: %w", err)
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	return r.print(os.Stdout, c)
}

func (r fitReport) print(out io.Writer, c *fitPointerCommand) error {
	rate := func(x pointer.Rate) string {
		return fmt.Sprintf("%d of %d (%.1f %%, 95 %% interval %.1f to %.1f %%)", x.Hits, x.Of, 100*x.Share, 100*x.Low, 100*x.Top)
	}
	v := r.Validation
	var b strings.Builder
	fmt.Fprintf(&b, "cross-validation over sessions, %d folds, the worst of %d rounds; summaries of %d moves, threshold %g\n", c.Folds, c.Repeat, c.Window, c.Threshold)
	fmt.Fprintf(&b, "  programs found, by all their movements:      %s\n", rate(v.Bots))
	fmt.Fprintf(&b, "  people taken for programs:                   %s\n", rate(v.Humans))
	fmt.Fprintf(&b, "  programs found, by their first summary:      %s\n", rate(v.FirstBots))
	fmt.Fprintf(&b, "  people taken for programs:                   %s\n", rate(v.FirstHumans))
	fmt.Fprintf(&b, "  area under the ROC curve:                    %.3f\n", v.AUC)
	if len(v.Wrong) > 0 {
		fmt.Fprintf(&b, "  misjudged in the first round:                %s\n", strings.Join(v.Wrong, ", "))
	}
	fmt.Fprintf(&b, "\nmodel, fitted from all sessions\n  %-14s %10s %10s %10s\n", "statistic", "mean", "scale", "weight")
	for i, name := range pointer.Names() {
		fmt.Fprintf(&b, "  %-14s %10.4f %10.4f %10.4f\n", name, r.Model.Mean[i], r.Model.Scale[i], r.Model.Weight[i])
	}
	fmt.Fprintf(&b, "  %-14s %32.4f\n", "bias", r.Model.Bias)
	_, err := io.WriteString(out, b.String())
	return err
}
