package metrics_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

// start is when the tables below begin; retention keeps it.
var start = time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour)

var period = metrics.Period{From: start, To: start.Add(24 * time.Hour)}

// book is a ledger that a test writes by hand. Its clock moves a second with
// every record.
type book struct {
	t       testing.TB
	now     time.Time
	records []ledger.Record
}

func newBook(t testing.TB) *book {
	t.Helper()
	return &book{t: t, now: start}
}

func (b *book) id(prefix string) string { return fmt.Sprintf("%s-%06d", prefix, len(b.records)) }

func (b *book) tick() time.Time {
	b.now = b.now.Add(time.Second)
	return b.now
}

// event notes a request of an account.
func (b *book) event(account string, kind ingest.Kind, day string, change func(*ingest.Event)) {
	e := &ingest.Event{
		ID: b.id("e"), Time: b.tick(), Site: "museum", Gateway: "gw", Boot: "b1", Seq: uint64(len(b.records)) + 1, Kind: kind,
		Subject: ingest.Subject{Account: account}, Order: ingest.Order{Pool: "hall", Day: day},
		Decision: ingest.Decision{Action: ingest.Allow},
		Outcome:  ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200},
	}
	change(e)
	b.records = append(b.records, ledger.Record{Event: e})
}

func refusedBy(action ingest.Action) func(*ingest.Event) {
	return func(e *ingest.Event) {
		e.Decision.Action = action
		e.Outcome = ingest.Outcome{Disposition: ingest.DispositionRefused, Status: 403}
	}
}

func answered(status int) func(*ingest.Event) {
	return func(e *ingest.Event) { e.Outcome.Status = status }
}

func ordered(id string) func(*ingest.Event) {
	return func(e *ingest.Event) {
		e.Order.ID = id
		e.Outcome.Status, e.Outcome.OrderState = 201, "held"
	}
}

// fate notes what the booking system reports of an order.
func (b *book) fate(order string, types ...outcome.Type) {
	for _, what := range types {
		b.records = append(b.records, ledger.Record{Outcome: &outcome.Record{
			ID: b.id("o"), Type: what, OccurredAt: b.tick(), Site: "museum", OrderID: order,
		}})
	}
}

func (b *book) label(account string, value enforcement.LabelValue, operator string, visit time.Time) {
	b.records = append(b.records, ledger.Record{Label: &enforcement.Label{
		ID: b.id("l"), Time: b.tick(), Site: "museum", Account: account, Value: value,
		Source: enforcement.SourceReport, Actor: "test", Operator: operator, VisitDay: visit,
	}})
}

// open writes the book to a fresh ledger, and gives a reader of it.
func (b *book) open() (*metrics.Reader, *archive.Archive) {
	b.t.Helper()
	supervisor := chdbtest.Start(b.t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, a.Close()) })
	require.NoError(b.t, a.Migrate(b.t.Context()))
	require.NoError(b.t, a.Write(b.t.Context(), b.records))
	reader, err := metrics.Open(supervisor.Reader(), metrics.Options{Now: func() time.Time { return start.Add(48 * time.Hour) }})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, reader.Close()) })
	return reader, a
}

