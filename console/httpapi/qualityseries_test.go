package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/rules"
)

// splits counts how often the ledger is asked.
type splits struct {
	asked  int
	err    error
	series metrics.SeriesFilter
	over   live.Stretch
}

func (s *splits) Series(_ context.Context, p metrics.Period, f metrics.SeriesFilter) ([]metrics.Point, error) {
	s.asked++
	s.series = f
	return []metrics.Point{{At: p.From}}, s.err
}

func (s *splits) Rules(context.Context, metrics.Period, metrics.Filter) ([]metrics.RuleQuality, error) {
	return []metrics.RuleQuality{{Rule: "fast"}, {Rule: "long gone"}}, s.err
}

func (s *splits) Challenges(context.Context, metrics.Period, metrics.Filter) ([]metrics.Funnel, error) {
	return []metrics.Funnel{{Verdict: "human", Shown: 3}}, s.err
}

func (s *splits) Seconds(_ context.Context, _ string, over live.Stretch) ([]live.Second, error) {
	s.over = over
	return nil, s.err
}

const twoRules = `
name: museum
rules:
  - {id: fast, owner: ana, on: account, when: "true", action: flag, ttl: 1h, tags: [pace], scenarios: [S1, S3], messages: {zh: 快, en: fast}}
`

func TestQualityOverTime(t *testing.T) {
	ledger, now := &splits{}, time.UnixMilli(1_800_000_000_500).UTC()
	program, err := rules.Load("museum", []byte(twoRules), rules.Options{})
	require.NoError(t, err)
	app := httpapi.New(httpapi.Services{
		Operators: asRole{}, QualitySplit: ledger, History: ledger, InForce: func() *rules.Program { return program },
	}, httpapi.Options{Site: "museum", Zone: "Asia/Shanghai", Now: func() time.Time { return now }})
	get := func(role console.Role, path string) (int, map[string]any) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/"+path, http.NoBody)
		req.Header.Set("Authorization", "Bearer "+string(role))
		res, err := app.Test(req, 5000)
		require.NoError(t, err)
		defer func() { require.NoError(t, res.Body.Close()) }()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.Unmarshal(text, &body), "%s", text)
		return res.StatusCode, body
	}
	const week = "?from=2026-05-01T00:00:00Z&to=2026-05-08T00:00:00Z"
	status, body := get(console.Analyst, "quality/series"+week+"&step=hour&by_pool=true&pool=main")
	require.Equal(t, http.StatusOK, status, body)
	assert.Equal(t, metrics.SeriesFilter{Filter: metrics.Filter{Site: "museum", Pool: "main"}, Step: metrics.Hourly, ByPool: true, Zone: "Asia/Shanghai"}, ledger.series)
	assert.Len(t, body["points"], 1)
	_, _ = get(console.Auditor, "quality/series?from=2026-05-01T08:00:00%2B08:00&to=2026-05-08T00:00:00Z&step=hour&by_pool=true&pool=main")
	assert.Equal(t, 1, ledger.asked, "the same question, from memory")
	now = now.Add(5 * time.Minute)
	_, _ = get(console.Analyst, "quality/series"+week+"&step=hour&by_pool=true&pool=main")
	assert.Equal(t, 2, ledger.asked)

	status, body = get(console.Analyst, "quality/rules"+week)
	require.Equal(t, http.StatusOK, status, body)
	rows, _ := body["rules"].([]any)
	require.Len(t, rows, 2)
	first, _ := rows[0].(map[string]any)
	assert.Equal(t, []any{"S1", "S3"}, first["scenarios"])
	assert.Equal(t, []any{"pace"}, first["tags"])
	second, _ := rows[1].(map[string]any)
	assert.Empty(t, second["scenarios"])

	status, body = get(console.Analyst, "quality/challenges"+week)
	require.Equal(t, http.StatusOK, status, body)
	assert.Len(t, body["funnels"], 1)

	status, body = get(console.BoxOffice, "live/history?seconds=60")
	require.Equal(t, http.StatusOK, status, body)
	assert.Equal(t, live.Stretch{From: ledger.over.To.Add(-time.Minute), To: now.Add(-3 * time.Second).Truncate(time.Second)}, ledger.over)
	assert.Equal(t, []any{}, body["seconds"])

	for path, want := range map[string]int{
		"quality/series" + week + "&step=week": http.StatusUnprocessableEntity,
		"quality/series":                       http.StatusUnprocessableEntity,
		"live/history?seconds=601":             http.StatusUnprocessableEntity,
	} {
		status, _ := get(console.Analyst, path)
		assert.Equal(t, want, status, path)
	}
	status, _ = get(console.BoxOffice, "quality/series"+week)
	assert.Equal(t, http.StatusForbidden, status)

	ledger.err = metrics.ErrInvalidSeries
	status, _ = get(console.Analyst, "quality/series"+week)
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	ledger.err = errors.New("away")
	status, _ = get(console.Analyst, "quality/rules"+week+"&pool=other")
	assert.Equal(t, http.StatusServiceUnavailable, status)
}
