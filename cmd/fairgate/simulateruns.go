package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/metrics"
)

// ripe is when all labels of a short run count: long after its visit days.
func ripe() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }

// longKept keeps records of the runs' own time, whenever they are played.
const longKept = 10 * 365 * 24 * time.Hour

// playRuns plays short runs, whose records one embedded ClickHouse keeps, and
// holds the intervals of the ledger's figures against the truth. The exit code
// is 1 where they hold it too seldom or too often.
func (c *simulateCommand) playRuns(ctx context.Context) (err error) {
	tunePlaying()
	dir, err := os.MkdirTemp("", "fairgate-coverage-")
	if err != nil {
		return fmt.Errorf("temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	engine, err := app.StartAnalytics(ctx, dir, app.Env{Log: devLogger(os.Stderr, "error")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Stop(context.WithoutCancel(ctx))) }()
	store, err := archive.Open(engine.Writer(), archive.Options{Retention: longKept})
	if err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	reader, err := metrics.Open(engine.Reader(), metrics.Options{Now: ripe})
	if err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	run := simulate.CoverageRun{
		Run: simulate.VirtualRun{Plan: c.plan(), Without: c.Without, Rules: c.Rules}, Runs: c.Runs,
		Archive: store, Figures: reader, Out: os.Stderr,
	}
	played, err := run.Play(ctx)
	if ended := c.concludeRuns(played); err == nil {
		return ended
	}
	return err // what was known was printed; an exit code would hide why it ended
}

// concludeRuns writes what was found and says how it ended.
func (c *simulateCommand) concludeRuns(played []simulate.Sampled) error {
	coverages := simulate.Coverages(played)
	if err := simulate.PrintCoverages(os.Stdout, coverages); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if c.JSON != "" {
		if err := writeReport(c.JSON, struct {
			Coverage []simulate.Coverage `json:"coverage"`
			Runs     []simulate.Sampled  `json:"runs"`
		}{coverages, played}); err != nil {
			return err
		}
	}
	for _, one := range coverages {
		if one.Fault() != "" {
			return exitCode(1)
		}
	}
	return nil
}
