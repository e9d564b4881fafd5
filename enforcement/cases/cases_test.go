package cases_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/outbox"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

var start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// neighbours are lists and withdrawals that remember what was asked of them.
type neighbours struct {
	cleared, undone []string
	excepted        []lists.Exception
}

func (n *neighbours) Clear(_ context.Context, _ string, t enforcement.Target, _ time.Time, _, _ string) ([]lists.Entry, error) {
	n.cleared = append(n.cleared, t.String())
	return []lists.Entry{{ID: "1"}}, nil
}

func (n *neighbours) Except(_ context.Context, x lists.Exception) (lists.Entry, error) {
	n.excepted = append(n.excepted, x)
	return lists.Entry{ID: "x"}, nil
}

func (n *neighbours) List(context.Context, lists.Filter, string, int) ([]lists.Entry, string, error) {
	return nil, "", nil
}

func (n *neighbours) Undo(_ context.Context, _, account string, _ time.Time, _, _ string) (int, error) {
	n.undone = append(n.undone, account)
	return 2, nil
}

type fixture struct {
	*cases.Service
	*neighbours
	db  *sqldb.DB
	now time.Time
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := &fixture{neighbours: &neighbours{}, db: db, now: start}
		var err error
		f.Service, err = cases.New(t.Context(), db, f.neighbours, f.neighbours, cases.Options{Now: func() time.Time { return f.now }})
		require.NoError(t, err)
		test(t, f)
	})
}

func finding(i int, account string, action ingest.Action, rule string) enforcement.Finding {
	return enforcement.Finding{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: account},
		EventID: fmt.Sprintf("e%04d", i), Stage: rules.StageAsync, Time: start.Add(time.Duration(i) * time.Second),
		Kind: ingest.KindOrderSubmit, Ruleset: "v1", Score: float64(i % 100),
		Hits: []ingest.Hit{{Rule: rule, Action: action, Entity: "account", Key: account}},
	}
}

func (f *fixture) open(t *testing.T, account string) cases.Case {
	t.Helper()
	list, _, err := f.Service.List(t.Context(), cases.Filter{Key: account}, "", 10)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	c, err := f.Get(t.Context(), list[0].ID)
	require.NoError(t, err)
	return c
}

// drain counts what the outbox holds by topic.
func (f *fixture) drain(t *testing.T) map[outbox.Topic]int {
	t.Helper()
	counts := counter{}
	_, err := outbox.NewRelay(f.db, counts, outbox.RelayOptions{}).Drain(t.Context())
	require.NoError(t, err)
	return counts
}

type counter map[outbox.Topic]int

func (c counter) Publish(_ context.Context, messages []outbox.Message) error {
	for _, m := range messages {
		if !json.Valid(m.Payload) {
			return fmt.Errorf("payload of %s is no JSON", m.ID)
		}
		c[m.Topic]++
	}
	return nil
}

func TestOneCaseGrows(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(0, "a", ingest.Challenge, "pace")}))
		list, _, err := f.Service.List(t.Context(), cases.Filter{}, "", 10)
		require.NoError(t, err)
		require.Empty(t, list, "a challenge alone opens none")

		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{
			finding(1, "a", ingest.Flag, "odd"), finding(2, "a", ingest.Challenge, "pace"), finding(1, "a", ingest.Flag, "odd"),
		}))
		c := f.open(t, "a")
		assert.Equal(t, ingest.Challenge, c.Severity)
		assert.Equal(t, map[string]int{"odd": 1, "pace": 1}, c.Rules)
		assert.Equal(t, 2, c.Findings)
		assert.InDelta(t, 2, c.Score, 0)
		assert.Equal(t, map[outbox.Topic]int{outbox.Actions: 2}, f.drain(t), "one for each rule that is new")

		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(3, "a", ingest.Flag, "odd")}))
		assert.Empty(t, f.drain(t))
		assert.Equal(t, c.ID, f.open(t, "a").ID)
	})
}

func TestEvidenceIsBounded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		var findings []enforcement.Finding
		for i := range 80 {
			findings = append(findings, finding(i, "a", ingest.Flag, "odd"))
		}
		require.NoError(t, f.Record(t.Context(), findings))
		c := f.open(t, "a")
		assert.Equal(t, 80, c.Findings)
		require.Len(t, c.Evidence, 50)
		assert.Equal(t, "e0000", c.Evidence[0].EventID, "the first ones stay")
		assert.Equal(t, "e0019", c.Evidence[19].EventID)
		assert.Equal(t, "e0050", c.Evidence[20].EventID, "and the latest")
		assert.Equal(t, "e0079", c.Evidence[49].EventID)

		require.NoError(t, f.Record(t.Context(), findings[20:50]))
		assert.Equal(t, 80, f.open(t, "a").Findings, "also those whose evidence was dropped are known")
	})
}

