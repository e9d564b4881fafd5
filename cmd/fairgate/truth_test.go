package main

import (
	"io"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
)

// TestTruthAndLedgerAgree drives labelled traffic at the whole service and
// holds what the simulator saw against what the ledger computes from labels.
// Then it deletes a hundredth of the refusals from the ledger: figures that
// still agreed would not be computed from the ledger at all.
func TestTruthAndLedgerAgree(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	dir := t.TempDir()
	_, dev := startService(t, app.DevOptions{Data: dir})
	require.NoError(t, dev.NoAnalytics)
	service, err := (&simulateCommand{Data: dir, Ticketing: "http://" + dev.Ticketing, Operators: "http://" + dev.Operators}).service()
	require.NoError(t, err)
	runner, err := simulate.New(simulate.NewClient(dev.Gateway), service, simulate.Options{
		Plan: simulate.Plan{Seed: 7, Duration: 20 * time.Second, People: 120, HostileShare: 0.7}, Out: io.Discard, Ledger: service,
	})
	require.NoError(t, err)
	report, err := runner.Run(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Disagreements)
	for name, r := range map[string]simulate.Rate{
		"humans": report.Ledger.HumansHarmed, "scalpers": report.Ledger.ScalpersKept, "intents": report.Ledger.IntentsIntercepted,
	} {
		assert.GreaterOrEqual(t, r.Denominator, 30, name)
	}
	assert.NotEmpty(t, report.TooSmall, "a run of this size must say that it is too small")

	forget(t, dev.Ledger.Writer)
	figures, err := service.Figures(t.Context(), report.From, report.To)
	require.NoError(t, err)
	report.Ledger = &figures
	report.Compare()
	assert.NotEmpty(t, report.Disagreements, "the ledger lost refusals and its figures did not notice")
}

// forget deletes a hundredth of the refused bookings, at least all of one
// account's, from the ledger.
func forget(t *testing.T, client *clickhouse.Options) {
	t.Helper()
	conn, err := clickhouse.Open(client)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	var refused uint64
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count() FROM events FINAL WHERE kind = 'order.submit' AND action = 'block'`).Scan(&refused))
	require.NotZero(t, refused)
	var id string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT account FROM events FINAL WHERE kind = 'order.submit' AND action = 'block'
		GROUP BY account ORDER BY count() DESC, account LIMIT 1`).Scan(&id))
	require.NoError(t, conn.Exec(t.Context(), `ALTER TABLE events DELETE WHERE kind = 'order.submit' AND account = {account:String} SETTINGS mutations_sync = 2`,
		clickhouse.Named("account", id)))
	var left uint64
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count() FROM events FINAL WHERE kind = 'order.submit' AND action = 'block'`).Scan(&left))
	require.Less(t, left, refused)
	t.Logf("forgot %d of %d refusals", refused-left, refused)
}
