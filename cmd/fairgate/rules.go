package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

type rulesCommand struct {
	Check rulesCheckCommand `cmd:"" help:"Compile rulesets and look for rules that cannot do what they are meant to."`
	Test  rulesTestCommand  `cmd:"" help:"Run the must-fire and must-not-fire cases of rulesets."`

	Explain rulesExplainCommand `cmd:"" help:"Say why an event was judged as it was."`
	Suggest rulesSuggestCommand `cmd:"" help:"Propose thresholds from the behaviour of ordinary accounts."`
}

// rulesetFiles are what both subcommands read.
type rulesetFiles struct {
	Files []string `arg:"" optional:"" help:"Ruleset files or directories of them; none: the shipped rulesets." type:"path"`
}

type rulesCheckCommand struct{ rulesetFiles }

// Run compiles and lints; the exit code is 1 when anything was found.
func (c *rulesCheckCommand) Run(ctx context.Context) error {
	return c.each(ctx, func(d source.Document, p *rules.Program) int {
		findings := rules.Lint(p)
		for _, f := range findings {
			_, _ = fmt.Fprintf(os.Stdout, "%s: %s\n", d.Origin, f)
		}
		_, _ = fmt.Fprintf(os.Stdout, "%s: version %s, %d rules, %d features, %d findings\n", d.Origin, p.Version(), len(p.Ruleset().Rules), len(p.Features()), len(findings))
		return len(findings)
	})
}

type rulesTestCommand struct{ rulesetFiles }

// Run runs the cases; the exit code is 1 when one came out wrong.
func (c *rulesTestCommand) Run(ctx context.Context) error {
	return c.each(ctx, func(d source.Document, p *rules.Program) int {
		results := rules.RunCases(p)
		failed := 0
		for _, r := range results {
			if !r.OK() {
				failed++
				_, _ = fmt.Fprintf(os.Stdout, "%s: rule %s, case %q: %s\n", d.Origin, r.Rule, r.Case, r.Detail)
			}
		}
		_, _ = fmt.Fprintf(os.Stdout, "%s: %d passed, %d failed\n", d.Origin, len(results)-failed, failed)
		return failed
	})
}

// each compiles every document and hands it on; bad documents are all
// reported, and count as found.
func (c *rulesetFiles) each(ctx context.Context, do func(source.Document, *rules.Program) int) error {
	documents, err := c.documents(ctx)
	if err != nil {
		return err
	}
	found := 0
	for _, d := range documents {
		p, err := rules.Load(d.Origin, d.Data, rules.Options{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			found++
			continue
		}
		found += do(d, p)
	}
	if found > 0 {
		return exitCode(1)
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
