package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/rules/life"
)

// tried asks some of those who look for a proof of work.
const tried = `
name: museum
rules:
  - id: looks
    events: [stock.read]
    when: hour >= 0 and hour < 24
    on: account
    action: challenge
    mode: canary
    share: 0.3
    reason: pace
    owner: risk
    messages: {zh: 测试, en: a test}
`

// editor changes a ruleset as two people, over the operators' API.
type editor struct {
	s             *service
	first, second string
}

func (s *service) editor(t *testing.T, oneTime string) *editor {
	t.Helper()
	return &editor{s: s, first: s.analystKey, second: s.enterAsAdmin(t, oneTime)}
}

// publish puts a text in force and gives the name that verdicts give it.
func (e *editor) publish(t *testing.T, text string) life.Version {
	t.Helper()
	api := "http://" + e.s.operators + "/api/v1/rulesets/museum"
	var now struct{ Hash string }
	require.NoError(t, house(t.Context(), http.MethodGet, api, e.first, nil, &now))
	var v versionReply
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/versions", e.first,
		map[string]any{"text": text, "base": now.Hash, "reason": "as agreed"}, &v))
	path := fmt.Sprintf("%s/versions/%d", api, v.Number)
	if !v.Review.Instant {
		word := map[string]any{"hash": v.Hash, "reason": "looks right", "override": "it is only a test"}
		require.NoError(t, house(t.Context(), http.MethodPost, path+"/proposal", e.first, map[string]any{"hash": v.Hash, "reason": "please"}, nil))
		require.NoError(t, house(t.Context(), http.MethodPost, path+"/approval", e.second, word, nil))
	}
	require.NoError(t, house(t.Context(), http.MethodPost, path+"/publication", e.first, map[string]any{"replaces": now.Hash, "reason": "now"}, &v))
	require.Equal(t, life.Published, v.State)
	return v.Version
}

// asked are the visitors whom the gate asks for a proof when they look.
func asked(t *testing.T, visitors []*visitor) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, v := range visitors {
		r := v.must(t, http.MethodGet, "/api/v1/pools/main/stock", "")
		if r.status != http.StatusOK {
			require.Equal(t, "challenge_required", r.field("code"), "%s", r.body)
			out[v.account] = true
		}
	}
	return out
}

// TestACanaryActsInsideItsShareOnly publishes a growing share of accounts on a
// running service.
func TestACanaryActsInsideItsShareOnly(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	s, dev, _ := startRules(t, strings.Replace(tried, "mode: canary\n    share: 0.3", "mode: shadow", 1))
	s.openPool(t, "main", 10)
	visitors := make([]*visitor, 50)
	for i := range visitors {
		visitors[i] = newcomer(t, s.gateway)
	}
	require.Empty(t, asked(t, visitors), "shadow never acts")
	operators, record := s.editor(t, dev.Password), openRecord(t, dev)
	before := map[string]bool{}
	for _, share := range []string{"0.2", "0.5", "0.8"} {
		v := operators.publish(t, strings.Replace(tried, "0.3", share, 1))
		s.awaitVersion(t, record, v.Program)
		now := asked(t, visitors)
		for account := range before {
			assert.True(t, now[account], "who was inside the share stays inside")
		}
		assert.Greater(t, len(now), len(before), "share %s", share)
		assert.Less(t, len(now), len(visitors), "share %s", share)
		before = now
		var inside, outside uint64
		require.Eventually(t, func() bool {
			inside, outside = record.acted(t, v.Program)
			return int(inside+outside) == len(visitors)
		}, 20*time.Second, 100*time.Millisecond, "every verdict names the version")
		assert.EqualValues(t, len(now), inside, "who is asked is in the ledger as such")
		t.Logf("share %s: %d of %d asked, %d in shadow, version %s", share, inside, len(visitors), outside, v.Program)
	}
}

// awaitVersion waits until bookings are judged by a version, for as long as a
// publication may take to reach a gateway.
func (s *service) awaitVersion(t *testing.T, r *record, version string) {
	t.Helper()
	probe, began := newcomer(t, s.gateway), time.Now()
	require.Eventually(t, func() bool {
		probe.must(t, http.MethodGet, "/api/v1/pools", "")
		var n uint64
		require.NoError(t, r.conn.QueryRow(t.Context(), `SELECT count() FROM events FINAL WHERE account = {account:String} AND ruleset = {version:String}`,
			clickhouse.Named("account", probe.account), clickhouse.Named("version", version)).Scan(&n))
		return n > 0
	}, 5*time.Second, 50*time.Millisecond, "version %s", version)
	t.Logf("judged by version %s, and in the ledger, %s after its publication", version, time.Since(began).Round(time.Millisecond))
}

// acted counts the accounts whom a version's rules asked for something, and
// those whom they only would have asked.
func (r *record) acted(t *testing.T, version string) (inside, outside uint64) {
	t.Helper()
	require.NoError(t, r.conn.QueryRow(t.Context(), `SELECT uniqExactIf(account, has(rules, 'looks')), uniqExactIf(account, has(shadow_rules, 'looks'))
		FROM verdicts FINAL WHERE ruleset = {version:String}`, clickhouse.Named("version", version)).Scan(&inside, &outside))
	return inside, outside
}

// TestAFileIsFollowed changes the file that --rules follows, for the better and
// for the worse.
func TestAFileIsFollowed(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	s, dev, file := startRules(t, tried)
	record := openRecord(t, dev)
	version := func(text string) string {
		p, err := rules.Load("museum", []byte(text), rules.Options{})
		require.NoError(t, err)
		return p.Version()
	}
	s.awaitVersion(t, record, version(tried))
	next := strings.Replace(tried, "0.3", "0.4", 1)
	require.NoError(t, os.WriteFile(file, []byte(next), 0o600))
	s.awaitVersion(t, record, version(next))

	refusals := func() float64 {
		return s.sample(t, "fairgate_rules_source_reloads_total", `result="refused"`, `role="gateway"`)
	}
	require.Zero(t, refusals())
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(next, "hour >= 0", "huor >= 0", 1)), 0o600))
	require.Eventually(t, func() bool { return refusals() == 1 }, 5*time.Second, 50*time.Millisecond)
	s.awaitVersion(t, record, version(next))
	assert.Contains(t, s.log.String(), "huor", "the log says why")

	require.NoError(t, os.WriteFile(file, []byte(tried), 0o600))
	s.awaitVersion(t, record, version(tried))
}
