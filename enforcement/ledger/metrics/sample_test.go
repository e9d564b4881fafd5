package metrics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
)

// draw notes a label of an account that was drawn for the audit sample.
func (b *book) draw(account string, value enforcement.LabelValue, probability float64, week, visit time.Time) {
	b.records = append(b.records, ledger.Record{Label: &enforcement.Label{
		ID: b.id("l"), Time: b.tick(), Site: "museum", Account: account, Value: value, VisitDay: visit,
		Source: enforcement.SourceSample, Actor: "test", Inclusion: probability, Week: week,
	}})
}

func TestFiguresComeFromTheSampleOnceThereIsOne(t *testing.T) {
	b := newBook(t)
	submit, week := ingest.KindOrderSubmit, enforcement.Week(start)
	for i := range 40 { // allowed people, one in ten drawn
		a := fmt.Sprintf("allowed-%02d", i)
		b.event(a, submit, "d1", ordered("A"+a))
		b.draw(a, enforcement.LabelHuman, 0.1, week, time.Time{})
	}
	for i := range 10 { // blocked people, every second drawn
		a := fmt.Sprintf("blocked-%02d", i)
		b.event(a, submit, "d1", refusedBy(ingest.Block))
		b.draw(a, enforcement.LabelHuman, 0.5, week, time.Time{})
	}
	for i := range 30 { // scalpers of one operator in pairs: 15 intents, 10 intercepted
		a := fmt.Sprintf("scalper-%02d", i)
		if i < 20 {
			b.event(a, submit, fmt.Sprintf("d%d", i/2), refusedBy(ingest.Block))
		} else {
			b.event(a, submit, fmt.Sprintf("d%d", i/2), ordered("S"+a))
		}
		b.draw(a, enforcement.LabelScalper, 0.5, week, time.Time{})
		b.label(a, enforcement.LabelScalper, "gang", time.Time{})
	}
	b.event("riddle", submit, "d1", ordered("R"))
	b.draw("riddle", enforcement.LabelUnknown, 0.5, week, time.Time{})
	// Not drawn: whatever they are, they weigh nothing.
	for i := range 50 {
		a := fmt.Sprintf("appealed-%02d", i)
		b.event(a, submit, "d1", refusedBy(ingest.Block))
		b.label(a, enforcement.LabelHuman, "", time.Time{})
	}
	// Drawn in a week of which the period has nothing of the account.
	b.event("elsewhere", submit, "d1", refusedBy(ingest.Block))
	b.draw("elsewhere", enforcement.LabelHuman, 0.1, week.AddDate(0, 0, -7), time.Time{})
	// Drawn, not mature.
	b.event("unripe", submit, "d1", refusedBy(ingest.Block))
	b.draw("unripe", enforcement.LabelHuman, 0.1, week, start.AddDate(0, 0, 30))
	// A hint does not outweigh what a person said.
	b.records = append(b.records, ledger.Record{Label: &enforcement.Label{
		ID: b.id("l"), Time: b.tick(), Site: "museum", Account: "allowed-00", Value: enforcement.LabelUnknown,
		Source: enforcement.SourceOutcome, Actor: "test",
	}})

	reader, a := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.Equal(t, metrics.FromSample, q.Basis)
	assert.Equal(t, counts{10, 50, 0, 50, 10, 30, 20, 30}, countsOf(q))
	assert.InDelta(t, 20.0/420, q.FalsePositive.Value, 1e-9)
	assert.True(t, q.FalsePositive.Enough)
	assert.Less(t, q.FalsePositive.Low, q.FalsePositive.Value)
	assert.InDelta(t, 10.0/30, q.Miss.Value, 1e-9)
	assert.InDelta(t, 10.0/15, q.Interception.Value, 1e-9, "two accounts share each intent")
	assert.InDelta(t, 2.0/482, q.Unknown.Value, 1e-9)
	t.Run("repeats change nothing", func(t *testing.T) {
		require.NoError(t, a.Write(t.Context(), b.records))
		again, err := reader.Quality(t.Context(), period, metrics.Filter{})
		require.NoError(t, err)
		assert.Equal(t, q, again)
	})
}

