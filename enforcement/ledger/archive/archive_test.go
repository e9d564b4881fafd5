package archive_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

// open gives a migrated archive in a database of its own, and a connection to
// look into it.
func open(t *testing.T, client *clickhouse.Options, opts archive.Options) (*archive.Archive, driver.Conn) {
	t.Helper()
	client.Auth.Database = "ledger"
	opts.MinBackoff = 5 * time.Millisecond
	a, err := archive.Open(client, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.NoError(t, a.Migrate(t.Context()))
	return a, chdbtest.Open(t, client)
}

// number reads one number.
func number(t *testing.T, db driver.Conn, query string) uint64 {
	t.Helper()
	var n uint64
	require.NoError(t, db.QueryRow(t.Context(), query).Scan(&n), query)
	return n
}

// today is a moment that retention keeps.
func today() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func event(at time.Time) *ingest.Event {
	return &ingest.Event{
		ID: uuid.Must(uuid.NewV7()).String(), Time: at, Site: "museum", Gateway: "gw", Boot: "b1", Seq: 7,
		Kind: ingest.KindOrderSubmit, Route: "orders", Method: "POST", Path: "/api/v1/orders",
		Subject: ingest.Subject{Account: "anna", Claimed: "138", Session: "s", Device: "d", DeviceIssued: at.Add(-time.Hour), Documents: []string{"d1", "d2"}, Phone: "p"},
		Client:  ingest.Client{IP: netip.MustParseAddr("2001:db8::1"), Subnet: "2001:db8::/48", ASN: 4134, Country: "CN", Hosting: true, UserAgent: "Mozilla", Language: "zh"},
		Order:   ingest.Order{ID: "o1", Pool: "hall", Day: "2026-10-01", Positions: 3},
		Decision: ingest.Decision{
			Action: ingest.Flag, Ruleset: "v1", Score: 12.5, Passed: true, Receipt: "FG-1",
			Hits:     []ingest.Hit{{Rule: "r1", Action: ingest.Flag, Entity: "account", Key: "anna"}, {Rule: "r2", Action: ingest.Block, Shadow: true}},
			Snapshot: ingest.Snapshot{Names: []string{"reads"}, Values: []float64{3}},
		},
		Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "held", Code: "", Latency: 5 * time.Millisecond, Screening: time.Millisecond},
	}
}

// oneOfEach is a record of every kind.
func oneOfEach(at time.Time) []ledger.Record {
	return []ledger.Record{
		{Event: event(at)},
		{Verdict: &scoring.Verdict{EventID: "e1", Stage: rules.StageAsync, Time: at, Site: "museum", Kind: ingest.KindStockRead, Action: ingest.Block, Score: 80, Hits: []ingest.Hit{{Rule: "r1"}}, Ruleset: "v1"}},
		{Action: &enforcement.Action{ID: "a1", Time: at, Site: "museum", Kind: enforcement.ActionBlock, Target: enforcement.Target{Entity: rules.EntityAccount, Key: "anna"}, Actor: "enforcer"}},
		{Outcome: &outcome.Record{ID: "w1", Type: outcome.HoldExpired, OccurredAt: at, Site: "museum", OrderID: "o1", AccountID: "anna", Date: "2026-10-01", Positions: 3}},
		{Label: &enforcement.Label{ID: "l1", Time: at, Site: "museum", Account: "anna", Value: enforcement.LabelHuman, Source: enforcement.SourceReview, Actor: "li"}},
	}
}

