package app

import (
	"context"
	"fmt"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/ledger"
	"fairgate/ingest"
	"fairgate/ingest/stream"
)

// sampler draws for the audit sample, where that is asked for.
func (c *Contained) sampler() (enforcement.Sampler, error) {
	if c.o.Sample == nil {
		return nil, nil //nolint:nilnil // none is drawn
	}
	salt := seedOf(c.o.Seed, "audit sample")
	s, err := cases.NewSampler(c.review.cases, salt[:], cases.SampleOptions{Rates: c.o.Sample})
	if err != nil {
		return nil, fmt.Errorf("contained: %w", err)
	}
	return s, nil
}

// keep hands a message on to who keeps the ledger. One that no record can be read
// from is a fault: everything here was written by this process.
func (c *Contained) keep(m stream.Message, kind ledger.Kind) error {
	if c.o.Kept == nil {
		return nil
	}
	if m.Offset > 0 {
		e := new(ingest.Event)
		if err := c.log.decode(m, e); err != nil {
			return fmt.Errorf("keep an event: %w", err)
		}
		c.o.Kept(ledger.Record{Event: e})
		return nil
	}
	r, err := ledger.Decode(kind, m.Value)
	if err != nil {
		return fmt.Errorf("keep one of %s: %w", kind, err)
	}
	c.o.Kept(r)
	return nil
}

// reviewers judge what was drawn; the second sees what is judged twice.
func reviewers() []string { return []string{"reviewer-1", "reviewer-2"} }

// Review has reviewers judge every account that was drawn for the audit sample,
// through the queue, and takes in labels that came in from elsewhere. What waits
// is scored and enforced before.
func (c *Contained) Review(ctx context.Context, judge func(account string) enforcement.LabelValue, others []enforcement.Label) error {
	if err := c.score(ctx); err != nil {
		return err
	}
	if err := c.enforce(ctx); err != nil {
		return err
	}
	site := c.e.Config.Site
	for _, who := range reviewers() {
		for {
			tasks, _, err := c.review.cases.Queue(ctx, cases.TaskFilter{Site: site}, who, "", cases.MaxPage)
			if err != nil {
				return fmt.Errorf("review: %w", err)
			}
			if len(tasks) == 0 {
				break
			}
			for _, t := range tasks {
				if err := c.review.cases.Judge(ctx, t.ID, who, judge(t.Target.Key), ""); err != nil {
					return fmt.Errorf("review: %w", err)
				}
			}
		}
	}
	for i := range others {
		others[i].Site, others[i].Time = site, c.e.Now()
	}
	if err := c.review.cases.Add(ctx, others); err != nil {
		return fmt.Errorf("review: %w", err)
	}
	return c.carryOut(ctx)
}
