package life

import (
	"context"
	"time"
)

// Store keeps what this package needs to be kept; *sqlstore.Store is one.
type Store interface {
	Versions
	Register
	Tightenings
}

// Versions keeps the texts. Implementations are safe for concurrent use, also
// by several processes.
type Versions interface {
	// Insert gives the version the next number of its ruleset.
	Insert(ctx context.Context, v Version) (Version, error)
	// Version reads one, text included. The error is ErrNotFound.
	Version(ctx context.Context, ruleset string, number int64) (Version, error)
	// List reads the versions before a number (0: all) without their texts,
	// the newest first.
	List(ctx context.Context, ruleset string, before int64, limit int) ([]Version, error)
	// Save writes a version that is still as was: in that state, with that
	// hash. Otherwise the error is ErrStale.
	Save(ctx context.Context, was, v Version) error
}

// Register keeps what is in force.
type Register interface {
	// Live reads what is in force.
	Live(ctx context.Context, ruleset string) (Live, error)
	// Publish puts a version in force in one transaction: the version that was
	// is superseded. The error is ErrStale where Replaces is not in force any
	// more, or the version is not as it was read.
	Publish(ctx context.Context, p Publishing) error
	// Steps reads a rule's steps, or with an empty one those of all, the newest
	// first.
	Steps(ctx context.Context, ruleset, rule string, limit int) ([]Step, error)
	// Programs tells which version a program was, 0 for the shipped document.
	// The error is ErrNotFound for a program that never was in force.
	Program(ctx context.Context, ruleset, program string) (number int64, err error)
}

// Tightenings keeps break-glass.
type Tightenings interface {
	// Begin records a tightening and the programs that it leads to. The error
	// is ErrState while another of its rule is not ended.
	Begin(ctx context.Context, t Tightening, programs []string) error
	// End records that one is over, once: false says that it was already.
	End(ctx context.Context, ruleset, id string, at time.Time, by, reason string) (Tightening, bool, error)
	// Tightened reads those that began since, the newest first.
	Tightened(ctx context.Context, ruleset string, since time.Time) ([]Tightening, error)
}

// Live is what is in force of a ruleset.
type Live struct {
	// Version is nil where nothing was ever published: the shipped document
	// is in force.
	Version *Version
	// Tightenings are those that have not ended.
	Tightenings []Tightening
}

// Publishing is what Register.Publish writes.
type Publishing struct {
	Version Version // published, with its Publication
	Was     Version // as it was read
	// Replaces is the number of the version in force, 0 for none.
	Replaces int64
	Steps    []Step
	// Ended are tightenings that the publication ends.
	Ended []string
	// Programs are what the version is with the tightenings that go on.
	Programs []string
	// File is the hash of the shipped document at this time.
	File string
}
