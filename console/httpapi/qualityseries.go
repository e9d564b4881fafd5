package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/ledger/metrics"
)

// QualitySplit reads the figures over time, by rule, and of challenges;
// *metrics.Reader is one.
type QualitySplit interface {
	Series(ctx context.Context, p metrics.Period, f metrics.SeriesFilter) ([]metrics.Point, error)
	Rules(ctx context.Context, p metrics.Period, f metrics.Filter) ([]metrics.RuleQuality, error)
	Challenges(ctx context.Context, p metrics.Period, f metrics.Filter) ([]metrics.Funnel, error)
}

// History reads the last minutes second by second; *live.Reader of the ledger is
// one.
type History interface {
	Seconds(ctx context.Context, site string, over live.Stretch) ([]live.Second, error)
}

type seriesInput struct {
	QualityInput
	Step   string `query:"step" enum:"hour,day" default:"day" doc:"How long each point is: hours over at most 14 days, days of the venue over at most 190"`
	ByPool bool   `query:"by_pool" doc:"A series for each pool"`
}

// Computed says when figures were computed: the same question is answered from
// memory for five minutes.
type Computed struct {
	AsOf time.Time `json:"as_of" doc:"When it was computed; the same question is answered from memory for five minutes"`
}

type seriesOutput struct {
	Body struct {
		Computed
		Points []metrics.Point `json:"points" doc:"The oldest first; stretches without labelled accounts are left out"`
	}
}

type ruleQualityOutput struct {
	Body struct {
		Computed
		Rules []RuleRow `json:"rules"`
	}
}

// RuleRow is a rule's figures, with what the rules in force say of it.
type RuleRow struct {
	metrics.RuleQuality
	Scenarios []string `json:"scenarios" doc:"Which attacks it is meant for; empty of rules that are no longer in force"`
	Tags      []string `json:"tags"`
}

type funnelOutput struct {
	Body struct {
		Computed
		Funnels []metrics.Funnel `json:"funnels"`
	}
}

type historyInput struct {
	Seconds int `query:"seconds" minimum:"1" maximum:"600" default:"600" doc:"How far back"`
}

type historyOutput struct {
	Body struct {
		From    time.Time     `json:"from"`
		To      time.Time     `json:"to" doc:"Up to where the ledger is known to be; later seconds come by the stream"`
		Seconds []live.Second `json:"seconds" doc:"Decisions by second; those without any are left out"`
	}
}

// behind is how far the ledger may be behind: its batches and a spare.
const behind = 3 * time.Second

// remembered is for how long figures are answered from memory.
const remembered = 5 * time.Minute

const labelled = "Plain shares of labelled accounts, with intervals; a figure whose `enough` is false must be shown as \"not enough data\"."

func (s *server) qualitySplits(api huma.API) {
	series, byRule, funnels := newMemo[seriesInput, []metrics.Point](), newMemo[QualityInput, []metrics.RuleQuality](), newMemo[QualityInput, []metrics.Funnel]()
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-quality-series", Method: http.MethodGet, Path: "/api/v1/quality/series", Summary: "The quality figures over time",
		Description: labelled, Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *seriesInput) (*seriesOutput, error) {
		points, asOf, err := series.get(in.utc(), s.o.Now(), func() ([]metrics.Point, error) {
			return s.QualitySplit.Series(ctx, in.period(), metrics.SeriesFilter{
				Filter: s.qualityFilter(in.QualityInput), Step: metrics.Step(in.Step), ByPool: in.ByPool, Zone: s.o.Zone,
			})
		})
		if err != nil {
			return nil, s.qualityError(ctx, err)
		}
		out := &seriesOutput{}
		out.Body.AsOf, out.Body.Points = asOf, points
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-quality-rules", Method: http.MethodGet, Path: "/api/v1/quality/rules", Summary: "Whom each rule blocked",
		Description: labelled, Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *QualityInput) (*ruleQualityOutput, error) {
		rules, asOf, err := byRule.get(in.utc(), s.o.Now(), func() ([]metrics.RuleQuality, error) {
			return s.QualitySplit.Rules(ctx, in.period(), s.qualityFilter(*in))
		})
		if err != nil {
			return nil, s.qualityError(ctx, err)
		}
		out := &ruleQualityOutput{}
		out.Body.AsOf, out.Body.Rules = asOf, s.ruleRows(rules)
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-quality-challenges", Method: http.MethodGet, Path: "/api/v1/quality/challenges", Summary: "What became of those who were challenged",
		Description: "Per distinct account, by label.", Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *QualityInput) (*funnelOutput, error) {
		funnel, asOf, err := funnels.get(in.utc(), s.o.Now(), func() ([]metrics.Funnel, error) {
			return s.QualitySplit.Challenges(ctx, in.period(), s.qualityFilter(*in))
		})
		if err != nil {
			return nil, s.qualityError(ctx, err)
		}
		out := &funnelOutput{}
		out.Body.AsOf, out.Body.Funnels = asOf, funnel
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-live-history", Method: http.MethodGet, Path: "/api/v1/live/history", Summary: "The last minutes' decisions, second by second",
		Description: "What a chart begins with before the stream goes on, and what fills a gap.", Tags: []string{"overview"},
	}, console.ReadOverview), s.liveHistory)
}

