package hints_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/hints"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func noon() time.Time { return time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC) }

// shelf keeps labels by id, as the review queue does.
type shelf struct {
	list []enforcement.Label
	ids  map[string]bool
	fail error
}

func (s *shelf) Add(_ context.Context, labels []enforcement.Label) error {
	if s.fail != nil {
		return s.fail
	}
	for _, l := range labels {
		if !s.ids[l.ID] {
			s.ids[l.ID] = true
			s.list = append(s.list, l)
		}
	}
	return nil
}

// last is the latest label of an account.
func (s *shelf) last(account string) (l enforcement.Label) {
	for _, one := range s.list {
		if one.Account == account {
			l = one
		}
	}
	return l
}

type harness struct {
	*hints.Service
	t     *testing.T
	db    *sqldb.DB
	shelf *shelf
	now   time.Time
	logs  bytes.Buffer
}

func build(t *testing.T, db *sqldb.DB) *harness {
	t.Helper()
	h := &harness{t: t, db: db, shelf: &shelf{ids: map[string]bool{}}, now: noon()}
	var err error
	h.Service, err = hints.New(t.Context(), db, h.shelf, hints.Options{
		Settle: time.Minute, Now: func() time.Time { return h.now }, Logger: slog.New(slog.NewTextHandler(&h.logs, nil)),
	})
	require.NoError(t, err)
	return h
}

func each(t *testing.T, test func(h *harness)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(build(t, db)) })
}

// settle weighs what is due an hour from now.
func (h *harness) settle() int {
	h.t.Helper()
	h.now = h.now.Add(time.Hour)
	n, err := h.Settle(h.t.Context())
	require.NoError(h.t, err)
	return n
}

// report is what the booking system says of an order.
func report(id, kind, account, order string, positions int) string {
	return fmt.Sprintf(`{"id":%q,"type":"order.%s","occurred_at":"2026-05-10T09:00:00Z","site":"museum","order_id":%q,"account_id":%q,"date":"2026-05-09","positions":%d}`,
		id, kind, order, account, positions)
}

// messages is a source that ends when it is empty.
type messages struct {
	values    []string
	committed int
}

var errEmpty = errors.New("no more messages")

func (m *messages) Fetch(context.Context) (enforcement.Delivery, error) {
	if m.committed == len(m.values) {
		return enforcement.Delivery{}, errEmpty
	}
	return enforcement.Delivery{Value: []byte(m.values[m.committed])}, nil
}

func (m *messages) Commit(context.Context, ...enforcement.Delivery) error {
	m.committed++
	return nil
}

// hear has reports delivered, all of which are committed.
func (h *harness) hear(reports ...string) {
	h.t.Helper()
	m := &messages{values: reports}
	require.ErrorIs(h.t, h.Witness(h.t.Context(), m), errEmpty)
	assert.Equal(h.t, len(reports), m.committed)
}

func TestReportsBecomeLabels(t *testing.T) {
	each(t, func(h *harness) {
		h.hear(
			report("1", "no_show", "missed", "o1", 2),
			report("2", "mismatched", "sold", "o2", 1), report("3", "mismatched", "sold", "o3", 1),
			report("4", "checked_in", "came", "o4", 1), report("5", "no_show", "", "o5", 1),
		)
		n, err := h.Settle(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n, "not before they have settled")
		assert.Equal(t, 2, h.settle())
		require.Len(t, h.shelf.list, 2)
		missed, sold := h.shelf.last("missed"), h.shelf.last("sold")
		assert.Equal(t, []any{enforcement.LabelUnknown, enforcement.SourceOutcome, "museum", enforcement.ActorEnforcer}, []any{missed.Value, missed.Source, missed.Site, missed.Actor})
		assert.Equal(t, "mismatch=0 no_show=1 passed=0 failed=0 abandoned=0 evidence=0.15", missed.Reason)
		assert.Equal(t, enforcement.LabelScalper, sold.Value)
		assert.Equal(t, time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC), sold.VisitDay.UTC(), "it is mature a week after the visit")
		assert.Zero(t, sold.Inclusion, "nobody was drawn")
		assert.Zero(t, h.settle(), "nothing is new")
	})
}

func TestRepeatsSayNothingNew(t *testing.T) {
	each(t, func(h *harness) {
		twice := []string{report("1", "mismatched", "a", "o1", 1), report("2", "mismatched", "a", "o2", 1)}
		h.hear(append(twice, twice...)...)
		h.settle()
		h.hear(twice...)
		assert.Zero(t, h.settle())
		asked := enforcement.Challenged{Site: "museum", Account: "c", Time: noon(), Result: enforcement.ChallengeUnmet}
		for range 3 {
			require.NoError(t, h.Challenged(t.Context(), []enforcement.Challenged{asked, asked}))
		}
		h.settle()
		require.NoError(t, h.Challenged(t.Context(), []enforcement.Challenged{asked}))
		assert.Zero(t, h.settle())
		assert.Len(t, h.shelf.list, 2)
		assert.Contains(t, h.shelf.last("c").Reason, "abandoned=1")
	})
}

func TestALateContradictionTakesTheLabelBack(t *testing.T) {
	each(t, func(h *harness) {
		h.hear(report("1", "mismatched", "a", "o1", 1))
		for i := range 4 {
			h.hear(report(fmt.Sprintf("n%d", i), "no_show", "a", fmt.Sprintf("v%d", i), 1))
		}
		h.settle()
		require.Equal(t, enforcement.LabelScalper, h.shelf.last("a").Value)
		for i := range 4 {
			h.hear(report(fmt.Sprintf("l%d", i), "no_show_lifted", "a", fmt.Sprintf("v%d", i), 1))
		}
		h.settle()
		got := h.shelf.last("a")
		assert.Equal(t, enforcement.LabelUnknown, got.Value)
		assert.Contains(t, got.Reason, "mismatch=1 no_show=0")
		assert.Len(t, h.shelf.list, 2)
	})
}

