package main

import (
	"context"
	"fmt"
	"os"

	"fairgate/cmd/internal/bench"
)

type benchCommand struct {
	Booking  benchBookingCommand  `cmd:"" help:"Sell the places of one day as fast as they go, on PostgreSQL."`
	Checkin  benchCheckinCommand  `cmd:"" help:"Scan tickets at many gates at once, on PostgreSQL."`
	Gateway  benchGatewayCommand  `cmd:"" help:"Measure what screening costs, against a bare reverse proxy."`
	Backtest benchBacktestCommand `cmd:"" help:"Run two million events of a scratch ledger through fifty rules."`
	Console  benchConsoleCommand  `cmd:"" help:"Ask a scratch ledger of millions of events what the console asks."`
	Part     benchPartCommand     `cmd:"" hidden:""`
}

type benchBookingCommand struct {
	DSN     string  `help:"PostgreSQL to use; default: one of its own." placeholder:"postgres://…"`
	Places  int     `help:"Places of the day." default:"10000"`
	Clients int     `help:"Clients of the closed loop." default:"256"`
	Rate    float64 `help:"Bookings a second of the open loop." default:"2000"`
	Kill    bool    `help:"End the booking system with kill -9 in the middle, and restart it."`
	JSON    string  `help:"Write the report to this file (- for standard output)." default:"-" placeholder:"FILE"`
}

// Run measures; the exit code is 1 when a place was sold twice or lost.
func (c *benchBookingCommand) Run(ctx context.Context) error {
	exe, err := ownBinary()
	if err != nil {
		return err
	}
	report, err := bench.Booking(ctx, bench.Options{
		Exe: exe, DSN: c.DSN, Places: c.Places, Clients: c.Clients, Rate: c.Rate, Kill: c.Kill, Out: os.Stderr,
	})
	if err != nil {
		return err
	}
	if err := writeReport(c.JSON, report); err != nil {
		return err
	}
	if report.Oversold > 0 || report.Lost > 0 {
		return exitCode(1)
	}
	return nil
}

// ownBinary is this program, which starts parts of itself.
func ownBinary() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the own binary: %w", err)
	}
	return exe, nil
}
