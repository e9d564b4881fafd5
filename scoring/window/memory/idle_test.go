package memory

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

// TestNothingIdleIsKeptOfAnyShape lets entities of every shape fall silent, and
// busy ones go on.
func TestNothingIdleIsKeptOfAnyShape(t *testing.T) {
	one := func(id string, shape scoring.Shape, a rules.Aggregate) *scoring.Series {
		s := &scoring.Series{ID: id, Shape: shape, Keep: time.Minute, Limit: 100, Reads: []scoring.Read{{Window: time.Minute, Aggregate: a}}}
		if shape == scoring.ShapeBuckets {
			s.Bucket = time.Second
		}
		return s
	}
	all := []*scoring.Series{
		one("a", scoring.ShapeAmounts, rules.AggSum), one("s", scoring.ShapeSpans, rules.AggAge),
		one("b", scoring.ShapeBuckets, rules.AggCount),
	}
	s, n := New(Options{}), 0
	send := func(key string, when time.Time) {
		n++
		id := fmt.Sprint("event ", n)
		tc := &scoring.Touch{EventID: id, Time: when, Entities: []scoring.EntityTouch{{Entity: rules.EntityPool, Key: key}}}
		for _, one := range all {
			tc.Entities[0].Series = append(tc.Entities[0].Series, scoring.SeriesTouch{
				Series: one, Members: []string{id}, Amount: 1, Values: make([]float64, 1),
			})
		}
		require.NoError(t, s.Touch(t.Context(), tc))
	}
	kept := func() (entities, items int) {
		for i := range s.shards {
			entities += s.shards[i].entities.count
			for _, p := range s.shards[i].entities.places {
				if p.entity == nil {
					continue
				}
				e := p.entity
				for _, one := range e.series {
					items += len(one.items) + len(one.buckets)
				}
				for _, r := range e.recent {
					for _, ids := range r.seen {
						items += len(ids)
					}
				}
			}
		}
		return entities, items
	}
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range 2000 {
		send(fmt.Sprint("once ", i), start)
	}
	for i := range 6 * 3600 { // enough busy pools that each shard sees some, each every ten minutes
		send(fmt.Sprint("busy ", i%600), start.Add(time.Duration(i)*time.Second))
	}
	entities, items := kept()
	assert.Equal(t, 600, entities, "those that were seen once are forgotten")
	assert.Less(t, items, 600*10, "of the others only what a window or a repeat can reach")
}
