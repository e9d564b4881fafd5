package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/enforcement/backtest/jobs"
	"fairgate/enforcement/erasure"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
)

// TestAnErasedAccountIsNamedNowhere: what the booking system erases leaves every
// store of the house, whatever was found out about the account; so does an
// account that an operator names. Others stay.
func TestAnErasedAccountIsNamedNowhere(t *testing.T) {
	dir, blocking := t.TempDir(), strings.NewReplacer("action: block", "action: block\n    ttl: 1h").Replace(everybody)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "museum.yaml"), []byte(blocking), 0o600))
	s, dev := startService(t, app.DevOptions{Data: t.TempDir(), Rules: dir, ErasureSettle: 3 * time.Second})
	stores := openStores(t, dev)
	day := s.openPool(t, "main", 10)
	gone, byHand, stays := newcomer(t, s.gateway), newcomer(t, s.gateway), newcomer(t, s.gateway)
	visitors := []*visitor{gone, byHand, stays}
	book := func(v *visitor) reply { return v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day)) }
	for _, v := range visitors {
		r := book(v)
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
	}
	began := time.Now().Add(-time.Minute)
	operators := s.editor(t, dev.Password)
	live := operators.publish(t, strings.Replace(blocking, "mode: shadow", "mode: live", 1))
	api := "http://" + s.operators + "/api/v1"
	for _, v := range visitors {
		require.Eventually(t, func() bool { return book(v).status == http.StatusForbidden }, 5*time.Second, 50*time.Millisecond)
		s.reviewed(t, v, book(v), operators.second, stores)
		// Who is unblocked has a case, a label, a notice, and evidence of a person.
		require.Eventually(t, func() bool {
			return house(t.Context(), http.MethodPost, api+"/accounts/"+v.account+"/unblock", operators.second,
				map[string]string{"reason": "the guide of " + v.account}, nil) == nil
		}, 10*time.Second, 100*time.Millisecond)
		require.NoError(t, house(t.Context(), http.MethodPost, api+"/labels", operators.second, map[string]any{"labels": []map[string]any{
			{"account": v.account, "value": "human", "operator": v.account, "reason": "seen at the gate"},
		}}, nil))
		s.deny(t, v.account)
		require.NoError(t, house(t.Context(), http.MethodPost, api+"/lists/exceptions", operators.second, map[string]any{
			"entity": "account", "key": v.account, "rule": "everybody", "reason": "a guide", "expires_at": time.Now().Add(time.Hour).UTC(),
		}, nil))
	}
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/undo", operators.second,
		map[string]any{"rule": "everybody", "ruleset": live.Program, "reason": "it hit people"}, nil))
	if dev.NoAnalytics == nil {
		s.backtestOf(t, operators.first, blocking, began)
	}
	before := stores.naming(t, gone.account)
	t.Logf("before: %v", before)
	for _, table := range []string{"sql lists_entries", "sql lists_cleared", "sql cases", "sql case_evidence", "sql labels", "sql sweeps", "sql budget_evidence", "links"} {
		assert.Contains(t, before, table)
	}

	s.eraseInBooking(t, dev.Data, gone.account)
	command := eraseAccountCommand{
		operatorsFlags: operatorsFlags{Operators: "http://" + s.operators, Data: dev.Data},
		ID:             byHand.account, Reason: "asked at the counter", Wait: true, Poll: 100 * time.Millisecond,
	}
	require.NoError(t, command.Run(t.Context()))
	for _, v := range []*visitor{gone, byHand} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Empty(c, stores.naming(t, v.account))
		}, 40*time.Second, 500*time.Millisecond)
	}
	var list struct{ Erasures []erasure.Job }
	require.NoError(t, house(t.Context(), http.MethodGet, api+"/erasures", operators.second, nil, &list))
	require.Len(t, list.Erasures, 2)
	for _, j := range list.Erasures {
		assert.Equal(t, erasure.Done, j.Step)
	}
	left := stores.naming(t, stays.account)
	t.Logf("of another: %v", left)
	assert.Contains(t, left, "sql lists_entries")
	assert.Contains(t, left, "sql labels")
	var log struct {
		Entries []struct{ Action, Object, After string }
	}
	require.NoError(t, house(t.Context(), http.MethodGet, api+"/audit?limit=5", operators.second, nil, &log))
	require.Equal(t, "account.erase", log.Entries[0].Action)
	assert.NotContains(t, log.Entries[0].Object+log.Entries[0].After, byHand.account)
	assert.InDelta(t, 2, s.sample(t, "fairgate_erasure_accounts_total"), 0)
}

