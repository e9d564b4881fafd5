package metrics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
)

// hint notes a label that was made of hints.
func (b *book) hint(account string, value enforcement.LabelValue, source enforcement.LabelSource) {
	b.records = append(b.records, ledger.Record{Label: &enforcement.Label{
		ID: b.id("h"), Time: b.tick(), Site: "museum", Account: account, Value: value, Source: source, Actor: enforcement.ActorEnforcer,
	}})
}

func TestHintsThatDoNotSufficeLabelNobody(t *testing.T) {
	b := newBook(t)
	for _, account := range []string{"missed", "sold", "cleared", "taken back", "nobody"} {
		b.event(account, ingest.KindOrderSubmit, "d1", func(*ingest.Event) {})
	}
	b.hint("missed", enforcement.LabelUnknown, enforcement.SourceOutcome)
	b.hint("sold", enforcement.LabelScalper, enforcement.SourceOutcome)
	b.label("cleared", enforcement.LabelHuman, "", time.Time{})
	b.hint("cleared", enforcement.LabelScalper, enforcement.SourceOutcome)
	b.hint("taken back", enforcement.LabelScalper, enforcement.SourceOutcome)
	b.hint("taken back", enforcement.LabelUnknown, enforcement.SourceChallenge)
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.EqualValues(t, 3, q.Labels.Unlabelled, "missed, taken back and nobody")
	assert.Equal(t, []uint64{1, 1}, []uint64{q.Miss.Denominator, q.FalsePositive.Denominator}, "sold, and cleared by a person")
	by := map[metrics.LabelCount]bool{}
	for _, c := range q.Labels.BySource {
		by[c] = true
	}
	assert.True(t, by[metrics.LabelCount{Value: enforcement.LabelUnknown, Source: enforcement.SourceOutcome, Accounts: 1}], "and yet they are shown: %v", q.Labels.BySource)
	assert.True(t, by[metrics.LabelCount{Value: enforcement.LabelUnknown, Source: enforcement.SourceChallenge, Accounts: 1}])
	assert.True(t, by[metrics.LabelCount{Value: enforcement.LabelScalper, Source: enforcement.SourceOutcome, Accounts: 1}])
}
