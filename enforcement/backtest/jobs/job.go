// Package jobs runs backtests one after the other in the background and keeps
// what they found in SQL.
//
// It owns the queue (one that runs, one that waits, over all processes that
// share the database), progress, cancelling, and the results; and the Gate that
// asks for a backtest within the budget before a ruleset is published. What a
// run does is package backtest's. A job whose process ended is recorded as
// interrupted and not taken up again: its counters are gone.
package jobs

import (
	"errors"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/rules"
)

// State is where a job stands.
type State string

// States of a job.
const (
	Waiting     State = "waiting"
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
	Interrupted State = "interrupted" // its process ended
)

// Valid reports whether s is a known state.
func (s State) Valid() bool {
	switch s {
	case Waiting, Running, Done, Failed, Cancelled, Interrupted:
		return true
	default:
		return false
	}
}

// Over reports that nothing more will happen.
func (s State) Over() bool { return s.Valid() && s != Waiting && s != Running }

// Job is one backtest.
type Job struct {
	ID    string    `json:"id"`
	State State     `json:"state" enum:"waiting,running,done,failed,cancelled,interrupted"`
	Actor string    `json:"actor"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	// Version and Against are the versions of the two programs; Against is
	// empty where nothing is compared.
	Version string    `json:"version"`
	Against string    `json:"against,omitempty"`
	Created time.Time `json:"created_at"`
	Started time.Time `json:"started_at,omitzero"`
	Ended   time.Time `json:"ended_at,omitzero"`
	// CancelledBy is who asked it to stop.
	CancelledBy string            `json:"cancelled_by,omitempty"`
	Position    backtest.Position `json:"position"`
	// Share is the part that is done, from 0 to 1.
	Share  float64              `json:"share"`
	Error  string               `json:"error,omitempty"`
	Result *backtest.Comparison `json:"result,omitempty"`
}

// Request asks for a backtest. Exactly one of Text and Version names the new
// version.
type Request struct {
	From, To time.Time
	// Text is a ruleset's document, Version a stored one's number or hash.
	Text    string
	Version string
	// Against is a stored version's number or hash; empty: the one in force.
	Against string
	// Alone compares with nothing.
	Alone bool
	Actor string
}

// Bounds of a request.
const (
	MaxText   = rules.MaxSize        // bytes: what is a ruleset elsewhere can be run here
	MaxPeriod = 190 * 24 * time.Hour // what the ledger keeps by default
)

// Errors of this package, wrapped with what was wrong.
var (
	ErrBadRequest = errors.New("bad backtest")
	ErrBusy       = errors.New("a backtest runs and another waits already; cancel one or wait")
	ErrNotFound   = errors.New("there is no such backtest")
	ErrOver       = errors.New("the backtest is over")
)
