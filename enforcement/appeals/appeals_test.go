package appeals_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

var start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// reviews are cases that remember what was asked of them.
type reviews struct {
	deciders, clusters map[string]string
	cleared            []string
	labels             []enforcement.Label
	bunches            map[string]int
}

func (r *reviews) ClearTarget(_ context.Context, _ string, t enforcement.Target, source enforcement.LabelSource, _, _ string) (cases.ClearResult, error) {
	r.cleared = append(r.cleared, string(source)+" "+t.String())
	return cases.ClearResult{Reinstating: 1}, nil
}

func (r *reviews) Add(_ context.Context, labels []enforcement.Label) error {
	r.labels = append(r.labels, labels...)
	return nil
}

func (r *reviews) DecidedBy(_ context.Context, _ string, t enforcement.Target) (by, cluster string, err error) {
	return r.deciders[t.Key], r.clusters[t.Key], nil
}

func (r *reviews) Appealed(_ context.Context, _ string, bunch enforcement.Target, accounts []string, _ time.Time) error {
	r.bunches[bunch.String()] = len(accounts)
	return nil
}

type fixture struct {
	*appeals.Service
	*reviews
	desk     *appeals.Desk
	receipts *enforcement.Receipts
	registry *prometheus.Registry
	db       *sqldb.DB
	now      time.Time
	overdue  int
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := &fixture{
			db: db, now: start, registry: prometheus.NewRegistry(),
			reviews: &reviews{deciders: map[string]string{}, clusters: map[string]string{}, bunches: map[string]int{}},
		}
		var err error
		f.receipts, err = enforcement.NewReceipts([][]byte{bytes.Repeat([]byte{7}, 32)})
		require.NoError(t, err)
		now := func() time.Time { return f.now }
		f.Service, err = appeals.New(t.Context(), db, f.reviews, appeals.Options{
			Now: now, Registry: f.registry, OnOverdue: func(_ context.Context, n int) { f.overdue += n },
		})
		require.NoError(t, err)
		f.desk = appeals.NewDesk(db, "museum", f.receipts, appeals.DeskOptions{Now: now, Registry: f.registry})
		test(t, f)
	})
}

func (f *fixture) receipt(account string) string {
	return f.receipts.Seal("e-"+account, f.now, ingest.Subject{Account: account})
}

func owner(account string) []enforcement.Target {
	return []enforcement.Target{{Entity: rules.EntityAccount, Key: account}}
}

func (f *fixture) file(t *testing.T, account, subnet string) error {
	t.Helper()
	_, err := f.desk.File(t.Context(), appeals.Filing{
		Receipt: f.receipt(account), Owners: owner(account), Text: "I am a person", Language: "en", Subnet: subnet,
	})
	return err
}

func (f *fixture) queue(t *testing.T) []appeals.Appeal {
	t.Helper()
	list, _, err := f.List(t.Context(), appeals.Filter{Site: "museum", State: appeals.Received}, "", 500)
	require.NoError(t, err)
	return list
}

// tried counts what came of receipts.
func (f *fixture) tried(t *testing.T) map[string]int {
	t.Helper()
	families, err := f.registry.Gather()
	require.NoError(t, err)
	counts := map[string]int{}
	for _, family := range families {
		if family.GetName() != "fairgate_appeals_tries_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			counts[m.GetLabel()[0].GetValue()] = int(m.GetCounter().GetValue())
		}
	}
	return counts
}

func TestOneOpenAppealASubject(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.file(t, "a", "10.0.0.0/24"))
		require.NoError(t, f.file(t, "a", "10.0.0.0/24"), "the same again is answered as it stands")
		list := f.queue(t)
		require.Len(t, list, 1)
		assert.Equal(t, start.Add(24*time.Hour), list[0].Due)
		got, err := f.desk.Ask(t.Context(), appeals.Filing{Receipt: f.receipt("a"), Owners: owner("a")})
		require.NoError(t, err)
		assert.Equal(t, appeals.Status{State: appeals.Received, Received: start, Due: start.Add(24 * time.Hour)}, got)
		_, err = f.desk.Ask(t.Context(), appeals.Filing{Receipt: f.receipt("b"), Owners: owner("b")})
		require.ErrorIs(t, err, appeals.ErrNotFound)
	})
}

