package main

import (
	"context"
	"os"
	"path/filepath"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/bench"
	"fairgate/enforcement/ledger/chdb"
)

type benchConsoleCommand struct {
	Events   int    `help:"Events in the ledger." default:"5000000"`
	Days     int    `help:"Days that they are spread over." default:"90"`
	Accounts int    `help:"Accounts of people." default:"1000000"`
	Tries    int    `help:"How often each endpoint's questions are asked." default:"10"`
	Plain    bool   `help:"Also compute the quality figures from the events themselves, once."`
	Dir      string `help:"Directory of the ledger: kept, and filled only where days are missing. Default: a temporary one." placeholder:"DIR"`
	JSON     string `help:"Write the report to this file (- for standard output)." default:"-" placeholder:"FILE"`
}

// Run fills a ledger in the embedded ClickHouse and measures.
func (c *benchConsoleCommand) Run(ctx context.Context) error {
	exe, err := ownBinary()
	if err != nil {
		return err
	}
	beside := filepath.Join(filepath.Dir(exe), "..", ".cache", "engines", "chdb")
	library, err := chdb.FindLibrary(os.Getenv(app.LibraryEnv), filepath.Join(".cache", "engines", "chdb"), beside)
	if err != nil {
		return err
	}
	report, err := bench.Console(ctx, bench.ConsoleOptions{
		Argv: []string{exe, app.ChdbSubcommand}, Library: library, Dir: c.Dir, Events: c.Events, Days: c.Days, Accounts: c.Accounts,
		Tries: c.Tries, Plain: c.Plain, Out: os.Stderr,
	})
	if err != nil {
		return err
	}
	return writeReport(c.JSON, report)
}