func TestTheOrderOfArrivalIsNothing(t *testing.T) {
	each(t, func(h *harness) {
		h.hear(report("2", "no_show_lifted", "early", "o", 1))
		h.settle()
		h.hear(report("1", "no_show", "early", "o", 1))
		h.settle()
		h.hear(report("3", "no_show", "late", "p", 1), report("4", "no_show_lifted", "late", "p", 1))
		h.settle()
		for _, account := range []string{"early", "late"} {
			assert.Contains(t, h.shelf.last(account).Reason, "no_show=0", account)
		}
	})
}

func TestChallengesBecomeLabels(t *testing.T) {
	each(t, func(h *harness) {
		result := func(account string, r enforcement.ChallengeResult, after time.Duration) enforcement.Challenged {
			return enforcement.Challenged{Site: "museum", Account: account, Time: noon().Add(after), Result: r}
		}
		require.NoError(t, h.Challenged(t.Context(), []enforcement.Challenged{
			result("passed", enforcement.ChallengeUnmet, 0), result("passed", enforcement.ChallengeWrong, time.Second),
			result("passed", enforcement.ChallengeMet, 8*time.Second),
			result("wrong", enforcement.ChallengeUnmet, 0), result("wrong", enforcement.ChallengeWrong, time.Second),
			result("gone", enforcement.ChallengeUnmet, 0),
			result(strings.Repeat("x", 300), enforcement.ChallengeUnmet, 0),
		}))
		h.now = noon().Add(2 * time.Minute)
		_, err := h.Settle(t.Context())
		require.NoError(t, err)
		assert.Empty(t, h.shelf.last("gone"), "it may still be met")
		assert.Equal(t, 1, h.settle(), "the open one alone is weighed again")
		for account, reason := range map[string]string{"passed": "passed=1 failed=0 abandoned=0", "wrong": "passed=0 failed=1", "gone": "abandoned=1"} {
			l := h.shelf.last(account)
			assert.Contains(t, l.Reason, reason, account)
			assert.Equal(t, []any{enforcement.LabelUnknown, enforcement.SourceChallenge}, []any{l.Value, l.Source}, account)
		}
		assert.Contains(t, h.logs.String(), "passed over")
		assert.NotContains(t, h.logs.String(), "xxx", "no account is in the log")
	})
}

func TestFactsOfAnAccountAreBounded(t *testing.T) {
	h := build(t, sqldbtest.SQLite(t))
	for round := range 10 {
		var results []enforcement.Challenged
		for i := range 200 {
			at := noon().Add(-time.Duration(round*200+i) * 10 * time.Minute)
			results = append(results, enforcement.Challenged{Site: "museum", Account: "farm", Time: at, Result: enforcement.ChallengeWrong})
		}
		require.NoError(t, h.Challenged(t.Context(), results))
	}
	h.settle()
	var rows int
	require.NoError(t, h.db.Read.QueryRowContext(t.Context(), `SELECT count(*) FROM hint_facts`).Scan(&rows))
	assert.Equal(t, 256, rows)
	assert.Len(t, h.shelf.list, 1)
}

func TestALabelThatCouldNotBeKeptIsSaidAgain(t *testing.T) {
	h := build(t, sqldbtest.SQLite(t))
	h.hear(report("1", "no_show", "a", "o1", 1))
	h.shelf.fail = errors.New("away")
	h.now = h.now.Add(time.Hour)
	_, err := h.Settle(t.Context())
	require.ErrorIs(t, err, h.shelf.fail)
	h.shelf.fail = nil
	assert.Equal(t, 1, h.settle())
	assert.Len(t, h.shelf.list, 1)
}

func TestErasedAndOldFactsAreGone(t *testing.T) {
	each(t, func(h *harness) {
		h.hear(report("1", "no_show", "gone", "o1", 1), report("2", "no_show", "old", "o2", 1))
		require.NoError(t, h.Erase(t.Context(), "museum", "gone"))
		assert.Equal(t, 1, h.settle())
		assert.Empty(t, h.shelf.last("gone"))
		h.now = h.now.AddDate(1, 0, 0)
		require.NoError(t, h.Prune(t.Context()))
		h.hear(report("3", "no_show", "older", "o3", 1))
		var rows int
		require.NoError(t, h.db.Read.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM hint_facts) + (SELECT count(*) FROM hint_accounts)`).Scan(&rows))
		assert.Zero(t, rows)
	})
}

func TestBadReportsArePassedOver(t *testing.T) {
	h := build(t, sqldbtest.SQLite(t))
	h.hear(`not json`, report("1", "no_show", "zero\u0000", "o1", 1), report("2", "no_show", strings.Repeat("x", 300), "o1", 1),
		report("3", "no_show", "a", "o1", 5000), `{"id":"4","type":"order.no_show","site":"museum","order_id":"o","account_id":"a"}`,
		report("5", "mismatched", "kept", "o1", 0))
	assert.Equal(t, 1, h.settle())
	assert.Equal(t, 5, strings.Count(h.logs.String(), "passed over"))
	for name, f := range map[string]hints.Fact{
		"nothing": {}, "kind": {Site: "s", Account: "a", Kind: "x", Subject: "o", At: noon()},
		"time": {Site: "s", Account: "a", Kind: hints.NoShow, Subject: "o", At: time.Unix(-1, 0)},
	} {
		require.ErrorIs(t, h.Note(t.Context(), []hints.Fact{f}), hints.ErrBadInput, name)
	}
}