// ruleRows adds what the rules in force say of themselves.
func (s *server) ruleRows(figures []metrics.RuleQuality) []RuleRow {
	rows := make([]RuleRow, len(figures))
	for i, f := range figures {
		rows[i] = RuleRow{RuleQuality: f, Scenarios: []string{}, Tags: []string{}}
		if s.InForce == nil {
			continue
		}
		for _, r := range s.InForce().Ruleset().Rules {
			if r.ID == f.Rule {
				rows[i].Scenarios, rows[i].Tags = append(rows[i].Scenarios, r.Scenarios...), append(rows[i].Tags, r.Tags...)
			}
		}
	}
	return rows
}

func (in QualityInput) period() metrics.Period { return metrics.Period{From: in.From, To: in.To} }

// utc makes equal questions equal.
func (in QualityInput) utc() QualityInput {
	in.From, in.To = in.From.UTC(), in.To.UTC()
	return in
}

func (in seriesInput) utc() seriesInput {
	in.QualityInput = in.QualityInput.utc()
	return in
}

func (s *server) qualityFilter(in QualityInput) metrics.Filter {
	return metrics.Filter{Site: s.o.Site, Pool: in.Pool, IncludeImmature: in.Immature}
}

func (s *server) qualityError(ctx context.Context, err error) error {
	if errors.Is(err, metrics.ErrInvalidPeriod) || errors.Is(err, metrics.ErrInvalidSeries) {
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return s.internal(ctx, "reading the quality figures", err)
}

func (s *server) liveHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	if s.History == nil {
		return nil, huma.Error503ServiceUnavailable("this console has no ledger to read")
	}
	to := s.o.Now().Add(-behind).Truncate(time.Second)
	over := live.Stretch{From: to.Add(-time.Duration(in.Seconds) * time.Second), To: to}
	seconds, err := s.History.Seconds(ctx, s.o.Site, over)
	if err != nil {
		return nil, s.internal(ctx, "reading the last minutes", err)
	}
	out := &historyOutput{}
	out.Body.From, out.Body.To, out.Body.Seconds = over.From.UTC(), over.To.UTC(), append([]live.Second{}, seconds...)
	return out, nil
}

// memo remembers answers that cost the ledger much, for as long as it is no
// matter. It is safe for concurrent use; equal questions wait for one answer.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]*answered[V]
}

type answered[V any] struct {
	mu    sync.Mutex
	value V
	at    time.Time
}

// mostRemembered bounds a memo.
const mostRemembered = 64

func newMemo[K comparable, V any]() *memo[K, V] { return &memo[K, V]{known: map[K]*answered[V]{}} }

// get gives the answer that is known, or asks. Errors are not remembered.
func (m *memo[K, V]) get(key K, now time.Time, ask func() (V, error)) (V, time.Time, error) {
	a := m.slot(key)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.at.IsZero() && now.Sub(a.at) < remembered {
		return a.value, a.at, nil
	}
	value, err := ask()
	if err != nil {
		return value, now, err
	}
	a.value, a.at = value, now
	return value, now, nil
}

// slot is where a question's answer stands; when there are too many all are
// forgotten, which costs a little and needs no order.
func (m *memo[K, V]) slot(key K) *answered[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[key] == nil {
		if len(m.known) >= mostRemembered {
			clear(m.known)
		}
		m.known[key] = &answered[V]{}
	}
	return m.known[key]
}
