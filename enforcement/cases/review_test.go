package cases_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring/cluster"
)

var secret = []byte("a secret of the audit sample, 32+")

func sampler(t *testing.T, f *fixture, o cases.SampleOptions) *cases.Sampler {
	t.Helper()
	s, err := cases.NewSampler(f.Service, secret, o)
	require.NoError(t, err)
	return s
}

func considered(account string, action ingest.Action, score float64) enforcement.Considered {
	return enforcement.Considered{
		Site: "museum", Account: account, EventID: "e-" + account, Time: start, Action: action, Score: score,
		VisitDay: start.AddDate(0, 0, 3).Truncate(24 * time.Hour),
	}
}

// all draws everybody, a share of them for two reviewers.
func all(twice float64) cases.SampleOptions {
	rates := map[cases.Stratum]float64{}
	for s := range cases.DefaultRates() {
		rates[s] = 1
	}
	return cases.SampleOptions{Rates: rates, Twice: twice, Capacity: math.MaxInt32}
}

func TestTheSampleIsDrawnAtItsRates(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		s := sampler(t, f, cases.SampleOptions{Rates: map[cases.Stratum]float64{cases.AllowedPlain: 0.2, cases.BlockedHigh: 0.5}})
		var decisions []enforcement.Considered
		for i := range 1000 {
			decisions = append(decisions, considered(fmt.Sprintf("plain-%d", i), ingest.Allow, 0))
			if i < 200 {
				decisions = append(decisions, considered(fmt.Sprintf("blocked-%d", i), ingest.Block, 90))
			}
		}
		require.NoError(t, s.Consider(t.Context(), decisions))
		standing, err := f.Sample(t.Context(), "museum")
		require.NoError(t, err)
		require.Len(t, standing.Strata, 2)
		assert.InDelta(t, 200, standing.Strata[0].Drawn, 40)
		assert.InDelta(t, 100, standing.Strata[1].Drawn, 25)

		t.Run("repeats draw nobody else", func(t *testing.T) {
			require.NoError(t, s.Consider(t.Context(), decisions))
			require.NoError(t, sampler(t, f, cases.SampleOptions{Rates: map[cases.Stratum]float64{cases.AllowedPlain: 0.2, cases.BlockedHigh: 0.5}}).
				Consider(t.Context(), decisions), "another process")
			again, err := f.Sample(t.Context(), "museum")
			require.NoError(t, err)
			assert.Equal(t, standing, again)
		})
		t.Run("nobody can be drawn without an account or a site", func(t *testing.T) {
			require.NoError(t, s.Consider(t.Context(), []enforcement.Considered{{Site: "museum", Time: start}, {Account: "a", Time: start}}))
		})
	})
}

func TestAFloodHalvesTheRateAndNotesIt(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		o := all(0.1)
		o.Capacity = 50
		s := sampler(t, f, o)
		for i := range 2000 {
			require.NoError(t, s.Consider(t.Context(), []enforcement.Considered{considered(fmt.Sprintf("farm-%d", i), ingest.Block, 90)}))
		}
		standing, err := f.Sample(t.Context(), "museum")
		require.NoError(t, err)
		assert.Less(t, standing.Strata[0].Drawn, 400, "of 2,000")
		assert.Greater(t, standing.Strata[0].Drawn, 100)
		var least int64
		require.NoError(t, f.db.Read.QueryRowContext(t.Context(), `SELECT MIN(probability) FROM audit_sample`).Scan(&least))
		assert.LessOrEqual(t, least, int64(125_000_000), "the probability is that of the moment")
	})
}

func TestBadSamplersAreRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for name, o := range map[string]cases.SampleOptions{
			"unknown stratum": {Rates: map[cases.Stratum]float64{"odd": 0.1}},
			"rate of zero":    {Rates: map[cases.Stratum]float64{cases.Challenged: 0}},
			"rate above one":  {Rates: map[cases.Stratum]float64{cases.Challenged: 1.1}},
			"rate NaN":        {Rates: map[cases.Stratum]float64{cases.Challenged: math.NaN()}},
			"twice above one": {Twice: 2},
		} {
			_, err := cases.NewSampler(f.Service, secret, o)
			require.ErrorIs(t, err, cases.ErrBadSample, name)
		}
		_, err := cases.NewSampler(f.Service, []byte("short"), cases.SampleOptions{})
		require.ErrorIs(t, err, cases.ErrBadSample)
	})
}

func (f *fixture) queue(t *testing.T, reviewer string) []cases.Task {
	t.Helper()
	list, next, err := f.Queue(t.Context(), cases.TaskFilter{Site: "museum"}, reviewer, "", 100)
	require.NoError(t, err)
	require.Empty(t, next)
	return list
}

func TestDrawnAndFlaggedLookTheSameBeforeAnOpinion(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, sampler(t, f, all(0.1)).Consider(t.Context(), []enforcement.Considered{
			considered("one", ingest.Block, 90), considered("both", ingest.Block, 90),
		}))
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{
			finding(1, "two", ingest.Flag, "odd-rule"), finding(2, "both", ingest.Block, "odd-rule"),
		}))
		tasks := f.queue(t, "ann")
		require.Len(t, tasks, 3, "an account that is drawn and flagged is one task")
		shapes := map[string]bool{}
		for _, task := range tasks {
			v, err := f.View(t.Context(), "museum", task.ID, "ann")
			require.NoError(t, err)
			data, err := json.Marshal(v)
			require.NoError(t, err)
			var fields map[string]any
			require.NoError(t, json.Unmarshal(data, &fields))
			var names []string
			for _, n := range []string{"id", "subject", "opened_at", "due_at", "judged", "case", "accounts", "orders", "opinions", "notes"} {
				if _, ok := fields[n]; ok {
					names = append(names, n)
				}
			}
			require.Len(t, fields, len(names), "no other field: %s", data)
			shapes[fmt.Sprint(names)] = true
			for _, word := range []string{"odd-rule", "verdict", "score", "rule", "block", "flag", "stratum", "probability", "severity"} {
				assert.NotContains(t, string(data), `"`+word, "%s", data)
			}
		}
		assert.Len(t, shapes, 1, "nothing tells them apart")
	})
}

func TestAnOpinionOpensTheViewAndLabelsTheDrawn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, sampler(t, f, all(0.0001)).Consider(t.Context(), []enforcement.Considered{considered("a", ingest.Block, 90)}))
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "a", ingest.Block, "odd")}))
		task := f.queue(t, "ann")[0]
		blind, err := f.Blind(t.Context(), "museum", "a", "ann")
		require.NoError(t, err)
		require.True(t, blind)
		require.NoError(t, f.Judge(t.Context(), task.ID, "ann", enforcement.LabelHuman, "a family"))
		require.ErrorIs(t, f.Judge(t.Context(), task.ID, "ann", enforcement.LabelScalper, ""), cases.ErrDecided)
		v, err := f.View(t.Context(), "museum", task.ID, "ann")
		require.NoError(t, err)
		require.NotNil(t, v.Case)
		assert.Equal(t, "odd", v.Case.Evidence[0].Hits[0].Rule)
		other, err := f.View(t.Context(), "museum", task.ID, "bob")
		require.NoError(t, err)
		assert.Nil(t, other.Case, "for another reviewer it is still blind")
		labels, err := f.Labels(t.Context(), "museum", "a")
		require.NoError(t, err)
		require.Len(t, labels, 1)
		assert.Equal(t, enforcement.SourceSample, labels[0].Source)
		assert.InDelta(t, 1, labels[0].Inclusion, 1e-9)
		assert.Equal(t, enforcement.Week(start), labels[0].Week)
		assert.Equal(t, start.AddDate(0, 0, 3).Truncate(24*time.Hour), labels[0].VisitDay)
		for reviewer, want := range map[string]bool{"ann": false, "bob": true} {
			blind, err = f.Blind(t.Context(), "museum", "a", reviewer)
			require.NoError(t, err)
			assert.Equal(t, want, blind, reviewer)
		}
		_, err = f.Confirm(t.Context(), task.ID, "ann", "a farm")
		require.NoError(t, err)
		blind, err = f.Blind(t.Context(), "museum", "a", "bob")
		require.NoError(t, err)
		assert.False(t, blind, "it was judged and decided")
	})
}