func TestEveryFieldOfAnEventIsKept(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	e := event(today())
	require.NoError(t, a.Write(t.Context(), []ledger.Record{{Event: e}}))
	var row struct {
		ID             string    `ch:"id"`
		Time           time.Time `ch:"time"`
		Seq            uint64    `ch:"seq"`
		Kind           string    `ch:"kind"`
		Account        string    `ch:"account"`
		DeviceIssued   time.Time `ch:"device_issued"`
		Documents      []string  `ch:"documents"`
		IP             string    `ch:"ip"`
		Hosting        bool      `ch:"hosting"`
		Positions      uint32    `ch:"positions"`
		Rules          []string  `ch:"rules"`
		Hits           string    `ch:"hits"`
		SnapshotNames  []string  `ch:"snapshot_names"`
		SnapshotValues []float64 `ch:"snapshot_values"`
		Passed         bool      `ch:"passed"`
		Status         uint16    `ch:"status"`
		Latency        int64     `ch:"latency"`
		Completeness   uint8     `ch:"completeness"`
	}
	require.NoError(t, db.QueryRow(t.Context(), `SELECT id, time, seq, kind, account, device_issued, documents, ip, hosting, positions,
		rules, hits, snapshot_names, snapshot_values, passed, status, latency, completeness FROM events`).ScanStruct(&row))
	assert.Equal(t, e.ID, row.ID)
	assert.Equal(t, e.Time, row.Time.UTC())
	assert.Equal(t, e.Subject.DeviceIssued, row.DeviceIssued.UTC())
	assert.Equal(t, []any{uint64(7), "order.submit", "anna", "2001:db8::1", true, uint32(3), true, uint16(201), int64(5e6), uint8(2)},
		[]any{row.Seq, row.Kind, row.Account, row.IP, row.Hosting, row.Positions, row.Passed, row.Status, row.Latency, row.Completeness})
	assert.Equal(t, [][]string{{"d1", "d2"}, {"r1"}, {"reads"}}, [][]string{row.Documents, row.Rules, row.SnapshotNames})
	assert.Equal(t, []float64{3}, row.SnapshotValues)
	assert.Contains(t, row.Hits, `"rule":"r2"`)
}

func TestRepeatsInAnyBatchAreOneRow(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	at := today()
	records := oneOfEach(at)
	require.NoError(t, a.Write(t.Context(), records))
	require.NoError(t, a.Write(t.Context(), records))
	for i := range records { // alone, and in another order
		require.NoError(t, a.Write(t.Context(), records[len(records)-1-i:len(records)-i]))
	}
	for _, kind := range ledger.Kinds() {
		assert.EqualValues(t, 1, number(t, db, "SELECT count() FROM "+string(kind)+" FINAL"), kind)
	}
	var state string
	require.NoError(t, db.QueryRow(t.Context(), "SELECT state FROM outcomes FINAL").Scan(&state))
	assert.Equal(t, "expired", state)
}

func TestAVisitDayIsTheDayOfItsOwnZone(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	visit := time.Date(2026, 10, 1, 0, 0, 0, 0, time.FixedZone("", 8*3600))
	for i, day := range []time.Time{visit, {}} {
		label := enforcement.Label{ID: fmt.Sprint(i), Time: today(), Account: "anna", Value: enforcement.LabelHuman, VisitDay: day}
		require.NoError(t, a.Write(t.Context(), []ledger.Record{{Label: &label}}))
	}
	var days []string
	require.NoError(t, db.QueryRow(t.Context(), "SELECT groupArray(toString(visit_day)) FROM (SELECT visit_day FROM labels ORDER BY id)").Scan(&days))
	assert.Equal(t, []string{"2026-10-01", "1970-01-01"}, days)
}

func TestACompletedEventReplacesItsIntentWhicheverComesLast(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	for _, order := range []string{"intent first", "intent last"} {
		done := event(today())
		intent := *done
		intent.Outcome = ingest.Outcome{Disposition: ingest.DispositionUnknown}
		batches := []*ingest.Event{&intent, done}
		if order == "intent last" {
			batches = []*ingest.Event{done, &intent}
		}
		for _, e := range batches {
			require.NoError(t, a.Write(t.Context(), []ledger.Record{{Event: e}}))
		}
		assert.EqualValues(t, 201, number(t, db, "SELECT toUInt64(status) FROM events FINAL WHERE id = '"+done.ID+"'"), order)
	}
}

func TestInvalidRecordsRefuseTheWholeCall(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	broken := event(time.Time{})
	err := a.Write(t.Context(), []ledger.Record{{Event: event(today())}, {Event: broken}, {}})
	require.ErrorIs(t, err, ledger.ErrInvalidRecord)
	require.ErrorContains(t, err, "events.time")
	assert.Zero(t, number(t, db, "SELECT count() FROM events"))
}

