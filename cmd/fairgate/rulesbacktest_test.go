package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/jobs"
	"fairgate/enforcement/ledger/history"
	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// watched flags who looks and books often, in line and later.
const watched = `
name: museum
features:
  - {name: looks, entity: account, events: [stock.read, page.read, detail.read], window: 1h, aggregate: count}
  - {name: tries, entity: account, events: [order.submit], window: 1h, aggregate: count, stage: async}
rules:
  - {id: looks_often, when: looks > 2, on: account, action: flag, messages: {zh: 常看, en: looks}}
  - {id: tries_often, stage: async, events: [order.submit], when: tries > 2, on: account, action: flag, messages: {zh: 常试, en: tries}}
  - {id: in_shadow, when: looks > 3, on: account, action: flag, mode: shadow, messages: {zh: 影子, en: shadow}}
`

// TestABacktestFindsWhatTheRunningServiceFound drives traffic at the whole
// service and runs its ledger through the same rules: over the operators' API
// rule by rule, and event by event. Then every event is delivered again, the
// last first, which changes neither.
func TestABacktestFindsWhatTheRunningServiceFound(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	s, dev, file := startRules(t, watched)
	day, began := s.openPool(t, "main", 1000), time.Now().Add(-time.Minute)
	for n := range 4 {
		v := newcomer(t, s.gateway)
		for range 3 + n {
			v.must(t, http.MethodGet, "/api/v1/pools/main/stock?from="+day+"&to="+day, "")
			v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day))
		}
	}
	record := openRecord(t, dev)
	const tries = 1 + 2 + 3 + 4
	require.Eventually(t, func() bool { return record.count(t, "tries_often") == tries }, 30*time.Second, 200*time.Millisecond)

	command := rulesBacktestCommand{
		analystFlags: analystFlags{operatorsFlags{Operators: "http://" + s.operators, Data: dev.Data}}, Ruleset: file,
		From: began.Format(time.RFC3339), Poll: 50 * time.Millisecond,
	}
	request, err := command.request(time.Now().Add(time.Second))
	require.NoError(t, err)
	var job jobs.Job
	require.NoError(t, command.call(t.Context(), http.MethodPost, "/api/v1/backtests", request, &job))
	job, err = command.follow(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, jobs.Done, job.State, job.Error)
	found := map[string]backtest.RuleComparison{}
	for _, r := range job.Result.Rules {
		found[r.Rule] = r
		assert.Equal(t, record.count(t, r.Rule), r.New.Events+r.New.ShadowEvents, r.Rule)
		assert.Equal(t, r.New, r.Against, r.Rule)
	}
	assert.EqualValues(t, tries, found["tries_often"].New.Events)
	assert.NotZero(t, found["looks_often"].New.Events)
	assert.NotZero(t, found["in_shadow"].New.ShadowEvents)
	assert.Zero(t, job.Result.ChangedEvents)

	verdicts := record.verdicts(t)
	assert.Equal(t, verdicts, record.replay(t, watched, began), "event by event")
	t.Logf("%d events with findings agree", len(verdicts))
	judged := s.sample(t, "fairgate_pipeline_messages_total")
	events := s.deliverAgain(t, dev)
	require.Eventually(t, func() bool {
		return s.sample(t, "fairgate_archive_rows_total", `table="events"`) >= float64(2*events) &&
			s.sample(t, "fairgate_pipeline_messages_total") >= judged+float64(events)
	}, 30*time.Second, 200*time.Millisecond)
	assert.Equal(t, verdicts, record.verdicts(t), "after %d repeats in the wrong order", events)
	assert.Equal(t, verdicts, record.replay(t, watched, began))
}

// startRules runs the whole service on a ruleset of its own, and gives the file
// that it follows.
func startRules(t *testing.T, text string) (s *service, dev *app.Dev, file string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "museum.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s, dev = startService(t, app.DevOptions{Data: t.TempDir(), Rules: dir})
	if os.Getenv("FAIRGATE_TEST_CHDB") != "" {
		require.NoError(t, dev.NoAnalytics)
	}
	return s, dev, file
}

