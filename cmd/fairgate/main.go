// Command fairgate is the whole of Fairgate in one binary: each role, the
// development command that runs them all with embedded engines, and the tools
// beside them. Each subcommand is one file.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"fairgate/cmd/internal/app"
)

// version is set by the build.
var version = "dev"

type cli struct {
	Dev       devCommand       `cmd:"" help:"Run everything on this machine with embedded engines."`
	Gateway   gatewayCommand   `cmd:"" help:"Run the edge: screen every request and forward it."`
	Scorer    scorerCommand    `cmd:"" help:"Run the asynchronous pipeline: score events again."`
	Enforcer  enforcerCommand  `cmd:"" help:"Act on published verdicts."`
	Ledger    ledgerCommand    `cmd:"" help:"Write events, verdicts, actions and labels to ClickHouse."`
	Ticketing ticketingCommand `cmd:"" help:"Run the booking system."`
	Console   consoleCommand   `cmd:"" help:"Run the operators' HTTP API."`
	Simulate  simulateCommand  `cmd:"" help:"Drive labelled traffic at a running gateway and measure."`
	Replay    replayCommand    `cmd:"" help:"Feed recorded traffic through the same screening and scoring."`
	Rules     rulesCommand     `cmd:"" help:"Check and test rulesets."`
	Fit       fitCommand       `cmd:"" help:"Fit a model from recorded data, or measure one."`
	Audit     auditCommand     `cmd:"" help:"Check the operators' audit log."`
	Openapi   openapiCommand   `cmd:"" help:"Print the OpenAPI document of the operators' API or of the booking system's."`
	Bench     benchCommand     `cmd:"" help:"Measure the service under load."`
	Erase     eraseCommand     `cmd:"" help:"Erase what the house keeps about somebody."`
	Reconcile reconcileCommand `cmd:"" help:"Compare the booking system's outbox with the ledger."`
	Chdb      chdbCommand      `cmd:"" name:"chdb-serve" hidden:""`

	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	app.HushDrivers()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("fairgate"), kong.UsageOnError(), kong.Vars{"version": version},
		kong.Description("Fairgate keeps tickets for people: it screens every booking request in line, streams and scores what happened, blocks or flags, and measures itself."))
	if err != nil {
		fmt.Fprintln(os.Stderr, "fairgate:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		if exit, ok := errors.AsType[exitCode](err); ok {
			return int(exit)
		}
		fmt.Fprintln(os.Stderr, "fairgate:", err)
		return 1
	}
	return 0
}

// exitCode ends the process with a code and no further word.
type exitCode int

// Error names the code.
func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