// people writes one human account a line and returns what must be counted.
func (b *book) people() (tried, harmed, challenged uint64) {
	submit := ingest.KindOrderSubmit
	block, challenge := refusedBy(ingest.Block), refusedBy(ingest.Challenge)
	for name, c := range map[string]struct {
		live              func(account string)
		harmed, challenge bool
		aside             bool
	}{
		"books":             {live: func(a string) { b.event(a, submit, "d1", ordered("H1")); b.fate("H1", outcome.Held, outcome.Confirmed) }},
		"finds it sold out": {live: func(a string) { b.event(a, submit, "d1", answered(409)) }},
		"is blocked":        {live: func(a string) { b.event(a, submit, "d1", block) }, harmed: true},
		"is blocked before": {live: func(a string) { b.event(a, ingest.KindStockRead, "", block) }, harmed: true},
		"passes": {live: func(a string) {
			b.event(a, submit, "d1", challenge)
			b.event(a, submit, "d1", ordered("H2"))
		}, challenge: true},
		"gives up": {live: func(a string) { b.event(a, submit, "d1", challenge) }, harmed: true, challenge: true},
		"passes one and gives up another": {live: func(a string) {
			b.event(a, ingest.KindStockRead, "", challenge)
			b.event(a, ingest.KindStockRead, "", answered(200))
			b.event(a, submit, "d1", ordered("H3"))
			b.event(a, ingest.KindOrderPay, "d1", challenge)
		}, harmed: true, challenge: true},
		"gives up and comes back": {live: func(a string) {
			b.event(a, submit, "d1", challenge)
			b.event(a, submit, "d2", challenge)
			b.event(a, submit, "d2", answered(409))
		}, challenge: true},
		"loses the place": {live: func(a string) {
			b.event(a, submit, "d1", ordered("H4"))
			b.fate("H4", outcome.Provisional, outcome.Withdrawn)
		}, harmed: true},
		"gets it back": {live: func(a string) {
			b.event(a, submit, "d1", ordered("H5"))
			b.fate("H5", outcome.Provisional, outcome.Withdrawn, outcome.Reinstated)
		}},
		"is observed": {live: func(a string) {
			b.event(a, submit, "d1", func(e *ingest.Event) { e.Decision.Observed = ingest.Block })
		}},
		"only looks": {live: func(a string) { b.event(a, ingest.KindStockRead, "", answered(200)) }, aside: true},
		"looks, answers": {live: func(a string) {
			b.event(a, ingest.KindStockRead, "", challenge)
			b.event(a, ingest.KindStockRead, "", answered(200))
		}, aside: true},
	} {
		c.live(name)
		b.label(name, enforcement.LabelHuman, "", time.Time{})
		if c.aside {
			continue
		}
		tried++
		if c.harmed {
			harmed++
		}
		if c.challenge {
			challenged++
		}
	}
	return tried, harmed, challenged
}

// hostile writes the scalpers and returns what must be counted.
func (b *book) hostile() (accounts, kept, wanted, intercepted uint64) {
	submit := ingest.KindOrderSubmit
	block, challenge := refusedBy(ingest.Block), refusedBy(ingest.Challenge)
	type side struct {
		live                          func(account string)
		operator                      string
		keeps, counts, intercept, not bool // not: another account's line counts the intent
	}
	for name, c := range map[string]side{
		"s blocked": {live: func(a string) { b.event(a, submit, "d1", block); b.event(a, submit, "d1", block) }, counts: true, intercept: true},
		"s keeps":   {live: func(a string) { b.event(a, submit, "d1", ordered("S1")); b.fate("S1", outcome.Held, outcome.Paid) }, keeps: true, counts: true},
		"s no word": {live: func(a string) { b.event(a, submit, "d1", ordered("S2")) }, keeps: true, counts: true},
		"s transfers": {live: func(a string) {
			b.event(a, submit, "d1", ordered("S3"))
			b.fate("S3", outcome.Confirmed, outcome.Transferred)
		}, keeps: true, counts: true},
		"s sold out":     {live: func(a string) { b.event(a, submit, "d1", answered(409)) }},
		"s abandons":     {live: func(a string) { b.event(a, submit, "d1", challenge) }, counts: true},
		"s solves, late": {live: func(a string) { b.event(a, submit, "d1", challenge); b.event(a, submit, "d1", answered(409)) }},
		"s no answer": {live: func(a string) {
			b.event(a, submit, "d1", func(e *ingest.Event) { e.Outcome = ingest.Outcome{Disposition: ingest.DispositionFailed, Status: 502} })
		}, counts: true},
		"s withdrawn": {live: func(a string) {
			b.event(a, submit, "d1", ordered("S4"))
			b.fate("S4", outcome.Provisional, outcome.Withdrawn)
		}, counts: true, intercept: true},
		"s withdrawn by a person, after the cut-off": {live: func(a string) {
			b.event(a, submit, "d1", ordered("S5"))
			b.fate("S5", outcome.Provisional, outcome.Confirmed, outcome.Withdrawn)
		}, counts: true},
		"s expires": {live: func(a string) {
			b.event(a, submit, "d1", ordered("S6"))
			b.fate("S6", outcome.Held, outcome.HoldExpired)
		}, counts: true},
		"s first refused": {live: func(a string) { b.event(a, submit, "d1", block); b.event(a, submit, "d1", ordered("S7")) }, keeps: true, counts: true},
		"s flagged only": {live: func(a string) {
			b.event(a, submit, "d1", func(e *ingest.Event) { ordered("S8")(e); e.Decision.Action = ingest.Flag })
		}, keeps: true, counts: true},
		"gang 1 refused":    {live: func(a string) { b.event(a, submit, "d1", block) }, operator: "gang", not: true},
		"gang 2 keeps":      {live: func(a string) { b.event(a, submit, "d1", ordered("S9")) }, operator: "gang", keeps: true, counts: true},
		"gang 3, other day": {live: func(a string) { b.event(a, submit, "d2", block) }, operator: "gang", counts: true, intercept: true},
	} {
		c.live(name)
		b.label(name, enforcement.LabelScalper, c.operator, time.Time{})
		accounts++
		if c.keeps {
			kept++
		}
		if c.counts {
			wanted++
		}
		if c.intercept {
			intercepted++
		}
	}
	b.event("s poller", ingest.KindStockRead, "", block) // tries no booking
	b.label("s poller", enforcement.LabelScalper, "", time.Time{})
	return accounts, kept, wanted, intercepted
}