func TestACensusIsASampleOfAll(t *testing.T) {
	b := newBook(t)
	for i := range 40 {
		a := fmt.Sprintf("p-%02d", i)
		b.event(a, ingest.KindOrderSubmit, "d1", ordered("O"+a))
		b.draw(a, enforcement.LabelHuman, 1, time.Time{}, time.Time{})
	}
	b.event("harmed", ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
	b.draw("harmed", enforcement.LabelHuman, 1, time.Time{}, time.Time{})
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.InDelta(t, 1.0/41, q.FalsePositive.Value, 1e-12)
	assert.InDelta(t, 1.0/41, q.FalsePositive.High, 1e-12, "what was looked at in full is known")
}

func TestAFewLabelsOfASampleAreNotEnough(t *testing.T) {
	b := newBook(t)
	for i := range 40 {
		a := fmt.Sprintf("p-%02d", i)
		b.event(a, ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
		b.label(a, enforcement.LabelHuman, "", time.Time{})
	}
	b.draw("p-00", enforcement.LabelHuman, 0.1, enforcement.Week(start), time.Time{})
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.False(t, q.FalsePositive.Enough, "the others were not drawn")
	assert.EqualValues(t, 1, q.FalsePositive.Denominator)
}

// TestAnIntentCountsOnceHoweverManyAccountsItHas: of operators with four
// accounts each is drawn as often as of four with one; that makes four accounts'
// intent no more than one.
func TestAnIntentCountsOnceHoweverManyAccountsItHas(t *testing.T) {
	b := newBook(t)
	submit, week := ingest.KindOrderSubmit, enforcement.Week(start)
	for i := range 40 {
		operator := fmt.Sprintf("gang-%02d", i)
		for j := range 4 {
			a := fmt.Sprintf("%s-%d", operator, j)
			b.event(a, submit, "d1", refusedBy(ingest.Block))
			if j == 0 {
				b.draw(a, enforcement.LabelScalper, 0.25, week, time.Time{})
			}
			b.label(a, enforcement.LabelScalper, operator, time.Time{})
		}
	}
	for i := range 160 {
		a := fmt.Sprintf("alone-%03d", i)
		b.event(a, submit, "d1", ordered("O"+a))
		if i%4 == 0 {
			b.draw(a, enforcement.LabelScalper, 0.25, week, time.Time{})
		}
	}
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.InDelta(t, 40.0/200, q.Interception.Value, 1e-9)
	assert.InDelta(t, 160.0/320, q.Miss.Value, 1e-9, "accounts, not intents")
}

// TestAScalperWhoNeverTriedToBookIsNoMiss: one that was refused while it looked
// stands in no miss rate, unlike a person, who is harmed by that.
func TestAScalperWhoNeverTriedToBookIsNoMiss(t *testing.T) {
	b := newBook(t)
	week := enforcement.Week(start)
	for i := range 40 {
		a := fmt.Sprintf("looks-%02d", i)
		b.event(a, ingest.KindStockRead, "d1", refusedBy(ingest.Block))
		b.draw(a, enforcement.LabelScalper, 0.5, week, time.Time{})
		a = fmt.Sprintf("books-%02d", i)
		b.event(a, ingest.KindOrderSubmit, "d1", ordered("O"+a))
		b.draw(a, enforcement.LabelScalper, 0.5, week, time.Time{})
		a = fmt.Sprintf("person-%02d", i)
		b.event(a, ingest.KindStockRead, "d1", refusedBy(ingest.Block))
		b.draw(a, enforcement.LabelHuman, 0.5, week, time.Time{})
	}
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.EqualValues(t, 40, q.Miss.Denominator)
	assert.InDelta(t, 1, q.Miss.Value, 1e-9)
	assert.EqualValues(t, 40, q.FalsePositive.Denominator)
}
