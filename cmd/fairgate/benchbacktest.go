package main

import (
	"context"
	"os"
	"path/filepath"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/bench"
	"fairgate/enforcement/ledger/chdb"
)

type benchBacktestCommand struct {
	Events   int    `help:"Events in the scratch ledger." default:"2000000"`
	Accounts int    `help:"Accounts that they are of." default:"100000"`
	Rules    int    `help:"Rules of each version." default:"50"`
	JSON     string `help:"Write the report to this file (- for standard output)." default:"-" placeholder:"FILE"`
}

// Run fills a scratch ledger in the embedded ClickHouse and measures.
func (c *benchBacktestCommand) Run(ctx context.Context) error {
	exe, err := ownBinary()
	if err != nil {
		return err
	}
	beside := filepath.Join(filepath.Dir(exe), "..", ".cache", "engines", "chdb")
	library, err := chdb.FindLibrary(os.Getenv(app.LibraryEnv), filepath.Join(".cache", "engines", "chdb"), beside)
	if err != nil {
		return err
	}
	report, err := bench.Backtest(ctx, bench.BacktestOptions{
		Argv: []string{exe, app.ChdbSubcommand}, Library: library, Events: c.Events, Accounts: c.Accounts, Rules: c.Rules, Out: os.Stderr,
	})
	if err != nil {
		return err
	}
	return writeReport(c.JSON, report)
}