func TestRetentionFollowsTheConfiguration(t *testing.T) {
	client := chdbtest.Start(t).Writer()
	old := today().Add(-30 * 24 * time.Hour)
	a, db := open(t, client, archive.Options{})
	require.NoError(t, a.Write(t.Context(), oneOfEach(old)))
	require.NoError(t, a.Write(t.Context(), oneOfEach(today())))
	short, _ := open(t, client, archive.Options{Retention: 10*24*time.Hour - time.Hour})
	require.NoError(t, short.Migrate(t.Context()), "again")
	for _, kind := range ledger.Kinds() {
		require.NoError(t, db.Exec(t.Context(), "OPTIMIZE TABLE "+string(kind)+" FINAL"))
		require.Eventually(t, func() bool { return number(t, db, "SELECT count() FROM "+string(kind)+" FINAL") == 1 }, 10*time.Second, 10*time.Millisecond, kind)
	}
	assert.EqualValues(t, 5, number(t, db, "SELECT count() FROM system.tables WHERE database = 'ledger' AND create_table_query LIKE '%toIntervalDay(10)%'"))
}

func TestHistoryOverManyDaysGoesInAtOnce(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	var records []ledger.Record
	for day := range 150 {
		records = append(records, ledger.Record{Event: event(today().Add(-time.Duration(day) * 24 * time.Hour))})
	}
	for range 150_000 { // more than one request's body can hold
		records = append(records, ledger.Record{Event: event(today())})
	}
	require.NoError(t, a.Write(t.Context(), records))
	assert.EqualValues(t, 150_150, number(t, db, "SELECT count() FROM events FINAL"))
}

func TestErasingForgetsOneAccountOnly(t *testing.T) {
	a, db := open(t, chdbtest.Start(t).Writer(), archive.Options{})
	at := today()
	anna := oneOfEach(at)
	anna[1].Verdict.Subject.Account = "anna"
	bert := event(at)
	bert.Subject.Account = "bert"
	zoo := event(at)
	zoo.Site = "zoo"
	require.NoError(t, a.Write(t.Context(), append(anna, ledger.Record{Event: bert}, ledger.Record{Event: zoo})))
	require.NoError(t, a.Erase(t.Context(), "museum", "anna"))
	for _, kind := range ledger.Kinds() {
		want := map[ledger.Kind]uint64{ledger.KindEvent: 2}[kind]
		assert.Equal(t, want, number(t, db, "SELECT count() FROM "+string(kind)), kind)
	}
	require.NoError(t, a.Erase(t.Context(), "museum", "anna"), "again")
	require.ErrorContains(t, a.Erase(t.Context(), "museum", ""), "account is empty")
}

func TestWritingWaitsForClickHouse(t *testing.T) {
	supervisor := chdbtest.Start(t)
	a, db := open(t, supervisor.Writer(), archive.Options{InsertTimeout: 10 * time.Second})
	at := today()
	for round := range 3 {
		pid := supervisor.PID()
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		var records []ledger.Record
		for i := range 1000 {
			e := event(at)
			e.ID = fmt.Sprintf("%d-%d", round, i)
			records = append(records, ledger.Record{Event: e})
		}
		require.NoError(t, a.Write(t.Context(), records))
		assert.EqualValues(t, 1000*(round+1), number(t, db, "SELECT count() FROM events FINAL"))
		require.Eventually(t, func() bool { return supervisor.PID() != 0 }, 10*time.Second, time.Millisecond)
	}
}

func TestWritingEndsWithItsContext(t *testing.T) {
	client := &clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"127.0.0.1:1"}}
	a, err := archive.Open(client, archive.Options{MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, a.Write(ctx, []ledger.Record{{Event: event(today())}}), context.DeadlineExceeded)
	require.NoError(t, a.Write(t.Context(), nil), "nothing to write needs no database")
}

// BenchmarkWrite measures batches of 10,000 events.
func BenchmarkWrite(b *testing.B) {
	client := chdbtest.Start(b).Writer()
	a, err := archive.Open(client, archive.Options{})
	require.NoError(b, err)
	require.NoError(b, a.Migrate(b.Context()))
	const rows = 10_000
	at := today()
	records := make([]ledger.Record, rows)
	for b.Loop() {
		for i := range records {
			records[i] = ledger.Record{Event: event(at)}
		}
		require.NoError(b, a.Write(b.Context(), records))
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	require.NoError(b, a.Close())
}