// eraseInBooking takes what the account holds, because nobody is erased who is
// still expected, and has the booking system erase it.
func (s *service) eraseInBooking(t *testing.T, data, account string) {
	t.Helper()
	enforcer, err := app.ReadSecret(data, "enforcement")
	require.NoError(t, err)
	internal := "http://" + s.ticketing + "/internal/v1"
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var held struct {
			Orders []struct {
				ID string `json:"order_id"`
			}
		}
		assert.NoError(c, house(t.Context(), http.MethodGet, internal+"/accounts/"+account+"/orders?states=held,provisional", enforcer, nil, &held))
		for _, o := range held.Orders {
			assert.NoError(c, house(t.Context(), http.MethodPost, internal+"/orders/"+o.ID+"/withdraw", enforcer,
				map[string]any{"reason_code": "pace", "receipt": "R"}, nil))
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, internal+"/accounts/"+account+"/erase", strings.NewReader(`{"reason":"asked by the visitor"}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.operationsKey)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Operator", "li")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		assert.NoError(c, res.Body.Close())
		assert.Less(c, res.StatusCode, 300)
	}, 20*time.Second, 500*time.Millisecond)
}

// backtestOf runs a backtest whose result names accounts.
func (s *service) backtestOf(t *testing.T, key, text string, from time.Time) {
	t.Helper()
	api := "http://" + s.operators + "/api/v1/backtests"
	var job jobs.Job
	require.NoError(t, house(t.Context(), http.MethodPost, api, key, map[string]any{
		"text": strings.Replace(text, "mode: shadow", "mode: retired", 1), "from": from.UTC(), "to": time.Now().UTC(),
	}, &job))
	require.Eventually(t, func() bool {
		require.NoError(t, house(t.Context(), http.MethodGet, api+"/"+job.ID, key, nil, &job))
		return job.State.Over()
	}, 20*time.Second, 100*time.Millisecond)
	require.Equal(t, jobs.Done, job.State, job.Error)
}

// engines of a running service, to be searched.
type stores struct {
	sql       *sqldb.DB
	redis     *goredis.Client
	analytics clickhouse.Conn // nil: none
	snapshot  string
	kafka     string
}

func openStores(t *testing.T, dev *app.Dev) *stores {
	t.Helper()
	s := &stores{redis: goredis.NewClient(&goredis.Options{Addr: dev.Redis}), snapshot: filepath.Join(dev.Data, "spool", "lists.json"), kafka: dev.Kafka}
	t.Cleanup(func() { assert.NoError(t, s.redis.Close()) })
	var err error
	s.sql, err = sqldb.Open(t.Context(), "sqlite:"+filepath.Join(dev.Data, "sql", "fairgate.db"), sqldb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.sql.Close()) })
	if dev.NoAnalytics == nil {
		s.analytics, err = clickhouse.Open(dev.Ledger.Reader)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.analytics.Close()) })
	}
	return s
}

// links counts the records of the account in the log of links that compaction
// will keep.
func (s *stores) links(t *testing.T, account string) int {
	t.Helper()
	tail := stream.NewTail([]string{s.kafka}, stream.NewTopics(config.Default().Kafka.Prefix).Links, nil)
	standing := map[string]bool{}
	reading, enough := context.WithTimeout(t.Context(), 10*time.Second)
	defer enough()
	require.NoError(t, tail.Read(reading, func(m stream.Message) {
		if strings.Contains(m.Key, account) && len(m.Value) > 0 {
			standing[m.Key] = true
		} else {
			delete(standing, m.Key)
		}
	}, enough))
	require.NoError(t, tail.Close())
	return len(standing)
}

// naming lists everything that names an account, with how often, but for the
// operators' audit log, which cannot be changed.
func (s *stores) naming(t *testing.T, account string) map[string]int {
	t.Helper()
	found := map[string]int{}
	note := func(where string, n int) {
		if n > 0 {
			found[where] += n
		}
	}
	type column struct{ table, name string }
	var columns []column
	rows, err := s.sql.Read.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name <> 'console_audit'`)
	require.NoError(t, err)
	for rows.Next() {
		var c column
		require.NoError(t, rows.Scan(&c.table, &c.name))
		columns = append(columns, c)
	}
	require.NoError(t, rows.Close())
	require.Greater(t, len(columns), 100)
	for _, c := range columns {
		var n int
		require.NoError(t, s.sql.Read.QueryRowContext(t.Context(),
			fmt.Sprintf(`SELECT COUNT(*) FROM %q WHERE instr(CAST(%q AS TEXT), $1) > 0`, c.table, c.name), account).Scan(&n))
		note("sql "+c.table, n)
	}
	for iter := s.redis.Scan(t.Context(), 0, "*", 1000).Iterator(); iter.Next(t.Context()); {
		value, _ := s.redis.Get(t.Context(), iter.Val()).Result() // other types hold no text
		if strings.Contains(iter.Val()+value, account) {
			note("redis "+iter.Val(), 1)
		}
	}
	if snapshot, err := os.ReadFile(s.snapshot); err == nil {
		note("lists.json", strings.Count(string(snapshot), account))
	}
	note("links", s.links(t, account))
	if s.analytics == nil {
		return found
	}
	columns = nil
	list, err := s.analytics.Query(t.Context(), `SELECT table, name FROM system.columns WHERE database = currentDatabase() AND type LIKE '%String%'`)
	require.NoError(t, err)
	for list.Next() {
		var c column
		require.NoError(t, list.Scan(&c.table, &c.name))
		columns = append(columns, c)
	}
	require.NoError(t, list.Close())
	require.Greater(t, len(columns), 20)
	for _, c := range columns {
		var n uint64
		require.NoError(t, s.analytics.QueryRow(t.Context(),
			fmt.Sprintf("SELECT count() FROM `%s` WHERE position(toString(`%s`), {account:String}) > 0", c.table, c.name),
			clickhouse.Named("account", account)).Scan(&n))
		note("ledger "+c.table, int(n))
	}
	return found
}
