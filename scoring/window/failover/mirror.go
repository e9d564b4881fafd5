package failover

import (
	"context"
	"time"

	"fairgate/scoring"
)

// mirrorFor is for how long after an outage what the primary counts is counted
// locally, too. A primary that comes and goes, as one on an overloaded machine
// does, would else leave both counters with holes: each would see half of a
// poller's reads, at gaps that are no rhythm. It is as long as the longest
// window of rates that are judged by their rhythm.
const mirrorFor = 10 * time.Minute

// copied is a Touch whose answers nobody reads.
type copied struct {
	touch    scoring.Touch
	entities []scoring.EntityTouch
	series   []scoring.SeriesTouch
	values   []float64
}

// of makes c a copy of t with answers of its own. Marks are not asked for: they
// hide events from reads, and nothing is read.
func (c *copied) of(t *scoring.Touch) {
	series, values := 0, 0
	for i := range t.Entities {
		series += len(t.Entities[i].Series)
		for j := range t.Entities[i].Series {
			values += len(t.Entities[i].Series[j].Values)
		}
	}
	// Grown before they are cut into parts: a later append would move them.
	if cap(c.values) < values {
		c.values = make([]float64, values)
	}
	if cap(c.series) < series {
		c.series = make([]scoring.SeriesTouch, series)
	}
	c.entities = append(c.entities[:0], t.Entities...)
	freeSeries, freeValues := c.series[:series], c.values[:values]
	for i := range c.entities {
		et := &c.entities[i]
		et.ReadMark, et.Mark, et.Since = false, nil, time.Time{}
		n := copy(freeSeries, et.Series)
		et.Series, freeSeries = freeSeries[:n:n], freeSeries[n:]
		for j := range et.Series {
			n := len(et.Series[j].Values)
			et.Series[j].Values, freeValues = freeValues[:n:n], freeValues[n:]
		}
	}
	c.touch = *t
	c.touch.Entities = c.entities
}

// mirroring reports whether the local counters see all that this process sees.
func (s *Store) mirroring(now time.Time) bool { return now.UnixMilli() < s.mirrored.Load() }

// mirror counts locally what the primary has just counted, and spends the token
// that was spent there. The primary has answered, so that an error here would
// help nobody; the next outage shows it.
func (s *Store) mirror(ctx context.Context, t *scoring.Touch) {
	c, _ := s.copies.Get().(*copied)
	if c == nil {
		c = &copied{}
	}
	c.of(t)
	_ = s.local.Touch(context.WithoutCancel(ctx), &c.touch)
	clear(c.entities) // keep no visitor's data
	clear(c.series[:cap(c.series)])
	c.touch = scoring.Touch{}
	s.copies.Put(c)
}

// covered is for how long, at the touch's time, the local counters have seen
// all that this process sees; 0 where they have not.
func (s *Store) covered(t *scoring.Touch) time.Duration {
	since := s.since.Load()
	if since == 0 || (!s.breaker.isOpen() && !s.mirroring(s.o.Now())) {
		return 0
	}
	return time.Duration(t.Time.UnixMilli()-since) * time.Millisecond
}
