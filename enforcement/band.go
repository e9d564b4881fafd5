package enforcement

import (
	"context"
	"fmt"

	"fairgate/ingest"
)

// settleBands leaves one score band of those that the hits name acting: the
// highest that base and the scores of the hits that may act still reach. Scores
// of matches that an exception took away do not count. Bands that do not act
// are marked as shadow.
func settleBands(hits []ingest.Hit, base float64) {
	sum, top := base, -1
	for i := range hits {
		if !hits[i].Shadow {
			sum += hits[i].Score
		}
	}
	for i := range hits {
		h := &hits[i]
		switch {
		case h.From == 0 || h.Shadow:
		case h.From > sum:
			h.Shadow = true
		case top < 0:
			top = i
		case h.From > hits[top].From:
			hits[top].Shadow, top = true, i
		default:
			h.Shadow = true
		}
	}
}

// banded reports that a band was reached.
func banded(hits []ingest.Hit) bool {
	for i := range hits {
		if hits[i].From > 0 && !hits[i].Shadow {
			return true
		}
	}
	return false
}

// settle decides which band of an asynchronous verdict acts, once the
// exceptions are known. In line, screening has done so already.
func (e *Enforcer) settle(ctx context.Context, p *plan) (*plan, error) {
	if !p.banded {
		return p, nil
	}
	v := p.verdict
	hits := make([]ingest.Hit, 0, len(v.Hits))
	for _, h := range v.Hits {
		if t := targetOf(h); !h.Shadow && !isList(h.Rule) && t.Valid() {
			excused, err := e.lists.Excused(ctx, v.Site, t, h.Rule, v.Time)
			if err != nil {
				return nil, fmt.Errorf("look for exceptions of %s: %w", v.EventID, err)
			}
			h.Shadow = excused
		}
		hits = append(hits, h)
	}
	settleBands(hits, v.InlineScore)
	v.Hits = hits
	settled, err := planOf(v)
	if err != nil {
		return nil, err
	}
	return settled, nil
}
