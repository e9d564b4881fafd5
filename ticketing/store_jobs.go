package ticketing

import (
	"context"
	"time"
)

// JobReader reads how jobs stand, in order of name. AnyDue reports whether there
// is anything to do for them or for what is done at every tick: a hold to
// expire, a provisional order to confirm, a stage to fire, a return to land, an
// allotment to release.
type JobReader interface {
	Jobs(ctx context.Context) ([]JobState, error)
	AnyDue(ctx context.Context, now time.Time) (bool, error)
}

// JobWriter keeps how jobs stand. PlanJob adds a job that is not known yet;
// ClaimJob gives a due job that nobody else has at that moment to holder and
// reports whether it did; FinishJob writes down what became of it, and fails with
// ErrNotFound if the job is another holder's by now.
type JobWriter interface {
	PlanJob(ctx context.Context, name string, due time.Time) error
	ClaimJob(ctx context.Context, name, holder string, now, until time.Time) (JobState, bool, error)
	FinishJob(ctx context.Context, holder string, j JobState) error
}