// record is what a running service wrote into its ledger.
type record struct {
	conn   clickhouse.Conn
	reader *history.Reader
}

func openRecord(t *testing.T, dev *app.Dev) *record {
	t.Helper()
	r := &record{}
	var err error
	r.conn, err = clickhouse.Open(dev.Ledger.Reader)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.conn.Close()) })
	r.reader, err = history.Open(dev.Ledger.Reader, history.Options{})
	require.NoError(t, err)
	t.Cleanup(r.reader.Close)
	return r
}

// count is for how many events a rule fired, in shadow too.
func (r *record) count(t *testing.T, rule string) (n uint64) {
	t.Helper()
	require.NoError(t, r.conn.QueryRow(t.Context(), `SELECT uniqExact(event_id) FROM verdicts FINAL
		WHERE has(arrayConcat(rules, shadow_rules), {rule:String})`, clickhouse.Named("rule", rule)).Scan(&n))
	return n
}

// verdicts are the rules that fired, by event; those in shadow are marked.
func (r *record) verdicts(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := r.conn.Query(t.Context(), `SELECT event_id, arraySort(groupUniqArrayArray(arrayConcat(rules, arrayMap(x -> concat('shadow:', x), shadow_rules))))
		FROM verdicts FINAL WHERE length(rules) + length(shadow_rules) > 0 GROUP BY event_id`)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	out := map[string][]string{}
	for rows.Next() {
		var id string
		var fired []string
		require.NoError(t, rows.Scan(&id, &fired))
		out[id] = fired
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, out)
	return out
}

// replay gives the same from the ledger's events, counted anew.
func (r *record) replay(t *testing.T, text string, from time.Time) map[string][]string {
	t.Helper()
	program, err := rules.Load("museum", []byte(text), rules.Options{})
	require.NoError(t, err)
	replay := scoring.NewReplay(memory.New(memory.Options{Alone: true}), scoring.ReplayOptions{}, program)
	judge, values := replay.Judge(0), make([]float64, replay.Size())
	out := map[string][]string{}
	for batch, err := range r.reader.Events(t.Context(), from, time.Now().Add(time.Minute), backtest.Needs{}, func() []ingest.Event { return nil }) {
		require.NoError(t, err)
		for i := range batch {
			require.NoError(t, replay.Count(t.Context(), &batch[i], values))
			hits, err := judge.Hits(&batch[i], judge.Values(&batch[i], values), nil)
			require.NoError(t, err)
			for _, h := range hits {
				name := h.Rule
				if h.Shadow {
					name = "shadow:" + name
				}
				out[batch[i].ID] = append(out[batch[i].ID], name)
			}
			slices.Sort(out[batch[i].ID])
		}
	}
	return out
}

// deliverAgain publishes every event once more, in the reverse order, and says
// how many there are.
func (s *service) deliverAgain(t *testing.T, dev *app.Dev) int {
	t.Helper()
	topics := stream.NewTopics(config.Default().Kafka.Prefix)
	consumer, err := stream.NewConsumer(t.Context(), []string{dev.Kafka}, "again", []string{topics.Events}, stream.ConsumerOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, consumer.Close()) })
	all := int(s.sample(t, "fairgate_archive_rows_total", `table="events"`))
	messages := make([]stream.Message, 0, all)
	for len(messages) < all {
		m, err := consumer.Fetch(t.Context())
		require.NoError(t, err)
		require.True(t, json.Valid(m.Value))
		messages = append(messages, m)
	}
	slices.Reverse(messages)
	producer := stream.NewProducer([]string{dev.Kafka}, stream.ProducerOptions{})
	t.Cleanup(func() { assert.NoError(t, producer.Close()) })
	require.NoError(t, producer.Send(t.Context(), messages...))
	return all
}
