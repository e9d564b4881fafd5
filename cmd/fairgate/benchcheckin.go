package main

import (
	"context"
	"os"
	"time"

	"fairgate/cmd/internal/bench"
)

type benchCheckinCommand struct {
	DSN       string        `help:"PostgreSQL to use; default: one of its own." placeholder:"postgres://…"`
	Tickets   int           `help:"Tickets of the closed loop." default:"20000"`
	Terminals int           `help:"Terminals that are signed in." default:"100"`
	Clients   int           `help:"Clients of the closed loop." default:"256"`
	Rate      float64       `help:"Scans a second of the open loop." default:"1000"`
	Length    time.Duration `help:"How long the open loop lasts." default:"10s"`
	Kill      bool          `help:"End the booking system with kill -9 in the middle, and restart it."`
	JSON      string        `help:"Write the report to this file (- for standard output)." default:"-" placeholder:"FILE"`
}

// Run measures; the exit code is 1 when a ticket entered twice, an entry was
// lost, or a first scan was refused.
func (c *benchCheckinCommand) Run(ctx context.Context) error {
	exe, err := ownBinary()
	if err != nil {
		return err
	}
	report, err := bench.CheckIn(ctx, bench.CheckInOptions{
		Exe: exe, DSN: c.DSN, Tickets: c.Tickets, Terminals: c.Terminals, Clients: c.Clients, Rate: c.Rate, Length: c.Length, Kill: c.Kill, Out: os.Stderr,
	})
	if err != nil {
		return err
	}
	if err := writeReport(c.JSON, report); err != nil {
		return err
	}
	if report.Twice > 0 || report.Lost > 0 || report.Refused > 0 {
		return exitCode(1)
	}
	return nil
}
