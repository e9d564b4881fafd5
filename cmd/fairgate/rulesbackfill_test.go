package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/config"
	"fairgate/enforcement/backfill"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

// lookers counts looks, in a rule that does not act.
const lookers = `
name: museum
features:
  - {name: looks, entity: account, events: [stock.read], window: 1h, aggregate: count}
rules:
  - {id: looks_often, when: looks > 2000, on: account, action: flag, mode: shadow, messages: {zh: 常看, en: looks}}
`

// TestABackfillCountsWhatTheLedgerHolds fills a new feature on a running
// service, is stopped half-way and started again, and holds every account's
// counter against the ledger.
func TestABackfillCountsWhatTheLedgerHolds(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	s, dev, _ := startRules(t, tried)
	const events, accounts = 12_000, 50
	remember(t, dev, events, accounts, 50*time.Minute)
	operators := s.editor(t, dev.Password)
	version := operators.publish(t, lookers)
	api := "http://" + s.operators + "/api/v1"
	job := func() (j backfill.Job) {
		var list struct{ Backfills []backfill.Job }
		require.NoError(t, house(t.Context(), http.MethodGet, api+"/backfills", operators.first, nil, &list))
		require.Len(t, list.Backfills, 1)
		return list.Backfills[0]
	}
	change := func(path string) error {
		return house(t.Context(), http.MethodPost, api+"/features/looks/backfill"+path, operators.first, map[string]string{"reason": "a new rule"}, nil)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.NoError(c, change(""), "it is counted, and not warm") }, 15*time.Second, 100*time.Millisecond)
	require.Error(t, change(""), "one at a time")
	require.Eventually(t, func() bool { return job().Events > 0 }, 90*time.Second, 50*time.Millisecond)
	require.NoError(t, change("/cancel"))
	stopped := job()
	require.Equal(t, backfill.Cancelled, stopped.State)
	require.Less(t, stopped.Events, int64(events))
	require.Error(t, change("/cancel"), "nothing is under way")

	require.NoError(t, change(""))
	require.Eventually(t, func() bool { return job().State == backfill.Done }, 60*time.Second, 100*time.Millisecond)
	t.Logf("cancelled after %d events, then filled with %d", stopped.Events, job().Events)
	counted, want := s.counted(t, dev.Redis, version.Text, accounts), map[string]float64{}
	rows, err := openRecord(t, dev).conn.Query(t.Context(), `SELECT account, toFloat64(uniqExact(id)) FROM events FINAL WHERE kind = 'stock.read' AND time > {from:DateTime64(3)} GROUP BY account`,
		clickhouse.Named("from", time.Now().Add(-time.Hour).UTC().Format("2006-01-02 15:04:05.000")))
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	for rows.Next() {
		var account string
		var n float64
		require.NoError(t, rows.Scan(&account, &n))
		want[account] = n
	}
	require.Len(t, want, accounts)
	assert.Equal(t, want, counted)
}

// counted reads the feature's value of every account from the running
// service's counters, by an event that the feature does not count.
func (s *service) counted(t *testing.T, addr, text string, accounts int) map[string]float64 {
	t.Helper()
	client := goredis.NewUniversalClient(&goredis.UniversalOptions{Addrs: []string{addr}})
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	program, err := rules.Load("museum", []byte(text), rules.Options{})
	require.NoError(t, err)
	engine := scoring.New(redis.New(client, redis.Options{}), scoring.Options{})
	engine.Swap(program)
	out := map[string]float64{}
	for i := range accounts {
		account := fmt.Sprint("account-", i)
		var result scoring.Result
		require.NoError(t, engine.Inline(t.Context(), &ingest.Event{
			ID: uuid.NewString(), Time: time.Now(), Site: config.Default().Site, Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: account},
		}, "", &result))
		require.Equal(t, []string{"looks"}, result.Snapshot.Names)
		out[account] = result.Snapshot.Values[0]
	}
	return out
}
