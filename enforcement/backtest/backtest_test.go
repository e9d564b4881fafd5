package backtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backtest"
	"fairgate/ingest"
	"fairgate/rules"
)

const ruleset = `
name: test
features:
  - {name: reads, entity: session, events: [stock.read], window: 60s, aggregate: count}
  - {name: reads_later, entity: session, events: [stock.read], window: 60s, aggregate: count, stage: async}
rules:
  - {id: many, when: reads > 3, on: session, action: challenge, reason: pace}
  - {id: very_many, stage: async, when: reads_later > 6, on: session, action: block, ttl: 10m, reason: pace}
  - {id: any, when: reads > 1, on: session, action: block, ttl: 10m, reason: pace, mode: shadow}
`

type history []backtest.Record

func (h history) Records(context.Context) iter.Seq2[backtest.Record, error] {
	return func(yield func(backtest.Record, error) bool) {
		for _, r := range h {
			e := *r.Event
			if !yield(backtest.Record{Event: &e, Label: r.Label}, nil) {
				return
			}
		}
	}
}

func reads(session, label string, n int, every time.Duration) history {
	var h history
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range n {
		h = append(h, backtest.Record{Label: label, Event: &ingest.Event{
			ID: fmt.Sprintf("%s-%d", session, i), Time: start.Add(time.Duration(i) * every), Kind: ingest.KindStockRead,
			Subject: ingest.Subject{Session: session},
		}})
	}
	return h
}

func program(t *testing.T) *rules.Program {
	t.Helper()
	p, err := rules.Load("test.yaml", []byte(ruleset), rules.Options{})
	require.NoError(t, err)
	return p
}

func TestRunCountsSubjectsByTheirWorst(t *testing.T) {
	h := append(reads("calm", "human", 3, time.Second), reads("eager", "bot", 5, time.Second)...)
	h = append(h, reads("script", "bot", 9, time.Second)...)
	h = append(h, reads("slow", "", 9, 30*time.Second)...)
	report, err := backtest.Run(t.Context(), h, program(t), nil)
	require.NoError(t, err)
	assert.Equal(t, 26, report.Events)
	assert.Equal(t, &backtest.Outcome{Subjects: 1, Allowed: 1, Rules: map[string]int{}, Shadow: map[string]int{"any": 1}}, report.Labels["human"])
	assert.Equal(t, &backtest.Outcome{
		Subjects: 2, Challenged: 1, Blocked: 1,
		Rules: map[string]int{"many": 2, "very_many": 1}, Shadow: map[string]int{"any": 2},
	}, report.Labels["bot"])
	assert.Equal(t, 1, report.Labels[backtest.Unlabelled].Allowed)
}

func TestSameHistorySameReport(t *testing.T) {
	h := append(reads("a", "human", 5, time.Second), reads("b", "bot", 9, 700*time.Millisecond)...)
	var last []byte
	for range 3 {
		report, err := backtest.Run(t.Context(), h, program(t), nil)
		require.NoError(t, err)
		text, err := json.Marshal(report)
		require.NoError(t, err)
		if last != nil {
			assert.Equal(t, string(last), string(text))
		}
		last = text
	}
}

type broken struct{}

func (broken) Records(context.Context) iter.Seq2[backtest.Record, error] {
	return func(yield func(backtest.Record, error) bool) { yield(backtest.Record{}, errors.New("line 7: torn")) }
}

func TestRunStopsOnBrokenHistory(t *testing.T) {
	_, err := backtest.Run(t.Context(), broken{}, program(t), nil)
	require.ErrorContains(t, err, "line 7: torn")
}
