package pipeline_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/scoring"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
)

// groups is one group of accounts, of a size that tests change.
type groups struct{ size, confirmed int }

func (g *groups) Alone(string) (cluster.State, bool) { return cluster.State{}, false }

func (g *groups) Joins(*ingest.Event) (cluster.State, bool) { return cluster.State{}, false }

func (g *groups) Of(account string, _ time.Time) (cluster.State, bool) {
	return cluster.State{ID: "c", Size: g.size, Confirmed: g.confirmed}, account != "stranger"
}
func (g *groups) Records(*ingest.Event) []cluster.Record { return nil }
func (g *groups) Members(_ string, limit int) (list []string) {
	for i := range min(g.size, limit) {
		list = append(list, fmt.Sprint("a", i))
	}
	return list
}

// All accounts of a group are looked at again when it has doubled, or when one
// of them was confirmed, and not otherwise.
func TestAGroupThatGrewIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &groups{}
		f := start(t, func(f *fixture) { f.clusters = g })
		asked, ids := 0, map[string]bool{}
		for i, step := range []struct{ size, confirmed, asks int }{
			{7, 0, 0}, {8, 0, 7}, {9, 0, 0}, {15, 0, 0}, {16, 0, 15}, {12, 0, 0}, {16, 1, 15}, {17, 1, 0}, {32, 1, 31}, {5000, 1, 1999},
		} {
			g.size, g.confirmed = step.size, step.confirmed
			f.event(t, f.at(i, fmt.Sprint("e", i), "a0", ingest.KindOrderSubmit))
			pass(time.Second)
			f.journal.mu.Lock()
			now := 0
			for _, m := range f.sent {
				if m.Topic != topics.Events {
					continue
				}
				now++
				var e ingest.Event
				require.NoError(t, json.Unmarshal(m.Value, &e))
				require.NoError(t, e.Validate())
				assert.Equal(t, ingest.KindAccountReview, e.Kind)
				assert.Equal(t, m.Key, e.Subject.Account)
				assert.NotEqual(t, "a0", e.Subject.Account, "who caused it is looked at anyway")
				ids[e.ID] = true
			}
			f.journal.mu.Unlock()
			assert.Equal(t, step.asks, now-asked, "size %d, confirmed %d", step.size, step.confirmed)
			asked = now
		}
		assert.Len(t, ids, asked, "each is an event of its own")
		require.NoError(t, f.stop())
	})
}

// Where the asynchronous stage blocks one of a group, the others are looked at
// again, and then only once somebody else has come.
func TestTheOthersOfABlockedAreLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &groups{}
		f := start(t, func(f *fixture) { f.clusters = g })
		asked := 0
		for i, step := range []struct {
			account    string
			size, asks int
		}{{"a9", 3, 0}, {"bot", 3, 3}, {"bot", 3, 0}, {"a9", 4, 0}, {"bot", 4, 4}, {"bot", 1, 0}, {"stranger", 4, 0}} {
			g.size = step.size
			f.event(t, f.at(i, fmt.Sprint("e", i), step.account, ingest.KindOrderSubmit))
			pass(time.Second)
			f.journal.mu.Lock()
			now := 0
			for _, m := range f.sent {
				if m.Topic == topics.Events {
					now++
				}
			}
			f.journal.mu.Unlock()
			assert.Equal(t, step.asks, now-asked, "step %d", i)
			asked = now
		}
		require.NoError(t, f.stop())
	})
}

// A pipeline that hands verdicts over as they are publishes none, in the order
// of the events, and reads them in whatever way it is told to.
func TestVerdictsAreHandedOver(t *testing.T) {
	t.Parallel()
	j := newJournal()
	at := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	var got []string
	p := pipeline.New(j, &engine{}, j, topics, pipeline.Options{
		Decode: func(m stream.Message, into *ingest.Event) error {
			if m.Offset == 0 {
				return errAway
			}
			*into = ingest.Event{
				ID: m.Key, Time: at.Add(-time.Duration(m.Offset) * time.Second), Kind: ingest.KindOrderPay,
				Subject: ingest.Subject{Account: "bot" + m.Key},
			}
			return nil
		},
		Verdicts: func(found []scoring.Verdict) {
			for _, v := range found {
				got = append(got, v.EventID+"/"+string(v.Stage))
			}
		},
	})
	require.NoError(t, p.Handle(t.Context(), []stream.Message{{Key: "a", Offset: 1}, {Key: "b", Offset: 2}, {Key: "bad"}}))
	assert.Equal(t, []string{"b/inline", "b/async", "a/inline", "a/async"}, got)
	require.Len(t, j.sent, 1)
	assert.Equal(t, topics.Dead, j.sent[0].Topic)
}