func TestGrantingClearsAndTells(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.file(t, "a", "n"))
		id := f.queue(t)[0].ID
		f.deciders["a"] = "ann"
		_, err := f.Decide(t.Context(), "museum", id, appeals.Decision{Grant: true, Reason: "a family", Actor: "ann"})
		require.ErrorIs(t, err, appeals.ErrSameReviewer)
		got, err := f.Decide(t.Context(), "museum", id, appeals.Decision{Grant: true, Reason: "a family", Actor: "bob"})
		require.NoError(t, err)
		assert.Equal(t, appeals.Granted, got.State)
		assert.Equal(t, []string{"appeal account:a"}, f.cleared)
		_, err = f.Decide(t.Context(), "museum", id, appeals.Decision{Reason: "a farm", Actor: "cid"})
		require.ErrorIs(t, err, appeals.ErrDecided)
		assert.Empty(t, f.labels)
		status, err := f.desk.Ask(t.Context(), appeals.Filing{Receipt: f.receipt("a"), Owners: owner("a")})
		require.NoError(t, err)
		assert.Equal(t, appeals.Granted, status.State)
		require.NoError(t, f.file(t, "a", "n"), "a later restriction can be appealed again")
		_, err = f.Decide(t.Context(), "zoo", id, appeals.Decision{Grant: true, Reason: "x", Actor: "bob"})
		require.ErrorIs(t, err, appeals.ErrNotFound)
	})
}

func TestDecliningLabels(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.file(t, "a", "n"))
		for name, d := range map[string]appeals.Decision{
			"no actor": {Reason: "x"}, "no reason": {Actor: "ann"}, "a finding when granting": {Grant: true, Finding: enforcement.LabelScalper, Reason: "x", Actor: "ann"},
			"an unknown finding": {Finding: "odd", Reason: "x", Actor: "ann"},
		} {
			_, err := f.Decide(t.Context(), "museum", f.queue(t)[0].ID, d)
			require.ErrorIs(t, err, appeals.ErrBadInput, name)
		}
		_, err := f.Decide(t.Context(), "museum", f.queue(t)[0].ID, appeals.Decision{Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		require.Len(t, f.labels, 1)
		assert.Equal(t, enforcement.SourceAppeal, f.labels[0].Source)
		assert.Equal(t, enforcement.LabelScalper, f.labels[0].Value)
		assert.Empty(t, f.cleared)
	})
}

func TestTenThousandAppealsOfAFarmAreBounded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		crowded := 0
		for i := range 10_000 {
			if i >= 1200 && i < 9_990 { // they are all refused alike, which takes no writing
				crowded++
				continue
			}
			account := fmt.Sprintf("farm-%05d", i)
			f.clusters[account] = "c1"
			err := f.file(t, account, "203.0.113.0/24")
			if err != nil {
				require.ErrorIs(t, err, appeals.ErrCrowded)
				crowded++
			}
		}
		require.Equal(t, 9_000, crowded)
		require.NoError(t, f.file(t, "a person", "198.51.100.0/24"), "others' appeals are taken")
		require.NoError(t, f.Tend(t.Context()))
		require.NoError(t, f.Tend(t.Context()))
		list := f.queue(t)
		require.Len(t, list, 2, "the farm is one entry")
		assert.Equal(t, "cluster:c1", list[0].Bunch)
		assert.Equal(t, 1000, list[0].Bunched)
		assert.Equal(t, map[string]int{"cluster:c1": 200}, f.bunches, "and one case")

		bunch, _, err := f.List(t.Context(), appeals.Filter{Site: "museum", State: appeals.Received, Bunch: "cluster:c1"}, "", 50)
		require.NoError(t, err)
		require.Len(t, bunch, 50)
		d := appeals.Decision{Reason: "a farm", Actor: "ann"}
		_, err = f.DecideBunch(t.Context(), "museum", "cluster:c1", bunch[9].ID, 11, d)
		require.ErrorIs(t, err, appeals.ErrDecided, "another number than was seen")
		n, err := f.DecideBunch(t.Context(), "museum", "cluster:c1", bunch[9].ID, 10, d)
		require.NoError(t, err)
		assert.Equal(t, 10, n)
		assert.Len(t, f.labels, 10)
		_, err = f.DecideBunch(t.Context(), "museum", "", "x", 1, d)
		require.ErrorIs(t, err, appeals.ErrBadInput)
		assert.Equal(t, map[string]int{"filed": 1001, "crowded": 210}, f.tried(t))
	})
}

func TestAnUnansweredAppealIsEscalated(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.file(t, "a", "n"))
		f.now = f.now.Add(23 * time.Hour)
		require.NoError(t, f.Tend(t.Context()))
		assert.Zero(t, f.overdue)
		f.now = f.now.Add(2 * time.Hour)
		for range 2 {
			require.NoError(t, f.Tend(t.Context()))
		}
		assert.Equal(t, 1, f.overdue, "told once")
		assert.Equal(t, f.now, f.queue(t)[0].Escalated)
		_, err := f.Decide(t.Context(), "museum", f.queue(t)[0].ID, appeals.Decision{Grant: true, Reason: "late", Actor: "ann"})
		require.NoError(t, err)
		f.now = f.now.AddDate(0, 0, 191)
		require.NoError(t, f.Tend(t.Context()))
		list, _, err := f.List(t.Context(), appeals.Filter{Site: "museum"}, "", 10)
		require.NoError(t, err)
		assert.Empty(t, list, "what was decided is forgotten in time")
		_, _, err = f.List(t.Context(), appeals.Filter{Site: "museum"}, "", 0)
		require.ErrorIs(t, err, appeals.ErrBadInput)
	})
}

