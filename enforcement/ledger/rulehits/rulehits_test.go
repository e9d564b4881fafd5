package rulehits_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/rulehits"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

func TestRulesAndSamples(t *testing.T) {
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	r, err := rulehits.Open(supervisor.Reader())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })

	now := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	var records []ledger.Record
	submit := func(account, site string, action ingest.Action, shadow bool, rule ...string) {
		id := fmt.Sprintf("%s-%s-%d", account, site, len(records))
		e := &ingest.Event{ID: id, Time: now.Add(time.Duration(len(records)) * time.Millisecond), Site: site, Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: account}}
		v := &scoring.Verdict{EventID: id, Stage: rules.StageInline, Time: e.Time, Site: site, Kind: e.Kind, Subject: e.Subject, Action: action}
		e.Decision.Action = action
		for _, name := range rule {
			h := ingest.Hit{Rule: name, Action: ingest.Block, Entity: "account", Key: account, Shadow: shadow}
			e.Decision.Hits, v.Hits = append(e.Decision.Hits, h), append(v.Hits, h)
		}
		records = append(records, ledger.Record{Event: e}, ledger.Record{Verdict: v}, ledger.Record{Verdict: v})
	}
	for i := range 40 {
		submit(fmt.Sprintf("p%d", i), "museum", ingest.Allow, false)
	}
	submit("p0", "museum", ingest.Block, false, "fast")
	submit("p0", "museum", ingest.Block, false, "fast")
	submit("s0", "museum", ingest.Block, false, "fast", "many")
	submit("s1", "museum", ingest.Allow, true, "tried")
	submit("p1", "theatre", ingest.Block, false, "fast")
	label := func(account string, value enforcement.LabelValue, source enforcement.LabelSource, after time.Duration) {
		records = append(records, ledger.Record{Label: &enforcement.Label{
			ID: fmt.Sprint(account, value), Time: now.Add(after), Site: "museum", Account: account, Value: value, Source: source, Actor: "rita",
		}})
	}
	for i := range 40 {
		label(fmt.Sprintf("p%d", i), enforcement.LabelHuman, enforcement.SourceReview, 0)
	}
	label("s0", enforcement.LabelScalper, enforcement.SourceReview, 0)
	label("p0", enforcement.LabelScalper, enforcement.SourceChallenge, time.Hour) // only a hint
	require.NoError(t, a.Write(t.Context(), records))

	got, err := r.Rules(t.Context(), "museum", now.Add(-time.Hour), now.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.Equal(t, "fast", got[0].Rule)
	assert.EqualValues(t, 2, got[0].Accounts)
	assert.EqualValues(t, 1, got[0].Humans)
	assert.EqualValues(t, 1, got[0].Scalpers)
	assert.EqualValues(t, 1, got[0].FalsePositive.Numerator)
	assert.EqualValues(t, 40, got[0].FalsePositive.Denominator)
	assert.True(t, got[0].FalsePositive.Enough)
	assert.Equal(t, "tried", got[2].Rule)
	assert.EqualValues(t, 0, got[2].Accounts)
	assert.EqualValues(t, 1, got[2].Shadow)

	events, err := r.Samples(t.Context(), "museum", rulehits.Asked{Action: ingest.Block, From: now.Add(-time.Hour), To: now.Add(time.Hour), Limit: 2})
	require.NoError(t, err)
	require.Len(t, events, 2)
	assert.Equal(t, "s0", events[0].Account)
	assert.Equal(t, []string{"fast", "many"}, events[0].Rules)
	events, err = r.Samples(t.Context(), "museum", rulehits.Asked{Rule: "many", Kind: ingest.KindOrderSubmit, From: now.Add(-time.Hour), To: now.Add(time.Hour), Limit: 20})
	require.NoError(t, err)
	assert.Len(t, events, 1)

	_, err = r.Rules(t.Context(), "museum", now, now)
	require.ErrorIs(t, err, rulehits.ErrInvalid)
	_, err = r.Samples(t.Context(), "museum", rulehits.Asked{From: now, To: now.Add(time.Hour), Limit: rulehits.MaxSamples + 1})
	require.ErrorIs(t, err, rulehits.ErrInvalid)
}