func TestATenthIsJudgedTwice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, sampler(t, f, all(1)).Consider(t.Context(), []enforcement.Considered{
			considered("a", ingest.Allow, 0), considered("b", ingest.Allow, 0), considered("c", ingest.Allow, 0),
		}))
		says := map[string][2]enforcement.LabelValue{
			"a": {enforcement.LabelHuman, enforcement.LabelHuman},
			"b": {enforcement.LabelScalper, enforcement.LabelScalper},
			"c": {enforcement.LabelHuman, enforcement.LabelScalper},
		}
		for i, reviewer := range []string{"ann", "bob"} {
			tasks := f.queue(t, reviewer)
			require.Len(t, tasks, 3, reviewer)
			for _, task := range tasks {
				require.NoError(t, f.Judge(t.Context(), task.ID, reviewer, says[task.Target.Key][i], ""))
			}
			assert.Empty(t, f.queue(t, reviewer))
			f.now = f.now.Add(time.Minute)
		}
		assert.Empty(t, f.queue(t, "cid"))
		standing, err := f.Sample(t.Context(), "museum")
		require.NoError(t, err)
		assert.Equal(t, 3, standing.Agreement.Pairs)
		assert.InDelta(t, 66.67, standing.Agreement.Percent, 0.01)
		assert.InDelta(t, 0.4, standing.Agreement.Kappa, 1e-9)
		labels, err := f.Labels(t.Context(), "museum", "c")
		require.NoError(t, err)
		assert.Equal(t, enforcement.LabelUnknown, labels[0].Value, "two who differ do not know")
	})
}

func TestKappaOfCohensTable(t *testing.T) {
	h, s := enforcement.LabelHuman, enforcement.LabelScalper
	got := cases.AgreementOf(map[[2]enforcement.LabelValue]int{{h, h}: 20, {h, s}: 5, {s, h}: 10, {s, s}: 15})
	assert.InDelta(t, 70, got.Percent, 1e-9)
	assert.InDelta(t, 0.4, got.Kappa, 1e-9)
	assert.Equal(t, cases.Agreement{}, cases.AgreementOf(nil))
	assert.InDelta(t, 1, cases.AgreementOf(map[[2]enforcement.LabelValue]int{{h, h}: 4}).Kappa, 1e-9)
}

func TestTheSecondOfTwoDecidersHasAConflict(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "a", ingest.Block, "odd")}))
		c := f.open(t, "a")
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, d := range []cases.Decision{
			{Verb: cases.DecideConfirm, Version: c.Version, Reason: "a farm", Actor: "ann"},
			{Verb: cases.DecideClear, Version: c.Version, Reason: "a family", Actor: "bob"},
		} {
			wg.Go(func() { _, errs[i] = f.Decide(t.Context(), c.ID, d) })
		}
		wg.Wait()
		first := 0
		if errs[0] != nil {
			first = 1
		}
		require.NoError(t, errs[first])
		var conflict *cases.ConflictError
		require.ErrorAs(t, errs[1-first], &conflict)
		require.ErrorIs(t, errs[1-first], cases.ErrDecided)
		assert.Equal(t, []string{"ann", "bob"}[first], conflict.By)
		v, err := f.View(t.Context(), "museum", c.ID, "cid")
		require.NoError(t, err)
		require.Len(t, v.Notes, 1, "the second one's reason is kept")
		assert.Equal(t, []string{"ann", "bob"}[1-first], v.Notes[0].Author)
	})
}

