package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
)

type reconcileCommand struct {
	Operators string        `help:"Base URL of the operators' API." default:"http://127.0.0.1:8090"`
	Data      string        `help:"Data directory of the running 'fairgate dev', for its key." default:"./data" type:"path"`
	Key       string        `help:"API key of an operator, in place of the data directory's." env:"FAIRGATE_OPERATOR_KEY"`
	Since     time.Duration `help:"How far back to look." default:"24h"`
	Until     time.Duration `help:"How much of the end to leave out, as still on its way." default:"10s"`
}

// Help says what is compared.
func (c *reconcileCommand) Help() string {
	return `Compares every report of the booking system's outbox with the requests and reports
in the ledger, and the reverse, and counts the gaps in each gateway's sequence of
events, which is what was lost. The exit code is 1 when anything is missing.`
}

// Run asks the operators' API and prints its answer.
func (c *reconcileCommand) Run(ctx context.Context) error {
	key := c.Key
	if key == "" {
		var err error
		if key, err = app.ReadSecret(c.Data, app.OperatorKey); err != nil {
			return err
		}
	}
	now := time.Now().UTC()
	query := url.Values{"from": {now.Add(-c.Since).Format(time.RFC3339Nano)}, "to": {now.Add(-c.Until).Format(time.RFC3339Nano)}}
	service := &simulate.Service{Operators: c.Operators, OperatorsKey: key}
	report, err := service.Completeness(ctx, query)
	if err != nil {
		return err
	}
	if err := encodeReport(os.Stdout, report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if complete, _ := report["complete"].(bool); !complete {
		return exitCode(1)
	}
	return nil
}
