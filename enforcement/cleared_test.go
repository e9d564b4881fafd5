package enforcement_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	listsredis "fairgate/enforcement/lists/redis"
	"fairgate/ingest"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/scoring"
	windowredis "fairgate/scoring/window/redis"
)

// manyDocuments blocks an account, and the device it came with, at the sixth
// document in thirty days. STAGE is inline or async.
const manyDocuments = `
name: test
description: Too many documents.
features:
  - {name: account_documents_30d, description: Documents of an account, entity: account, events: [order.submit], window: 720h, aggregate: distinct, of: document, stage: STAGE}
  - {name: device_documents_30d, description: Documents of a device, entity: device, events: [order.submit], window: 720h, aggregate: distinct, of: document, stage: STAGE}
rules:
  - {id: account_rotation, description: An account rotates documents., when: account_documents_30d > 5, on: account, stage: STAGE, action: block, ttl: 24h, reason: identity, mode: live, messages: {zh: 证件过多, en: Too many documents}}
  - {id: device_rotation, description: A device rotates documents., when: device_documents_30d > 5, on: device, stage: STAGE, action: block, ttl: 24h, reason: identity, mode: live, messages: {zh: 证件过多, en: Too many documents}}
`

// eachStore runs a test on the embedded Redis and, where there is one, on a
// real one.
func eachStore(t *testing.T, test func(t *testing.T, client goredis.UniversalClient)) {
	t.Helper()
	open := func(t *testing.T, addr string) goredis.UniversalClient {
		t.Helper()
		options := &goredis.UniversalOptions{Addrs: []string{addr}}
		windowredis.Configure(options)
		client := goredis.NewUniversalClient(options)
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		return client
	}
	t.Run("miniredis", func(t *testing.T) { test(t, open(t, miniredis.RunT(t).Addr())) })
	t.Run("redis", func(t *testing.T) {
		addr := os.Getenv("FAIRGATE_TEST_REDIS")
		if addr == "" {
			require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "FAIRGATE_TEST_REDIS is not set")
			t.Skip("FAIRGATE_TEST_REDIS is not set")
		}
		test(t, open(t, addr))
	})
}

// visitor books through the real engine, and what it finds is enforced.
type visitor struct {
	*house
	engine          *scoring.Engine
	screener        *enforcement.Screener
	account, device string
	n               int
}

// book asks for an order with a document, a minute after the last one.
func (v *visitor) book(document string) ingest.Decision {
	v.t.Helper()
	v.n++
	v.now = v.now.Add(time.Minute)
	e := event()
	e.ID, e.Time = fmt.Sprintf("%s-%d", v.account, v.n), v.now
	e.Subject = ingest.Subject{Account: v.account, Device: v.device, Documents: []string{document}}
	e.Decision = v.screener.Screen(v.t.Context(), e, ingest.Policy{FailMode: ingest.FailDegraded})
	async, err := v.engine.Async(v.t.Context(), e)
	require.NoError(v.t, err)
	v.deliver(v.engine.InlineVerdict(e), async)
	return e.Decision
}

// A clearing is worth nothing if the month that the counters hold blocks the
// same person again at the next request.
func TestClearedPersonBeginsAnew(t *testing.T) {
	for _, stage := range []rules.Stage{rules.StageInline, rules.StageAsync} {
		program, err := rules.Load("test.yaml", []byte(strings.ReplaceAll(manyDocuments, "STAGE", string(stage))), rules.Options{})
		require.NoError(t, err)
		t.Run(string(stage), func(t *testing.T) {
			eachStore(t, func(t *testing.T, client goredis.UniversalClient) { clearAndBookOn(t, program, client) })
		})
	}
}

func clearAndBookOn(t *testing.T, program *rules.Program, client goredis.UniversalClient) {
	t.Helper()
	engine := scoring.New(windowredis.New(client, windowredis.Options{}), scoring.Options{})
	engine.Swap(program)
	run := uuid.NewString()
	v := &visitor{
		house: newHouse(t, sqldbtest.SQLite(t), listsredis.New(client)), engine: engine,
		screener: enforcement.NewScreener(engine, nil, enforcement.ScreenerOptions{}),
		account:  "a-" + run, device: "d-" + run,
	}
	account, device := enforcement.Target{Entity: "account", Key: v.account}, enforcement.Target{Entity: "device", Key: v.device}
	t.Cleanup(func() {
		for _, target := range []enforcement.Target{account, device} {
			key := windowredis.MarkKey(target.Entity, target.Key)
			require.NoError(t, client.Del(context.WithoutCancel(t.Context()), key).Err())
		}
	})
	for n := 1; n <= 5; n++ {
		require.Equal(t, ingest.Allow, v.book(fmt.Sprint("before ", n)).Action)
		require.False(t, v.denied(v.account), "after %d documents", n)
	}
	v.book("before 6")
	require.True(t, v.denied(v.account), "six documents are too many")
	require.Equal(t, ingest.Block, v.book("before 1").Action)

	v.now = v.now.Add(time.Hour)
	result, err := v.cases.ClearTarget(t.Context(), "museum", account, enforcement.SourceAppeal, "li", "a tour guide")
	require.NoError(t, err)
	require.Equal(t, 2, result.Lifted, "the account's entry and the device's")

	d := v.book("after 1")
	assert.Equal(t, ingest.Allow, d.Action, "the next booking, with one new document")
	assert.Empty(t, d.Hits)
	assert.False(t, v.denied(v.account))

	// What a loss of the marks takes away comes back from SQL.
	for _, target := range []enforcement.Target{account, device} {
		n, err := client.Del(t.Context(), windowredis.MarkKey(target.Entity, target.Key)).Result()
		require.NoError(t, err)
		require.EqualValues(t, 1, n, "the clearing of %s lies beside its counters", target.Entity)
	}
	require.NoError(t, v.lists.Rebuild(t.Context()))
	for n := 2; n <= 5; n++ {
		d = v.book(fmt.Sprint("after ", n))
		assert.Equal(t, ingest.Allow, d.Action, "%d new documents", n)
		assert.False(t, v.denied(v.account), "%d new documents", n)
	}
	assert.Equal(t, ingest.Allow, v.book("after 5").Action, "the same document again")
	v.book("after 6")
	assert.True(t, v.denied(v.account), "the counter works on: six new documents are too many again")
	assert.Equal(t, ingest.Block, v.book("after 6").Action)
}