type counts [8]uint64

func countsOf(q metrics.Quality) counts {
	return counts{
		q.FalsePositive.Numerator, q.FalsePositive.Denominator, q.Challenged.Numerator, q.Challenged.Denominator,
		q.Miss.Numerator, q.Miss.Denominator, q.Interception.Numerator, q.Interception.Denominator,
	}
}

func TestQualityOfAHandComputedTable(t *testing.T) {
	b := newBook(t)
	tried, harmed, challenged := b.people()
	accounts, kept, wanted, intercepted := b.hostile()
	b.event("nobody knows", ingest.KindOrderSubmit, "d1", ordered("U1"))
	b.event("undecided", ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
	b.label("undecided", enforcement.LabelUnknown, "", time.Time{})
	want := counts{harmed, tried, challenged, tried, kept, accounts, intercepted, wanted}
	require.Equal(t, counts{5, 11, 4, 11, 6, 16, 3, 13}, want, "the table itself")

	reader, a := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.Equal(t, want, countsOf(q))
	assert.InDelta(t, 5.0/11, q.FalsePositive.Value, 1e-12)
	low, high := ledger.Wilson(5, 11)
	assert.Equal(t, []float64{low, high}, []float64{q.FalsePositive.Low, q.FalsePositive.High})
	assert.False(t, q.FalsePositive.Enough || q.Challenged.Enough || q.Miss.Enough || q.Interception.Enough)
	assert.Equal(t, metrics.Labels{
		Human: 13, Scalper: 17, Unknown: 1, Unlabelled: 1,
		BySource: []metrics.LabelCount{
			{Value: enforcement.LabelHuman, Source: enforcement.SourceReport, Accounts: 13},
			{Value: enforcement.LabelScalper, Source: enforcement.SourceReport, Accounts: 17},
			{Value: enforcement.LabelUnknown, Source: enforcement.SourceReport, Accounts: 1},
		},
	}, q.Labels)

	t.Run("repeats and other batches change nothing", func(t *testing.T) {
		again := slices.Clone(b.records)
		rng := rand.New(rand.NewPCG(1, 2))
		rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		require.NoError(t, a.Write(t.Context(), again))
		for chunk := range slices.Chunk(again, 7) {
			require.NoError(t, a.Write(t.Context(), chunk))
			q, err := reader.Quality(t.Context(), period, metrics.Filter{})
			require.NoError(t, err)
			require.Equal(t, want, countsOf(q))
		}
	})
	t.Run("filters", func(t *testing.T) {
		for name, c := range map[string]struct {
			period metrics.Period
			filter metrics.Filter
			want   counts
		}{
			"the site":     {period, metrics.Filter{Site: "museum"}, want},
			"another site": {period, metrics.Filter{Site: "zoo"}, counts{}},
			"the pool":     {period, metrics.Filter{Pool: "hall"}, want},
			"another pool": {period, metrics.Filter{Pool: "garden"}, counts{}},
			"another day":  {metrics.Period{From: period.To, To: period.To.Add(time.Hour)}, metrics.Filter{}, counts{}},
		} {
			q, err := reader.Quality(t.Context(), c.period, c.filter)
			require.NoError(t, err, name)
			assert.Equal(t, c.want, countsOf(q), name)
		}
	})
}

func TestLabelsRipen(t *testing.T) {
	b := newBook(t)
	now := start.Add(48 * time.Hour) // the reader's
	for account, visit := range map[string]time.Time{
		"no day": {}, "long past": now.Add(-30 * 24 * time.Hour), "a week past": now.Add(-7 * 24 * time.Hour),
		"six days past": now.Add(-6 * 24 * time.Hour), "to come": now.Add(5 * 24 * time.Hour),
	} {
		b.event(account, ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
		b.label(account, enforcement.LabelHuman, "", visit)
	}
	// The latest label counts, but an immature one does not replace it.
	b.event("changed", ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
	b.label("changed", enforcement.LabelScalper, "boss", time.Time{})
	b.label("changed", enforcement.LabelHuman, "", time.Time{})
	b.label("changed", enforcement.LabelScalper, "", now)
	reader, _ := b.open()

	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.Equal(t, counts{4, 4, 0, 4}, countsOf(q))
	assert.EqualValues(t, 2, q.Labels.Immature)
	assert.EqualValues(t, 2, q.Labels.Unlabelled)
	q, err = reader.Quality(t.Context(), period, metrics.Filter{IncludeImmature: true})
	require.NoError(t, err)
	assert.Equal(t, counts{5, 5, 0, 5, 0, 1, 1, 1}, countsOf(q))
	assert.Zero(t, q.Labels.Immature)
}

func TestThirtyLabelsASideAreEnough(t *testing.T) {
	b := newBook(t)
	for i := range 30 {
		b.event(fmt.Sprint("h", i), ingest.KindOrderSubmit, "d1", answered(200))
		b.label(fmt.Sprint("h", i), enforcement.LabelHuman, "", time.Time{})
		if i > 0 {
			b.event(fmt.Sprint("s", i), ingest.KindOrderSubmit, "d1", refusedBy(ingest.Block))
			b.label(fmt.Sprint("s", i), enforcement.LabelScalper, "", time.Time{})
		}
	}
	reader, _ := b.open()
	q, err := reader.Quality(t.Context(), period, metrics.Filter{})
	require.NoError(t, err)
	assert.Equal(t, []bool{true, true, false, false}, []bool{q.FalsePositive.Enough, q.Challenged.Enough, q.Miss.Enough, q.Interception.Enough})
	assert.EqualValues(t, 1, q.Interception.Value)
}

func TestAPeriodMustEndAfterItBegins(t *testing.T) {
	reader, err := metrics.Open(nil, metrics.Options{})
	require.NoError(t, err)
	_, err = reader.Quality(context.Background(), metrics.Period{From: start, To: start}, metrics.Filter{})
	require.ErrorIs(t, err, metrics.ErrInvalidPeriod)
}

// BenchmarkQuality reads the figures of 500,000 events of 5,000 accounts.
func BenchmarkQuality(b *testing.B) {
	reader := busy(b)
	for b.Loop() {
		_, err := reader.Quality(b.Context(), period, metrics.Filter{})
		require.NoError(b, err)
	}
}

// busy is a ledger of 500,000 events of 5,000 labelled accounts, over a day.
func busy(b *testing.B) *metrics.Reader {
	b.Helper()
	book := newBook(b)
	rng := rand.New(rand.NewPCG(3, 4))
	const accounts, events = 5_000, 500_000
	for i := range accounts {
		value := enforcement.LabelHuman
		if i%2 == 0 {
			value = enforcement.LabelScalper
		}
		book.label(fmt.Sprint("account-", i), value, fmt.Sprint("operator-", i/10), time.Time{})
	}
	for i := range events {
		account := fmt.Sprint("account-", rng.IntN(accounts))
		kind, change := ingest.KindStockRead, answered(200)
		switch rng.IntN(10) {
		case 0:
			kind, change = ingest.KindOrderSubmit, refusedBy(ingest.Block)
		case 1:
			kind, change = ingest.KindOrderSubmit, ordered(fmt.Sprint("order-", i))
			book.fate(fmt.Sprint("order-", i), outcome.Held, outcome.HoldExpired)
		case 2:
			change = refusedBy(ingest.Challenge)
		}
		book.now = start.Add(time.Duration(i%86_000) * time.Second)
		book.event(account, kind, fmt.Sprint("d", rng.IntN(14)), change)
	}
	reader, _ := book.open()
	return reader
}
