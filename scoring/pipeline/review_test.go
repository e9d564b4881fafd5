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
	"fairgate/scoring/cluster"
)

// groups is one group of accounts, of a size that tests change.
type groups struct{ size, confirmed int }

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
