package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"fairgate/enforcement/backfill"
	"fairgate/scoring/warmup"
)

type rulesBackfillCommand struct {
	analystFlags
	Feature []string `help:"Features to fill; none: all that are warming."`
	Reason  string   `help:"Why; it goes into the audit log." required:""`
	Cancel  bool     `help:"Stop instead."`
	Wait    bool     `help:"Wait until they are done, and print progress." default:"true" negatable:""`
	JSON    bool     `help:"Print the jobs as JSON at the end." name:"json"`
}

// Help says what is filled from what.
func (c *rulesBackfillCommand) Help() string {
	return `Fills the counters of new features from the ledger, so that they are warm at once and rules
that act may read them. Live screening goes on meanwhile. The exit code is 1 when one failed.`
}

// Run starts the jobs and follows them.
func (c *rulesBackfillCommand) Run(ctx context.Context) error {
	names := c.Feature
	if len(names) == 0 {
		var err error
		if names, err = c.warming(ctx); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		_, _ = fmt.Fprintln(os.Stdout, "every feature is warm")
		return nil
	}
	body := map[string]string{"reason": c.Reason}
	for _, name := range names {
		path := "/api/v1/features/" + url.PathEscape(name) + "/backfill"
		if c.Cancel {
			path += "/cancel"
		}
		if err := c.call(ctx, http.MethodPost, path, body, nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.Cancel || !c.Wait {
		return nil
	}
	return c.follow(ctx, names)
}

// warming lists the features that are counted and have not seen their window.
func (c *rulesBackfillCommand) warming(ctx context.Context) ([]string, error) {
	var in struct {
		Features []warmup.State `json:"features"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v1/features", nil, &in); err != nil {
		return nil, err
	}
	var names []string
	for _, f := range in.Features {
		if f.Counted && !f.Warm && f.Definition != "" {
			names = append(names, f.Name)
		}
	}
	return names, nil
}

// follow prints how far the jobs are until all are over.
func (c *rulesBackfillCommand) follow(ctx context.Context, names []string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := map[string]string{}
	for {
		var in struct {
			Backfills []backfill.Job `json:"backfills"`
		}
		if err := c.call(ctx, http.MethodGet, "/api/v1/backfills", nil, &in); err != nil {
			return err
		}
		jobs := of(in.Backfills, names)
		over, failed := true, false
		for _, j := range jobs {
			over = over && j.State.Over()
			failed = failed || (j.State.Over() && j.State != backfill.Done)
			if line := jobLine(&j); line != said[j.Definition] {
				said[j.Definition] = line
				fmt.Fprintln(os.Stderr, line)
			}
		}
		if over {
			return c.end(jobs, failed)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("no longer waited for; the jobs go on")
		}
	}
}

func (c *rulesBackfillCommand) end(jobs []backfill.Job, failed bool) error {
	if c.JSON {
		if err := encodeReport(os.Stdout, jobs); err != nil {
			return err
		}
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

// of picks the jobs of the named features, the latest of each.
func of(all []backfill.Job, names []string) []backfill.Job {
	var out []backfill.Job
	for _, name := range names {
		for _, j := range all {
			if j.Feature == name {
				out = append(out, j)
				break
			}
		}
	}
	return out
}

func jobLine(j *backfill.Job) string {
	line := fmt.Sprintf("%s: %s, %.0f %%, %d events", j.Feature, j.State, 100*j.Progress, j.Events)
	if j.Failure != "" {
		line += ": " + j.Failure
	}
	return line
}
