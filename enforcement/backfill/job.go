package backfill

import (
	"errors"
	"time"
)

// State is how far a job is.
type State string

// States of a job.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Valid reports whether s is known.
func (s State) Valid() bool {
	switch s {
	case Queued, Running, Done, Cancelled, Failed:
		return true
	default:
		return false
	}
}

// Over reports whether nobody works on such a job any more.
func (s State) Over() bool { return s == Done || s == Cancelled || s == Failed }

// Job is one backfill of one feature.
type Job struct {
	Feature    string    `json:"feature"`
	Definition string    `json:"definition"`
	State      State     `json:"state"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	// At is up to when everything is in, Events how many were put in.
	At     time.Time `json:"at"`
	Events int64     `json:"events"`
	// Progress is the part of the period that is in, 0 to 1.
	Progress float64   `json:"progress"`
	Actor    string    `json:"actor"`
	Reason   string    `json:"reason"`
	Failure  string    `json:"failure,omitempty"`
	Changed  time.Time `json:"changed"`

	counted time.Time
}

// progress is how much of the period is in.
func (j *Job) progress() float64 {
	whole := j.To.Sub(j.From)
	if whole <= 0 || j.State == Done {
		return 1
	}
	return min(1, max(0, float64(j.At.Sub(j.From))/float64(whole)))
}

// Refusals of Start and Cancel.
var (
	ErrWarm     = errors.New("the feature has seen its window already")
	ErrCold     = errors.New("the feature is not counted yet; publish a rule that reads it, in shadow, first")
	ErrRatio    = errors.New("a ratio counts nothing itself; backfill its two parts")
	ErrTwice    = errors.New("the feature is kept in buckets and was counted before, within its window; a backfill would count that twice")
	ErrUnderWay = errors.New("a backfill of this feature is under way")
	ErrNoJob    = errors.New("no backfill of this feature is under way")
)