func TestDecisionsAndLabels(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{
			finding(1, "a", ingest.Block, "rotation"), finding(2, "b", ingest.Flag, "odd"),
		}))
		f.drain(t)
		a, b := f.open(t, "a"), f.open(t, "b")
		f.now = start.Add(time.Hour)

		_, err := f.Confirm(t.Context(), a.ID, "li", "")
		require.ErrorIs(t, err, cases.ErrBadInput)
		_, err = f.Confirm(t.Context(), "nothing", "li", "x")
		require.ErrorIs(t, err, cases.ErrNotFound)
		_, err = f.Watch(t.Context(), a.ID, "li", "let it grow")
		require.NoError(t, err)
		for range 2 {
			confirmed, err := f.Confirm(t.Context(), a.ID, "li", "resale offer seen")
			require.NoError(t, err)
			assert.Equal(t, cases.Confirmed, confirmed.State)
		}
		_, err = f.Watch(t.Context(), a.ID, "li", "no")
		require.ErrorIs(t, err, cases.ErrDecided)
		assert.Equal(t, map[outbox.Topic]int{outbox.Labels: 1}, f.drain(t), "confirming twice is one label")

		result, err := f.Service.Clear(t.Context(), b.ID, "li", "a school class")
		require.NoError(t, err)
		assert.Equal(t, 1, result.Lifted)
		assert.Equal(t, 2, result.Reinstating)
		assert.Equal(t, []string{"account:b"}, f.cleared)
		assert.Equal(t, []string{"b"}, f.undone)
		_, err = f.Service.Clear(t.Context(), b.ID, "li", "again")
		require.ErrorIs(t, err, cases.ErrDecided)

		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(3, "b", ingest.Flag, "odd")}))
		assert.Equal(t, cases.Cleared, f.open(t, "b").State, "a finding from before opens nothing")
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(7200, "b", ingest.Flag, "odd")}))
		again := f.open(t, "b")
		assert.Equal(t, cases.Open, again.State)
		assert.NotEqual(t, b.ID, again.ID)

		_, err = f.ClearTarget(t.Context(), "museum", enforcement.Target{Entity: "account", Key: "nobody-knew"}, enforcement.SourceAppeal, "li", "appeal")
		require.NoError(t, err, "a subject without a case can be cleared")
		labels, err := f.Labels(t.Context(), "museum", "nobody-knew")
		require.NoError(t, err)
		require.Len(t, labels, 1)
		assert.Equal(t, enforcement.SourceAppeal, labels[0].Source)
	})
}

func TestImportedLabels(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		l := enforcement.Label{
			ID: "l1", Time: start, Site: "museum", Account: "a", Value: enforcement.LabelScalper,
			Source: enforcement.SourceReport, Actor: "simulator", Operator: "S4-1", VisitDay: start.AddDate(0, 0, 3),
		}
		require.NoError(t, f.Add(t.Context(), []enforcement.Label{l, l}))
		require.NoError(t, f.Add(t.Context(), []enforcement.Label{l}))
		assert.Equal(t, map[outbox.Topic]int{outbox.Labels: 1}, f.drain(t))
		stored, err := f.Labels(t.Context(), "museum", "a")
		require.NoError(t, err)
		assert.Equal(t, []enforcement.Label{l}, stored)

		bad := l
		bad.ID, bad.Value = "l2", "robot"
		good := l
		good.ID = "l3"
		err = f.Add(t.Context(), []enforcement.Label{good, bad})
		require.ErrorIs(t, err, cases.ErrBadInput)
		require.ErrorContains(t, err, "robot")
		assert.Empty(t, f.drain(t), "all or none")
	})
}

func TestListPagesAndPrune(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 5 {
			require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(i, fmt.Sprintf("a%d", i), ingest.Flag, "odd")}))
		}
		first, cursor, err := f.Service.List(t.Context(), cases.Filter{State: cases.Open}, "", 3)
		require.NoError(t, err)
		rest, end, err := f.Service.List(t.Context(), cases.Filter{State: cases.Open}, cursor, 3)
		require.NoError(t, err)
		assert.Empty(t, end)
		var keys []string
		for _, c := range append(first, rest...) {
			keys = append(keys, c.Target.Key)
		}
		assert.Equal(t, []string{"a4", "a3", "a2", "a1", "a0"}, keys)
		_, _, err = f.Service.List(t.Context(), cases.Filter{}, "", 501)
		require.ErrorIs(t, err, cases.ErrBadInput)

		seen := func() (n int) {
			require.NoError(t, f.db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM case_seen`).Scan(&n))
			return n
		}
		require.NoError(t, f.Prune(t.Context()))
		assert.Equal(t, 5, seen())
		f.now = start.AddDate(0, 0, 8)
		require.NoError(t, f.Prune(t.Context()))
		assert.Zero(t, seen())
	})
}
