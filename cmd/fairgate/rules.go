package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

type rulesCommand struct {
	Check rulesCheckCommand `cmd:"" help:"Compile rulesets and look for rules that cannot do what they are meant to."`
	Test  rulesTestCommand  `cmd:"" help:"Run the must-fire and must-not-fire cases of rulesets."`

	Backtest rulesBacktestCommand `cmd:"" help:"Run the ledger's history through a version of the rules."`

	Explain  rulesExplainCommand  `cmd:"" help:"Say why an event was judged as it was."`
	Backfill rulesBackfillCommand `cmd:"" help:"Fill new features from the ledger, so that they are warm at once."`
	Suggest  rulesSuggestCommand  `cmd:"" help:"Propose thresholds from the behaviour of ordinary accounts."`
}

// Exit codes of rules check and rules test.
const (
	exitFound       exitCode = 1   // a finding, or a case that came out wrong
	exitBadRuleset  exitCode = 2   // a document that cannot be read or compiled
	exitInterrupted exitCode = 130 // as shells say of SIGINT
)

// rulesetFiles are what both subcommands read.
type rulesetFiles struct {
	Files []string `arg:"" optional:"" help:"Ruleset files or directories of them; none: the shipped rulesets." type:"path"`
	JSON  bool     `help:"Print one JSON document instead of lines." name:"json"`
}

// rulesetReport is what is said about one document.
type rulesetReport struct {
	File     string `json:"file"`
	Name     string `json:"name,omitempty"`
	Version  string `json:"version,omitempty"`
	Rules    int    `json:"rules"`
	Bands    int    `json:"bands"`
	Features int    `json:"features"`
	// Problems keep the document from being loaded.
	Problems []*rules.Problem `json:"problems,omitempty"`
	Findings []rules.Finding  `json:"findings,omitempty"` // rules check
	Passed   int              `json:"passed,omitempty"`   // rules test
	Failed   []failedCase     `json:"failed,omitempty"`   // rules test
}

// failedCase is an example that came out wrong.
type failedCase struct {
	Rule     string `json:"rule"`
	Case     string `json:"case"`
	MustFire bool   `json:"must_fire"`
	Detail   string `json:"detail"`
}

// each compiles every document and hands it on; one that cannot be loaded does
// not keep the others from being looked at. It shows what do wrote into the
// reports, and returns the exit code as an error.
func (c *rulesetFiles) each(ctx context.Context, do func(*rules.Program, *rulesetReport) (found int, err error), show func(io.Writer, *rulesetReport)) error {
	documents, err := c.documents(ctx)
	if err != nil {
		return err
	}
	reports := make([]*rulesetReport, 0, len(documents))
	code := exitCode(0)
	for _, d := range documents {
		report := &rulesetReport{File: d.Origin}
		reports = append(reports, report)
		p, err := rules.Load(d.Origin, d.Data, rules.Options{})
		if err != nil {
			report.Problems, code = rules.Problems(err), exitBadRuleset
			if !c.JSON {
				fmt.Fprintln(os.Stderr, err)
			}
			continue
		}
		rs := p.Ruleset()
		report.Name, report.Version = rs.Name, p.Version()
		report.Rules, report.Bands, report.Features = len(rs.Rules), len(rs.Bands), len(p.Features())
		found, err := do(p, report)
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "fairgate: interrupted")
			return exitInterrupted
		}
		if err != nil {
			return err
		}
		if found > 0 && code == 0 {
			code = exitFound
		}
		if !c.JSON {
			show(os.Stdout, report)
		}
	}
	if c.JSON {
		err := encodeReport(os.Stdout, struct {
			Rulesets []*rulesetReport `json:"rulesets"`
		}{reports})
		if err != nil {
			return err
		}
	}
	if code != 0 {
		return code
	}
	return nil
}

func (c *rulesetFiles) documents(ctx context.Context) ([]source.Document, error) {
	if len(c.Files) == 0 {
		return source.NewFiles(rulesets.Files).Load(ctx)
	}
	var all []source.Document
	for _, path := range c.Files {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("ruleset: %w", err)
		}
		if info.IsDir() {
			found, err := source.NewDir(path).Load(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
			continue
		}
		if info.Size() > rules.MaxSize {
			return nil, fmt.Errorf("ruleset %s: has %d bytes, at most %d are read", path, info.Size(), rules.MaxSize)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("ruleset: %w", err)
		}
		all = append(all, source.Document{Name: filepath.Base(path), Origin: path, Data: data})
	}
	if len(all) == 0 {
		return nil, errors.New("no ruleset found")
	}
	return all, nil
}