func TestClearingExceptsAndMayBeRepeated(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "a", ingest.Block, "odd")}))
		c := f.open(t, "a")
		d := cases.Decision{Verb: cases.DecideClear, Version: c.Version, Reason: "a family", Actor: "ann", ExceptDays: 7}
		for range 2 {
			out, err := f.Decide(t.Context(), c.ID, d)
			require.NoError(t, err)
			assert.Equal(t, []string{"odd"}, out.Excepted)
			assert.Equal(t, 1, out.Cleared.Lifted)
		}
		require.NotEmpty(t, f.excepted)
		assert.Equal(t, f.now.Add(7*24*time.Hour), f.excepted[0].Expires)
		assert.Equal(t, "odd", f.excepted[0].Rule)
		d.Actor = "bob"
		_, err := f.Decide(t.Context(), c.ID, d)
		require.ErrorIs(t, err, cases.ErrDecided)
	})
}

func TestBadDecisionsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "a", ingest.Block, "odd")}))
		c := f.open(t, "a")
		for name, d := range map[string]cases.Decision{
			"unknown verb":           {Verb: "forget", Reason: "x", Actor: "ann"},
			"no actor":               {Verb: cases.DecideClear, Reason: "x"},
			"no reason":              {Verb: cases.DecideClear, Actor: "ann"},
			"exception too long":     {Verb: cases.DecideClear, Reason: "x", Actor: "ann", ExceptDays: 185},
			"exception and confirm":  {Verb: cases.DecideConfirm, Reason: "x", Actor: "ann", ExceptDays: 1},
			"negative exception":     {Verb: cases.DecideClear, Reason: "x", Actor: "ann", ExceptDays: -1},
			"reason beyond all size": {Verb: cases.DecideClear, Reason: string(make([]byte, cases.MaxNote+1)), Actor: "ann"},
		} {
			_, err := f.Decide(t.Context(), c.ID, d)
			require.ErrorIs(t, err, cases.ErrBadInput, name)
		}
		_, err := f.Decide(t.Context(), "nobody", cases.Decision{Verb: cases.DecideWatch, Reason: "x", Actor: "ann"})
		require.ErrorIs(t, err, cases.ErrNotFound)
		require.ErrorIs(t, f.Judge(t.Context(), c.ID, "", enforcement.LabelHuman, ""), cases.ErrBadInput)
		require.ErrorIs(t, f.Judge(t.Context(), c.ID, "ann", "perhaps", ""), cases.ErrBadInput)
		require.ErrorIs(t, f.Judge(t.Context(), "nobody", "ann", enforcement.LabelHuman, ""), cases.ErrNotFound)
		_, _, err = f.Queue(t.Context(), cases.TaskFilter{}, "ann", "made up", 10)
		require.ErrorIs(t, err, cases.ErrBadInput)
		_, _, err = f.Queue(t.Context(), cases.TaskFilter{}, "ann", "", 501)
		require.ErrorIs(t, err, cases.ErrBadInput)
		assert.Equal(t, cases.Open, f.open(t, "a").State)
	})
}

