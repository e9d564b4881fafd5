package backtesttest

import (
	"context"
	"iter"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/ingest"
)

// Memory is a history in memory. Its fields are not changed by a run.
type Memory struct {
	List    []ingest.Event // in the order of (time, id)
	Known   map[string]enforcement.LabelValue
	Site    string // of the labels
	Cleared []backtest.Clearing
	// Repeat yields the list so many times, each later by its length and an
	// hour: a long period from few events. 0 is once.
	Repeat int
}

var _ backtest.Source = (*Memory)(nil)

// Extent implements backtest.Source.
func (m *Memory) Extent(_ context.Context, from, to time.Time) (backtest.Extent, error) {
	var out backtest.Extent
	for at := range m.times() {
		if at.Before(from) || !at.Before(to) {
			continue
		}
		if out.Events == 0 {
			out.First = at
		}
		out.Events++
		out.Last = at
	}
	return out, nil
}

func (m *Memory) times() iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for round := range max(1, m.Repeat) {
			for i := range m.List {
				if !yield(m.List[i].Time.Add(m.shift(round))) {
					return
				}
			}
		}
	}
}

// Span is how long one repetition is.
func (m *Memory) Span() time.Duration {
	if len(m.List) == 0 {
		return 0
	}
	return m.List[len(m.List)-1].Time.Sub(m.List[0].Time) + time.Hour
}

func (m *Memory) shift(round int) time.Duration { return time.Duration(round) * m.Span() }

// Events implements backtest.Source.
func (m *Memory) Events(ctx context.Context, from, to time.Time, _ backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		batch := spare()
		for round := range max(1, m.Repeat) {
			for i := range m.List {
				at := m.List[i].Time.Add(m.shift(round))
				if at.Before(from) || !at.Before(to) {
					continue
				}
				batch = append(batch, m.List[i])
				last := &batch[len(batch)-1]
				last.Time = at
				if round > 0 {
					last.ID = id(at, uint64(i))
				}
				if len(batch) == backtest.BatchEvents {
					if !yield(batch, ctx.Err()) {
						return
					}
					batch = spare()
				}
			}
		}
		if len(batch) > 0 {
			yield(batch, ctx.Err())
		}
	}
}

// Labels implements backtest.Source.
func (m *Memory) Labels(_ context.Context, label func(site, account string, value enforcement.LabelValue)) error {
	for account, value := range m.Known {
		label(m.Site, account, value)
	}
	return nil
}

// Clearings implements backtest.Source.
func (m *Memory) Clearings(context.Context, time.Time) ([]backtest.Clearing, error) {
	return m.Cleared, nil
}
