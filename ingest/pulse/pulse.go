// Package pulse is the sign of life that every process of the house gives once
// a second: who it is, since when, and, of a gateway, what it has counted so far.
//
// It owns the Record, its rules and who publishes it (Publisher); pulse/redis
// keeps the last one of each process. It reads counters that are there anyway,
// away from any request, and judges nothing: rates, and who is away, are for
// whoever reads (console/live, console/engines).
package pulse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Every is how often a process gives its sign of life.
const Every = time.Second

// Role is what a process does.
type Role string

// Roles of processes.
const (
	Gateway  Role = "gateway"
	Scorer   Role = "scorer"
	Enforcer Role = "enforcer"
	Console  Role = "console"
)

// Valid reports whether r is a known role.
func (r Role) Valid() bool {
	return slices.Contains([]Role{Gateway, Scorer, Enforcer, Console}, r)
}

// ErrBadRecord is wrapped by what Validate finds.
var ErrBadRecord = errors.New("bad sign of life")

// Record is one process at one moment.
type Record struct {
	Role Role `json:"role"`
	// Name tells processes of a role apart, such as the gateway's name.
	Name string `json:"name"`
	// Boot is new with every start; counters of different boots do not compare.
	Boot    string    `json:"boot"`
	Version string    `json:"version,omitempty"`
	Started time.Time `json:"started"`
	// At is the process's own clock when it read the counters.
	At time.Time `json:"at"`
	// Degraded says that it works without the fleet's shared counters, and
	// DegradedSince from when on.
	Degraded      bool      `json:"degraded,omitempty"`
	DegradedSince time.Time `json:"degraded_since,omitzero"`
	// Edge is what a gateway has counted; nil of others.
	Edge *Edge `json:"edge,omitempty"`
}

// Edge is what one gateway has counted since its boot.
type Edge struct {
	// Verdicts are the screened requests by the action that was taken.
	Verdicts map[string]uint64 `json:"verdicts"`
	// Malformed were refused for their form, before screening.
	Malformed uint64 `json:"malformed"`
	// Screening is how long screening took.
	Screening Histogram `json:"screening"`
	// DeadlineMillis is what screening may take.
	DeadlineMillis float64 `json:"deadline_ms"`
}

// Histogram counts durations. Counts has one more element than Bounds: the
// last counts what is above all bounds.
type Histogram struct {
	// Bounds are upper bounds in seconds, inclusive, ascending.
	Bounds []float64 `json:"bounds"`
	Counts []uint64  `json:"counts"`
}

// Limits of what a reader takes.
const (
	maxName    = 128
	maxBuckets = 64
	maxActions = 16
)

// Validate names what is wrong.
func (r Record) Validate() error {
	switch {
	case !r.Role.Valid():
		return fmt.Errorf("%w: role %q is not known", ErrBadRecord, r.Role)
	case r.Name == "" || len(r.Name) > maxName:
		return fmt.Errorf("%w: name has %d bytes, want 1 to %d", ErrBadRecord, len(r.Name), maxName)
	case r.Boot == "" || len(r.Boot) > maxName:
		return fmt.Errorf("%w: boot has %d bytes, want 1 to %d", ErrBadRecord, len(r.Boot), maxName)
	case r.At.IsZero():
		return fmt.Errorf("%w: at is missing", ErrBadRecord)
	case r.Edge == nil:
		return nil
	}
	h := r.Edge.Screening
	switch {
	case len(r.Edge.Verdicts) > maxActions:
		return fmt.Errorf("%w: edge.verdicts has %d actions, at most %d", ErrBadRecord, len(r.Edge.Verdicts), maxActions)
	case len(h.Bounds) > maxBuckets, len(h.Counts) > 0 && len(h.Counts) != len(h.Bounds)+1:
		return fmt.Errorf("%w: edge.screening has %d bounds and %d counts", ErrBadRecord, len(h.Bounds), len(h.Counts))
	case !slices.IsSorted(h.Bounds):
		return fmt.Errorf("%w: edge.screening.bounds do not ascend", ErrBadRecord)
	}
	return nil
}

// Book keeps the last Record of every process of a site.
type Book interface {
	Put(ctx context.Context, r Record) error
	// Forget takes a process out that ended as it should.
	Forget(ctx context.Context, role Role, name string) error
	// All gives the last Record of every process, those that are away, too.
	All(ctx context.Context) ([]Record, error)
}
