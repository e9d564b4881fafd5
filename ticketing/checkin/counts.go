package checkin

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"fairgate/ticketing"
)

// Tally is what the scans of a terminal, a gate, a pool or all of them come to
// on a day.
type Tally struct {
	Name      string // the terminal's id, the gate or the pool; empty = all
	Entries   int
	Exits     int
	People    int // who entered, each once
	Inside    int // of whom an entry was the last scan
	Refused   int
	Reasons   map[Reason]int
	Conflicts int
	LastAt    time.Time // of the last scan
}

// Tallies are a day's counts. A scan of an unknown ticket belongs to no pool.
// Who came in by one gate and left by another is a minus at the latter.
type Tallies struct {
	Date      ticketing.Date
	At        time.Time // when they were counted
	Total     Tally
	Terminals []Tally
	Gates     []Tally
	Pools     []Tally
}

// Counts reads a day's counts, at most Options.CountsAge old.
func (s *Service) Counts(ctx context.Context, date string) (Tallies, error) {
	day, err := ticketing.ParseDate(date)
	if err != nil {
		return Tallies{}, invalidField("date", "%v", err)
	}
	return s.counts.get(s.now(), s.opts.CountsAge, day, func() (Tallies, error) {
		var lines []Count
		err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			lines, err = r.Counts(ctx, day)
			return err
		})
		return tally(day, s.now(), lines), err
	})
}

// GateCounts reads today's counts of the terminal's own gate.
func (s *Service) GateCounts(ctx context.Context, token string) (Tally, time.Time, error) {
	t, _, err := s.authenticate(ctx, token)
	if err != nil {
		return Tally{}, time.Time{}, err
	}
	if err := s.calls.take(t.ID); err != nil {
		return Tally{}, time.Time{}, err
	}
	all, err := s.Counts(ctx, string(ticketing.DateOf(s.now())))
	if err != nil {
		return Tally{}, time.Time{}, err
	}
	for _, gate := range all.Gates {
		if gate.Name == t.Gate {
			return gate, all.At, nil
		}
	}
	return Tally{Name: t.Gate, Reasons: map[Reason]int{}}, all.At, nil
}

// Conflicts lists scans made off line that on line would have been refused, or
// were refused for their time, in order, after a sequence number.
func (s *Service) Conflicts(ctx context.Context, after int64, limit int) ([]Scan, error) {
	if limit < 1 || limit > maxPage {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxPage, limit)
	}
	var scans []Scan
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		scans, err = r.Conflicts(ctx, after, limit)
		return err
	})
	return scans, err
}

// tally sums a day's lines.
func tally(day ticketing.Date, at time.Time, lines []Count) Tallies {
	out := Tallies{Date: day, At: at, Total: Tally{Reasons: map[Reason]int{}}}
	terminals, gates, pools := map[string]*Tally{}, map[string]*Tally{}, map[string]*Tally{}
	for _, line := range lines {
		out.Total.add(line)
		named(terminals, line.TerminalID).add(line)
		named(gates, line.Gate).add(line)
		if line.Pool != "" {
			named(pools, line.Pool).add(line)
		}
	}
	out.Terminals, out.Gates, out.Pools = byName(terminals), byName(gates), byName(pools)
	return out
}

func named(of map[string]*Tally, name string) *Tally {
	t := of[name]
	if t == nil {
		t = &Tally{Name: name, Reasons: map[Reason]int{}}
		of[name] = t
	}
	return t
}

func byName(of map[string]*Tally) []Tally {
	out := make([]Tally, 0, len(of))
	for _, t := range of {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Tally) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (t *Tally) add(line Count) {
	t.Entries += line.Entries
	t.Exits += line.Exits
	t.People += line.People
	t.Inside += line.Inside
	t.Refused += line.Refused
	t.Conflicts += line.Conflicts
	if line.Refused > 0 {
		t.Reasons[line.Reason] += line.Refused
	}
	if line.LastAt.After(t.LastAt) {
		t.LastAt = line.LastAt
	}
}

// countCache keeps the last counts of one day for a moment, so that many who
// poll cost one reading. It is safe for concurrent use.
type countCache struct {
	mu   sync.Mutex
	last Tallies
}

func (c *countCache) get(now time.Time, age time.Duration, day ticketing.Date, read func() (Tallies, error)) (Tallies, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.Date == day && age > 0 && now.Sub(c.last.At).Abs() < age {
		return c.last, nil
	}
	fresh, err := read()
	if err != nil {
		return Tallies{}, err
	}
	c.last = fresh
	return fresh, nil
}