func TestABulkDecisionTouchesWhatWasShown(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		var ids []string
		for i := range 4 {
			account := fmt.Sprintf("a%d", i)
			require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(i, account, ingest.Flag, "odd")}))
			ids = append(ids, f.open(t, account).ID)
		}
		p, err := f.Preview(t.Context(), "museum", ids[:3], cases.DecideClear, 7, "ann")
		require.NoError(t, err)
		assert.Equal(t, 3, p.Count)
		require.Len(t, p.Cases, 3)
		for name, try := range map[string]func() error{
			"another count":  func() error { _, err := f.DecideAll(t.Context(), p.Token, 4, "ann", "x"); return err },
			"another person": func() error { _, err := f.DecideAll(t.Context(), p.Token, 3, "bob", "x"); return err },
			"a guess":        func() error { _, err := f.DecideAll(t.Context(), "0123", 3, "ann", "x"); return err },
		} {
			require.ErrorIs(t, try(), cases.ErrPreview, name)
		}
		_, err = f.Decide(t.Context(), ids[0], cases.Decision{Verb: cases.DecideConfirm, Version: 0, Reason: "meanwhile", Actor: "bob"})
		require.NoError(t, err)
		done, err := f.DecideAll(t.Context(), p.Token, 3, "ann", "families")
		require.NoError(t, err)
		assert.Equal(t, []string{ids[0]}, done.Conflicts)
		assert.ElementsMatch(t, ids[1:3], done.Done)
		assert.Equal(t, cases.Open, f.open(t, "a3").State, "it was not shown")
		_, err = f.DecideAll(t.Context(), p.Token, 3, "ann", "again")
		require.ErrorIs(t, err, cases.ErrPreview, "a token works once")
		late, err := f.Preview(t.Context(), "museum", ids[3:], cases.DecideClear, 0, "ann")
		require.NoError(t, err)
		f.now = f.now.Add(cases.PreviewLife + time.Second)
		_, err = f.DecideAll(t.Context(), late.Token, 1, "ann", "late")
		require.ErrorIs(t, err, cases.ErrPreview)
		_, err = f.Preview(t.Context(), "museum", make([]string, 0), cases.DecideClear, 0, "ann")
		require.ErrorIs(t, err, cases.ErrBadInput)
		_, err = f.Preview(t.Context(), "zoo", ids[3:], cases.DecideClear, 0, "ann")
		require.ErrorIs(t, err, cases.ErrNotFound)
		_, err = f.Preview(t.Context(), "museum", ids[:1], cases.DecideClear, 0, "ann")
		require.ErrorIs(t, err, cases.ErrDecided)
	})
}

// groups are clusters that a test writes down.
type groups struct {
	size    int
	members []string
	notYet  bool
}

func (g groups) Ready() bool { return !g.notYet }

func (g groups) Of(string, time.Time) (cluster.State, bool) {
	return cluster.State{ID: "c1", Size: g.size}, g.size > 0
}

func (g groups) Members(_ string, limit int) []string { return g.members[:min(limit, len(g.members))] }

// TestAConfirmedScalperHasNeighboursLookedAtAndNothingElse is about families, a
// teacher's class and a community centre (H2, H3, H7): their accounts belong to
// one cluster, and one of them turns out to be a scalper's.
func TestAConfirmedScalperHasNeighboursLookedAtAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "bad", ingest.Block, "odd")}))
		c := f.open(t, "bad")
		_, err := f.Decide(t.Context(), c.ID, cases.Decision{Verb: cases.DecideConfirm, Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		family := groups{size: 4, members: []string{"bad", "mother", "father", "child"}}
		n, err := f.Raise(t.Context(), groups{notYet: true})
		require.NoError(t, err)
		assert.Zero(t, n, "before the clusters are known nothing is forgotten")
		for range 2 {
			_, err = f.Raise(t.Context(), family)
			require.NoError(t, err)
		}
		list, _, err := f.Service.List(t.Context(), cases.Filter{Entity: rules.EntityCluster}, "", 10)
		require.NoError(t, err)
		require.Len(t, list, 1, "one case of the cluster")
		require.NoError(t, f.Judge(t.Context(), list[0].ID, "ann", enforcement.LabelUnknown, ""))
		v, err := f.View(t.Context(), "museum", list[0].ID, "ann")
		require.NoError(t, err)
		require.Len(t, v.Accounts, 4)
		assert.Equal(t, cases.Linked{Account: "bad", Why: cases.WhyConfirmed, At: v.Accounts[0].At}, v.Accounts[0])
		for _, neighbour := range family.members[1:] {
			labels, err := f.Labels(t.Context(), "museum", neighbour)
			require.NoError(t, err)
			assert.Empty(t, labels, neighbour)
			standing, err := f.StandingOf(t.Context(), "museum", enforcement.Target{Entity: rules.EntityAccount, Key: neighbour})
			require.NoError(t, err)
			assert.Empty(t, standing.Blocks, neighbour)
			assert.Nil(t, standing.Case, neighbour)
		}
		_, err = f.Decide(t.Context(), list[0].ID, cases.Decision{Verb: cases.DecideClear, Version: list[0].Version, Reason: "a family", Actor: "bob"})
		require.NoError(t, err)
		assert.Empty(t, f.cleared, "clearing a cluster lifts nothing of its accounts")
	})
}

