package simulate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func attempts(results ...Attempt) Seen { return Seen{Attempts: results} }

func TestJudgeCountsIntents(t *testing.T) {
	orders := Orders{
		"kept":      {State: "provisional", Positions: 2},
		"expired":   {State: "expired", Positions: 2},
		"withdrawn": {State: "withdrawn", Positions: 3, Withdrawn: true},
	}
	day := func(r Result, id string) Attempt { return Attempt{Day: "2026-03-01", Result: r, OrderID: id} }
	tests := map[string]struct {
		seen                  []Seen
		intercepted, intents  int
		keepers, keepersAmong int
	}{
		"refused":                   {seen: []Seen{attempts(day(ResultRefused, ""))}, intercepted: 1, intents: 1, keepersAmong: 1},
		"undone":                    {seen: []Seen{attempts(day(ResultAccepted, "withdrawn"))}, intercepted: 1, intents: 1, keepersAmong: 1},
		"kept":                      {seen: []Seen{attempts(day(ResultAccepted, "kept"))}, intents: 1, keepers: 1, keepersAmong: 1},
		"refused, then kept":        {seen: []Seen{attempts(day(ResultRefused, ""), day(ResultAccepted, "kept"))}, intents: 1, keepers: 1, keepersAmong: 1},
		"abandoned is no catch":     {seen: []Seen{attempts(day(ResultAbandoned, ""))}, intents: 1, keepersAmong: 1},
		"the house's refusal":       {seen: []Seen{attempts(day(ResultHouse, ""))}, keepersAmong: 1},
		"abandoned, then sold out":  {seen: []Seen{attempts(day(ResultAbandoned, ""), day(ResultHouse, ""))}, keepersAmong: 1},
		"accepted, then lost":       {seen: []Seen{attempts(day(ResultAccepted, "expired"))}, intents: 1, keepersAmong: 1},
		"two accounts, one intent":  {seen: []Seen{attempts(day(ResultRefused, "")), attempts(day(ResultRefused, ""))}, intercepted: 1, intents: 1, keepersAmong: 2},
		"one account kept, one not": {seen: []Seen{attempts(day(ResultRefused, "")), attempts(day(ResultAccepted, "kept"))}, intents: 1, keepers: 1, keepersAmong: 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var actors []*Actor
			for _, s := range tt.seen {
				actors = append(actors, &Actor{Scenario: "S2", Hostile: true, Books: true, Operator: "o", seen: s})
			}
			got := Judge(Scenarios(), actors, orders)
			assert.Equal(t, rate(tt.intercepted, tt.intents), got.IntentsIntercepted)
			assert.Equal(t, rate(tt.keepers, tt.keepersAmong), got.ScalpersKept)
		})
	}
}

func TestJudgeCountsHarm(t *testing.T) {
	orders := Orders{"withdrawn": {State: "withdrawn", Positions: 1, Withdrawn: true}}
	booked := Attempt{Result: ResultAccepted, OrderID: "x"}
	tests := map[string]struct {
		seen               Seen
		harmed, challenged int
	}{
		"untouched":            {seen: attempts(booked)},
		"blocked":              {seen: Seen{Refused: 1, Attempts: []Attempt{booked}}, harmed: 1},
		"withdrawn":            {seen: attempts(Attempt{Result: ResultAccepted, OrderID: "withdrawn"}), harmed: 1},
		"challenged, passed":   {seen: Seen{Challenged: 1, Passed: 1, Attempts: []Attempt{booked}}, challenged: 1},
		"challenged, gave up":  {seen: Seen{Challenged: 1, GaveUp: 1, Open: map[string]bool{"order.submit": true}, Attempts: []Attempt{booked}}, harmed: 1, challenged: 1},
		"blocked before a try": {seen: Seen{Refused: 1}, harmed: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Judge(Scenarios(), []*Actor{{Scenario: "H1", Books: true, seen: tt.seen}}, orders)
			assert.Equal(t, rate(tt.harmed, 1), got.HumansHarmed)
			assert.Equal(t, rate(tt.challenged, 1), got.HumansChallenged)
		})
	}
}
