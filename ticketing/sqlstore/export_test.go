package sqlstore

import (
	"context"

	"fairgate/ticketing"
	"fairgate/ticketing/storetest"
)

// Together implements storetest.Grouper. The writer must have nothing else to
// do: the group is committed past its queue.
func (s *Store) Together(ctx context.Context, jobs ...storetest.Job) []error {
	return s.together(ctx, jobs, s.writer.commit)
}

// Careful is a store whose groups are always run one by one.
type Careful struct{ *Store }

// Together implements storetest.Grouper.
func (c Careful) Together(ctx context.Context, jobs ...storetest.Job) []error {
	return c.together(ctx, jobs, func(jobs []*job) { //nolint:contextcheck // a commit outlives its callers
		foresightFirst(jobs)
		answer(jobs, c.writer.transact(jobs, true))
	})
}

func (s *Store) together(ctx context.Context, jobs []storetest.Job, commit func([]*job)) []error {
	errs, group := make([]error, len(jobs)), make([]*job, len(jobs))
	for i, j := range jobs {
		group[i] = &job{
			ctx: ctx, fn: func(ctx context.Context, t *tx) error { return j.Run(ctx, t) }, ahead: j.Ahead, done: make(chan error, 1),
		}
	}
	// Once this one is answered, the writer is done with what it did before.
	if err := s.Update(ctx, func(context.Context, ticketing.Tx) error { return nil }); err != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	commit(append([]*job{}, group...))
	for i, j := range group {
		errs[i] = <-j.done
	}
	return errs
}