func TestAClusterOfAMillionIsBounded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "bad", ingest.Block, "odd")}))
		_, err := f.Decide(t.Context(), f.open(t, "bad").ID, cases.Decision{Verb: cases.DecideConfirm, Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		million := groups{size: 1_000_000, members: make([]string, 1_000_000)}
		for i := range million.members {
			million.members[i] = fmt.Sprintf("m%d", i)
		}
		_, err = f.Raise(t.Context(), million)
		require.NoError(t, err)
		var n int
		require.NoError(t, f.db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM case_accounts`).Scan(&n))
		assert.LessOrEqual(t, n, 201)
		// Findings about more of its accounts extend the one case within the bound.
		for i := range 300 {
			more := finding(1000+i, fmt.Sprintf("x%d", i), ingest.Flag, "odd")
			more.Cluster = "c1"
			require.NoError(t, f.Record(t.Context(), []enforcement.Finding{more}))
		}
		require.NoError(t, f.db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM case_accounts`).Scan(&n))
		assert.LessOrEqual(t, n, 201)
	})
}

func TestThreeOpenCasesOfAClusterOpenItsOwn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 4 {
			one := finding(i, fmt.Sprintf("a%d", i), ingest.Flag, "odd")
			one.Cluster = "c9"
			require.NoError(t, f.Record(t.Context(), []enforcement.Finding{one}))
			list, _, err := f.Service.List(t.Context(), cases.Filter{Entity: rules.EntityCluster}, "", 10)
			require.NoError(t, err)
			require.Len(t, list, map[bool]int{true: 1, false: 0}[i >= 2], "after %d", i+1)
		}
		var n int
		require.NoError(t, f.db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM case_accounts`).Scan(&n))
		assert.Equal(t, 4, n)
	})
}

func TestRetentionForgetsWhatIsSettled(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, sampler(t, f, all(0.1)).Consider(t.Context(), []enforcement.Considered{considered("s", ingest.Allow, 0)}))
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{
			finding(1, "decided", ingest.Block, "odd"), finding(2, "waiting", ingest.Block, "odd"),
		}))
		_, err := f.Decide(t.Context(), f.open(t, "decided").ID, cases.Decision{Verb: cases.DecideConfirm, Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		f.now = f.now.AddDate(0, 0, 189)
		require.NoError(t, f.Prune(t.Context()))
		f.open(t, "decided")
		f.now = f.now.AddDate(0, 0, 2)
		require.NoError(t, f.Prune(t.Context()))
		list, _, err := f.Service.List(t.Context(), cases.Filter{}, "", 10)
		require.NoError(t, err)
		require.Len(t, list, 1, "an open case is kept, whatever its age")
		assert.Equal(t, "waiting", list[0].Target.Key)
		labels, err := f.Labels(t.Context(), "museum", "decided")
		require.NoError(t, err)
		assert.Empty(t, labels)
		standing, err := f.Sample(context.WithoutCancel(t.Context()), "museum")
		require.NoError(t, err)
		assert.Empty(t, standing.Strata)
	})
}
