package watch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/notify"
)

type groups []cases.Group

func (g groups) Open(_ context.Context, _ string, since time.Time) (list []cases.Group, _ error) {
	for _, k := range g {
		if !k.Opened.Before(since) {
			list = append(list, k)
		}
	}
	return list, nil
}

func TestClusters(t *testing.T) {
	w := watch.NewClusters(groups{
		{Case: "c1", Cluster: "k1", Opened: opening.Add(-time.Hour), Accounts: 14},
		{Case: "c2", Cluster: "a family", Opened: opening.Add(-time.Hour), Accounts: 4},
		{Case: "c3", Cluster: "of yesterday", Opened: opening.Add(-25 * time.Hour), Accounts: 40},
	}, site, watch.ClusterOptions{Now: at(opening)})
	found := look(t, w)
	require.Len(t, found, 1)
	assert.Equal(t, "k1", found[0].Group)
	assert.Equal(t, 14, found[0].Accounts)
	assert.Equal(t, "/cases/c1", found[0].Path)
	assert.Empty(t, look(t, watch.NewClusters(groups{}, site, watch.ClusterOptions{Now: at(opening)})))
}

// TestManyClustersAreToldOfTogether: a farm that shows itself in pieces is one
// piece of news, and the first ones keep their alerts.
func TestManyClustersAreToldOfTogether(t *testing.T) {
	var list groups // the newest first, as the queue has them
	for i := range 10 {
		n := fmt.Sprint(9 - i)
		list = append(list, cases.Group{Case: "c" + n, Cluster: "k" + n, Opened: opening.Add(-time.Hour), Accounts: 10})
	}
	found := look(t, watch.NewClusters(list, site, watch.ClusterOptions{Now: at(opening)}))
	require.Len(t, found, 4)
	for i, f := range found[:3] {
		assert.Equal(t, fmt.Sprint("k", i), f.Group, "the first to be found")
	}
	assert.Equal(t, "more", found[3].Group)
	assert.Equal(t, 70, found[3].Accounts)
	assert.Equal(t, "/cases?entity=cluster", found[3].Path)
	assert.Equal(t, "7 more clusters, of 70 accounts", found[3].What.EN)
}

type budgets []budget.Budget

func (b budgets) List(context.Context) ([]budget.Budget, error) { return b, nil }

// pager takes a key once, as the outbox does.
type pager struct {
	sent map[string]notify.Message
	err  error
}

func (p *pager) Send(_ context.Context, m notify.Message) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if err := m.Validate(); err != nil {
		return 0, err
	}
	if _, told := p.sent[m.Key]; told {
		return 0, nil
	}
	p.sent[m.Key] = m
	return 1, nil
}

func TestSpending(t *testing.T) {
	down := &budget.Down{ID: "d1", Rule: "rotation", Since: opening.Add(-time.Minute), Used: 41, Allowed: 40}
	p := &pager{sent: map[string]notify.Message{}}
	w := watch.NewSpending(budgets{
		{Rule: "calm", State: budget.StateOpen, Used: 31, Allowed: 40},
		{Rule: "unused", State: budget.StateOpen, Allowed: 3},
		{Rule: "busy", State: budget.StateOpen, Used: 32, Allowed: 40},
		{Rule: "rotation", State: budget.StateDown, Down: down},
		{Rule: "mended", State: budget.StateSuperseded, Down: down},
	}, p, watch.SpendingOptions{Now: at(opening), Link: func(rule string) string { return "https://console.example/rules/" + rule }})
	for range 2 {
		found := look(t, w)
		require.Len(t, found, 2)
		busy, spent := found[0], found[1]
		assert.Equal(t, "busy", busy.Group)
		assert.Equal(t, notify.Warning, busy.Severity)
		assert.Contains(t, busy.What.ZH, "80%")
		assert.Equal(t, "rotation", spent.Group)
		assert.Equal(t, notify.Urgent, spent.Severity)
	}
	require.Len(t, p.sent, 1, "its channels are told once")
	m := p.sent["rule-turned-down/d1"]
	assert.Equal(t, notify.RuleTurnedDown, m.Kind)
	assert.Equal(t, "41", m.Fields["used"])
	assert.Equal(t, "https://console.example/rules/rotation", m.Link)

	p.err = errors.New("away")
	_, err := w.Look(t.Context())
	require.ErrorIs(t, err, p.err)
}

type quality struct{ recent, before metrics.Quality }

func (q quality) Quality(_ context.Context, period metrics.Period, _ metrics.Filter) (metrics.Quality, error) {
	if period.To.Equal(opening) {
		return q.recent, nil
	}
	return q.before, nil
}

func TestRates(t *testing.T) {
	figure := metrics.NewFigure
	of := func(miss, harm metrics.Figure) metrics.Quality {
		return metrics.Quality{Miss: miss, FalsePositive: harm}
	}
	calm := figure(2, 1000, 1000)
	for name, c := range map[string]struct {
		recent, before metrics.Quality
		want           []alert.Pattern
	}{
		"as before":            {of(figure(30, 300, 300), calm), of(figure(100, 1000, 1000), calm), nil},
		"more get through":     {of(figure(90, 300, 300), calm), of(figure(100, 1000, 1000), calm), []alert.Pattern{alert.MissRateMoved}},
		"people are hurt":      {of(calm, figure(30, 500, 500)), of(calm, calm), []alert.Pattern{alert.FalseRateMoved}},
		"both":                 {of(figure(90, 300, 300), figure(30, 500, 500)), of(figure(100, 1000, 1000), calm), []alert.Pattern{alert.MissRateMoved, alert.FalseRateMoved}},
		"better":               {of(figure(1, 300, 300), calm), of(figure(300, 1000, 1000), calm), nil},
		"too few labels":       {of(figure(20, 29, 29), calm), of(figure(100, 1000, 1000), calm), nil},
		"too few before":       {of(figure(90, 300, 300), calm), of(figure(1, 29, 29), calm), nil},
		"intervals that touch": {of(figure(38, 300, 300), calm), of(figure(100, 1000, 1000), calm), nil},
		"no labels at all":     {metrics.Quality{}, metrics.Quality{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []alert.Pattern
			for _, f := range look(t, watch.NewRates(quality{c.recent, c.before}, site, watch.RatesOptions{Now: at(opening)})) {
				got = append(got, f.Pattern)
			}
			assert.Equal(t, c.want, got)
		})
	}
	f := look(t, watch.NewRates(quality{of(figure(90, 300, 300), calm), of(figure(100, 1000, 1000), calm)}, site, watch.RatesOptions{Now: at(opening)}))[0]
	assert.Equal(t, "漏判率升至 30.0%（此前 10.0%）", f.What.ZH)
	assert.Contains(t, f.Evidence.EN, "last 7 days 90/300")
}