// post sends a visitor's request.
func (f *fixture) post(t *testing.T, h http.Handler, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Code, string(data)
}

func (f *fixture) handler(account string) http.Handler {
	identify := func(*http.Request) (appeals.Visitor, error) {
		v := appeals.Visitor{Subnet: "10.0.0.0/24"}
		if account != "" {
			v.Owners = owner(account)
		}
		return v, nil
	}
	documents := func(number string) []string { return []string{"hash of " + number} }
	return appeals.NewHandler(f.desk, identify, documents, appeals.HandlerOptions{Now: func() time.Time { return f.now }})
}

func posting(t *testing.T, receipt, text, document string) string {
	t.Helper()
	data, err := json.Marshal(map[string]string{"receipt": receipt, "text": text, "document": document, "language": "zh"})
	require.NoError(t, err)
	return string(data)
}

func TestVisitorsSeeNothingWithoutAProof(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		receipt := f.receipt("a")
		const appeal, status = "/.fairgate/appeal", "/.fairgate/appeal/status"
		code, body := f.post(t, f.handler("a"), appeal, posting(t, receipt, "I am <b>a person</b>\u202e\x07", ""))
		require.Equal(t, http.StatusCreated, code, body)
		assert.NotContains(t, body, "rule")
		assert.Equal(t, "I am <b>a person</b>", f.queue(t)[0].Text, "kept as text")
		var answers []string
		for name, h := range map[string]struct {
			account, receipt, document string
		}{
			"somebody else": {"b", receipt, ""}, "nobody": {"", receipt, ""}, "a wrong document": {"", receipt, "X1"},
			"a guess": {"a", "FG-0000-0000-0000-0000-0000-0000-00", ""}, "no receipt": {"a", "", ""},
		} {
			for _, path := range []string{appeal, status} {
				code, body := f.post(t, f.handler(h.account), path, posting(t, h.receipt, "x", h.document))
				assert.Equal(t, http.StatusNotFound, code, name)
				answers = append(answers, body)
			}
		}
		for _, a := range answers {
			assert.Equal(t, answers[0], a, "unknown and wrong are answered alike")
		}
		code, body = f.post(t, f.handler("a"), status, posting(t, receipt, "", ""))
		require.Equal(t, http.StatusOK, code)
		assert.Contains(t, body, `"state":"received"`)

		byDocument := f.receipts.Seal("e9", f.now, ingest.Subject{Documents: []string{"hash of 110101"}})
		code, _ = f.post(t, f.handler(""), appeal, posting(t, byDocument, "please", "110101"))
		assert.Equal(t, http.StatusCreated, code, "a document proves, too")
	})
}

func TestGuessesAreLimitedAndCounted(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		h := f.handler("a")
		for i := range 20 {
			code, _ := f.post(t, h, "/.fairgate/appeal/status", posting(t, fmt.Sprintf("FG-%04d-0000-0000-0000-0000-0000-00", i), "", ""))
			require.Equal(t, http.StatusNotFound, code)
		}
		code, _ := f.post(t, h, "/.fairgate/appeal", posting(t, f.receipt("a"), "x", ""))
		require.Equal(t, http.StatusTooManyRequests, code)
		f.now = f.now.Add(11 * time.Minute)
		code, _ = f.post(t, h, "/.fairgate/appeal", posting(t, f.receipt("a"), "x", ""))
		assert.Equal(t, http.StatusCreated, code)
		assert.Equal(t, map[string]int{"filed": 1, "forged": 20, "limited": 1}, f.tried(t))
	})
}

func TestBadPostsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		h, path := f.handler("a"), "/.fairgate/appeal"
		for name, c := range map[string]struct {
			body string
			want int
		}{
			"no JSON":            {"{", http.StatusBadRequest},
			"a list":             {"[]", http.StatusBadRequest},
			"too large":          {posting(t, f.receipt("a"), strings.Repeat("x", 17<<10), ""), http.StatusRequestEntityTooLarge},
			"no text":            {posting(t, f.receipt("a"), " \n ", ""), http.StatusUnprocessableEntity},
			"1,001 characters":   {posting(t, f.receipt("a"), strings.Repeat("字", 1001), ""), http.StatusUnprocessableEntity},
			"an expired one":     {posting(t, f.receipts.Seal("e", f.now.AddDate(0, 0, -31), ingest.Subject{Account: "a"}), "x", ""), http.StatusGone},
			"exactly a thousand": {posting(t, f.receipt("a"), strings.Repeat("字", 1000), ""), http.StatusCreated},
		} {
			code, body := f.post(t, h, path, c.body)
			assert.Equal(t, c.want, code, "%s: %s", name, body)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?receipt=FG-1", http.NoBody))
		assert.Equal(t, "/appeal?receipt=FG-1", w.Header().Get("Location"))
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, path, http.NoBody))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	})
}
