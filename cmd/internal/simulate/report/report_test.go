package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/simulate"
	"fairgate/cmd/internal/simulate/report"
)

func found() report.Data {
	rep := &simulate.Report{
		Seed: 7, Duration: "336h0m0s", Requests: 1000, HostileShare: 0.9, People: 40, Shift: 3,
		Factors: map[string]float64{"S1.pause": 1.5}, TooSmall: []string{"<b>S1</b>: few"},
	}
	attack := simulate.ScenarioFigures{Actors: 50, Intents: 50, Intercepted: 49, Stopped: 49}
	attack.Interception = simulate.Rate{Numerator: 49, Denominator: 50, Value: 0.98, Low: 0.895, High: 0.9965}
	attack.FirstAction.Requests = simulate.Spread{P10: 1, Median: 3, P90: 20}
	alerted := simulate.ScenarioFigures{Actors: 3, AlertOnly: true, Detection: &simulate.Detection{
		Detected: simulate.Rate{Numerator: 3, Denominator: 3, Value: 1, Low: 0.4, High: 1},
	}}
	rep.Truth.Scenarios = map[string]simulate.ScenarioFigures{"S10": attack, "S2": attack, "S13": alerted}
	rep.Truth.Cohorts = map[string]simulate.CohortFigures{"H1": {
		Accounts: 40, HarmedRate: simulate.Rate{Denominator: 40, High: 0.09}, ChallengedRate: simulate.Rate{Numerator: 1, Denominator: 20, Value: 0.05},
	}}
	rep.Truth.Scores = &simulate.Scores{
		People: [10]int{0: 40}, Attackers: [10]int{0: 1, 9: 49}, AUC: 0.99,
		ROC: []simulate.Operating{{From: 95, Attackers: 0.98}, {From: 0, People: 1, Attackers: 1}},
	}
	return report.Data{Run: rep, Leaks: []simulate.Leak{
		{Scenario: "S2", Property: simulate.PropertyAgent, AUC: 0.51},
		{Scenario: "S10", Property: simulate.PropertyAgent, AUC: 0.61},
		{Scenario: "S2", Property: simulate.PropertyZone, AUC: 0.9, Signal: true},
	}}
}

func TestAReportIsAPageAndItsFigures(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	require.NoError(t, report.Write(dir, found()))
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err)
	var back report.Data
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, found(), back)

	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	for _, want := range []string{
		"Seed 7", "49/50 · 98.00 % (89.50–99.65)", "3/3 · too few", "1/20 · too few", "area under the curve 0.990",
		"&lt;b&gt;S1&lt;/b&gt;", "S1.pause", "not played",
	} {
		assert.True(t, strings.Contains(string(page), want), want) //nolint:testifylint // the page is long
	}
	for _, unwanted := range []string{"<b>", "src=", "href=", "#-", "NaN"} { // it loads nothing, either
		assert.False(t, strings.Contains(string(page), unwanted), unwanted) //nolint:testifylint // the page is long
	}
	assert.Equal(t, 7, strings.Count(string(page), "<svg"), "a plot for each figure that there is")
	assert.Less(t, strings.Index(string(page), "<td>S2<"), strings.Index(string(page), "<td>S10<"), "as a person counts")
	assert.Equal(t, 1, strings.Count(string(page), "LEAK"), "what is a signal may tell")
}

func TestAReportOfPeopleAlone(t *testing.T) {
	t.Parallel()
	d := found()
	d.Run.Truth.Scenarios, d.Run.Truth.Scores, d.Leaks = nil, nil, nil
	dir := t.TempDir()
	require.NoError(t, report.Write(dir, found()))
	require.NoError(t, report.Write(dir, d), "a second one takes the first one's place")
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "Nobody attacked.")
	assert.Contains(t, string(page), "Nobody listened to verdicts")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing else is left behind")
}

func TestWhereNoReportCanBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, report.Write(file, found()), "folder of the report")
	require.ErrorContains(t, report.Write(t.TempDir(), report.Data{}), "needs a run")
}
