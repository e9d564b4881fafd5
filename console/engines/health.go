package engines

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"fairgate/ingest/pulse"
)

// State is how something is.
type State string

// States.
const (
	Up      State = "up"
	Slow    State = "slow"
	Away    State = "away"
	Unknown State = "unknown" // not asked yet, or not part of this run
)

// Valid reports whether s is a known state.
func (s State) Valid() bool { return slices.Contains([]State{Up, Slow, Away, Unknown}, s) }

// Fault is what kind of error the last failed probe ended with. The error's own
// text is for the log: it may name users and addresses.
type Fault string

// Faults.
const (
	Timeout Fault = "timeout"
	Refused Fault = "connection_refused"
	Lookup  Fault = "name_not_found"
	Failed  Fault = "failed"
)

// Engine is one engine's health.
type Engine struct {
	Name      string    `json:"name" enum:"redis,sql,kafka,clickhouse,booking" doc:"booking is the booking system"`
	State     State     `json:"state" enum:"up,slow,away,unknown"`
	Since     time.Time `json:"since,omitzero" doc:"When this state began, as far as this console has seen; earlier is not known"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
	LatencyMS float64   `json:"latency_ms" doc:"Of the last probe that was answered"`
	Version   string    `json:"version,omitempty"`
	Fault     Fault     `json:"last_fault,omitempty" enum:"timeout,connection_refused,name_not_found,failed" doc:"Kind of the last failed probe; its text is in the log"`
	FaultAt   time.Time `json:"last_fault_at,omitzero"`
}

// Process is one process of the house.
type Process struct {
	Role          pulse.Role `json:"role" enum:"gateway,scorer,enforcer,console"`
	Name          string     `json:"name"`
	State         State      `json:"state" enum:"up,slow,away" doc:"slow: no sign of life for 3 s; away: for 10 s"`
	Since         time.Time  `json:"since" doc:"Up: when it started. Slow or away: its last sign of life"`
	StartedAt     time.Time  `json:"started_at"`
	Version       string     `json:"version,omitempty"`
	Degraded      bool       `json:"degraded" doc:"It works without the fleet's shared counters: its routes run in their fail mode"`
	DegradedSince time.Time  `json:"degraded_since,omitzero"`
}

// Lag is how far a group of readers is behind in the log.
type Lag struct {
	Group    string `json:"group" doc:"Who reads: scorer, enforcer, ledger"`
	Messages int64  `json:"messages" doc:"Messages that are written and not yet done"`
}

// Route is what a route does while the fleet's counters are away.
type Route struct {
	ID       string `json:"id"`
	FailMode string `json:"fail_mode" enum:"degraded,open,closed"`
}

// Health is everything at one moment.
type Health struct {
	At        time.Time `json:"at"`
	Engines   []Engine  `json:"engines"`
	Processes []Process `json:"processes" doc:"Empty with processes_known false while Redis, which keeps their signs of life, is away"`
	Known     bool      `json:"processes_known"`
	Lags      []Lag     `json:"lags"`
	// Degraded says that some gateway runs its routes in their fail mode.
	Degraded bool    `json:"degraded"`
	Routes   []Route `json:"routes" doc:"Every route with its fail mode, which is in force while degraded is true; empty where the console has no route table"`
}

// Probe asks an engine whether it works, and may tell its version.
type Probe func(ctx context.Context) (version string, err error)

// fault classes an error.
func fault(err error) Fault {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.As(err, &dns):
		return Lookup
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return Timeout
	}
	return Failed
}

// After which time without a sign of life a process is slow, and away.
const (
	slowAfter = 3 * time.Second
	awayAfter = 10 * time.Second
)

// process judges a sign of life.
func process(r pulse.Record, now time.Time) Process {
	p := Process{
		Role: r.Role, Name: r.Name, State: Up, Since: r.Started, StartedAt: r.Started, Version: r.Version,
		Degraded: r.Degraded, DegradedSince: r.DegradedSince,
	}
	switch silent := now.Sub(r.At); {
	case silent > awayAfter:
		p.State, p.Since = Away, r.At
	case silent > slowAfter:
		p.State, p.Since = Slow, r.At
	}
	return p
}
