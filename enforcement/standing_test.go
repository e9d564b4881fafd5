package enforcement_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	listsredis "fairgate/enforcement/lists/redis"
	"fairgate/ingest"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/scoring"
	windowredis "fairgate/scoring/window/redis"
)

const oneRule = `
name: test
description: One rule that never fires.
features:
  - {name: submits_1m, description: Submissions, entity: account, events: [order.submit], window: 1m, aggregate: count}
rules:
  - id: storm
    description: A storm of submissions.
    when: submits_1m > 50
    on: account
    action: challenge
    reason: pace
    mode: live
    messages: {zh: 提交过于频繁, en: Too many submissions}
`

// A denial is in force at the next request of the account, through the real
// engine and the store that it shares with the lists.
func TestDenialStandsInTheEnginesOwnRoundTrip(t *testing.T) {
	program, err := rules.Load("test.yaml", []byte(oneRule), rules.Options{})
	require.NoError(t, err)
	options := &goredis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}
	windowredis.Configure(options)
	client := goredis.NewUniversalClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	engine := scoring.New(windowredis.New(client, windowredis.Options{}), scoring.Options{})
	engine.Swap(program)
	now := func() time.Time { return at }
	service, err := lists.New(t.Context(), sqldbtest.SQLite(t), listsredis.New(client), lists.Options{Now: now})
	require.NoError(t, err)
	screener := enforcement.NewScreener(engine, nil, enforcement.ScreenerOptions{})
	screen := func(id string, after time.Duration) ingest.Decision {
		e := event()
		e.ID, e.Time = id, at.Add(after)
		return screener.Screen(t.Context(), e, ingest.Policy{FailMode: ingest.FailDegraded})
	}
	require.Equal(t, ingest.Allow, screen("e1", 0).Action)

	for _, target := range []enforcement.Target{
		{Entity: rules.EntityAccount, Key: "a"}, {Entity: rules.EntityDevice, Key: "d"}, {Entity: rules.EntitySession, Key: "s"},
	} {
		denied, err := service.Deny(t.Context(), []enforcement.Denial{{
			Site: "museum", Target: target, Source: enforcement.EntryByRule, Rule: "rotation", Class: ingest.ReasonIdentity,
			Actor: enforcement.ActorEnforcer, EventID: "e1", At: at, TTL: time.Hour,
		}})
		require.NoError(t, err)
		d := screen("e2-"+target.String(), time.Second)
		assert.Equal(t, ingest.Block, d.Action, target)
		require.NotEmpty(t, d.Hits, target)
		assert.Equal(t, enforcement.ListRule+denied[0].EntryID, d.Hits[0].Rule)
		assert.Equal(t, ingest.Allow, screen("e3-"+target.String(), time.Hour).Action, "%s: over in event time", target)
		_, err = service.Lift(t.Context(), denied[0].EntryID, "li", "people")
		require.NoError(t, err)
		assert.Equal(t, ingest.Allow, screen("e4-"+target.String(), 2*time.Second).Action, target)
	}
}
