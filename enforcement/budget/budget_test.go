package budget_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

var at = time.Date(2026, 5, 1, 8, 10, 0, 0, time.UTC)

// house is the budgets of a museum whose clock stands.
type house struct {
	t    *testing.T
	db   *sqldb.DB
	s    *budget.Service
	curb *enforcement.Curb
	now  time.Time
	logs bytes.Buffer
	reg  *prometheus.Registry
}

func build(t *testing.T, db *sqldb.DB, o budget.Options) *house {
	t.Helper()
	h := &house{t: t, db: db, curb: &enforcement.Curb{}, now: at, reg: prometheus.NewPedanticRegistry()}
	o.Now = func() time.Time { return h.now }
	o.Curb, o.Registry = h.curb, h.reg
	o.Logger = slog.New(slog.NewTextHandler(&h.logs, nil))
	var err error
	h.s, err = budget.New(t.Context(), db, "museum", o)
	require.NoError(t, err)
	require.NoError(t, h.s.Use(program(t, "account_orders_1m > 5", "ana")))
	return h
}

// program has one rule that blocks.
func program(t *testing.T, when, owner string) *rules.Program {
	t.Helper()
	p, err := rules.Load("museum.yaml", []byte(`
name: museum
features:
  - name: account_orders_1m
    entity: account
    events: [order.submit]
    window: 1m
    aggregate: count
rules:
  - id: bad
    when: `+when+`
    on: account
    action: block
    ttl: 1h
    owner: `+owner+`
    reason: pace
    messages: {zh: 太快, en: too fast}
`), rules.Options{})
	require.NoError(t, err)
	return p
}

// people makes n accounts that were checked in.
func (h *house) people(prefix string, n int) []string {
	h.t.Helper()
	names := make([]string, n)
	evidence := make([]budget.Testimony, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", prefix, i)
		evidence[i] = budget.Testimony{Site: "museum", Account: names[i], Kind: budget.CheckedIn, At: at.Add(-72 * time.Hour)}
	}
	require.NoError(h.t, h.s.Note(h.t.Context(), evidence))
	return names
}

type change func(*enforcement.Sighting)

func cluster(name string) change      { return func(s *enforcement.Sighting) { s.Cluster = name } }
func when(t time.Time) change         { return func(s *enforcement.Sighting) { s.Time = t } }
func seen(s *enforcement.Sighting)    { s.Blocks, s.Flagged = nil, false }
func flagged(s *enforcement.Sighting) { s.Blocks, s.Flagged = nil, true }
func unmet(s *enforcement.Sighting)   { seen(s); s.Challenge = enforcement.ChallengeUnmet }
func met(s *enforcement.Sighting)     { seen(s); s.Challenge = enforcement.ChallengeMet }
func rule(ids ...string) change       { return func(s *enforcement.Sighting) { s.Blocks = ids } }

// blocked is an account that the bad rule blocks.
func blocked(account string, changes ...change) enforcement.Sighting {
	s := enforcement.Sighting{
		Site: "museum", Account: account, EventID: "e-" + account, Time: at, Ruleset: "v1", Flagged: true, Blocks: []string{"bad"},
	}
	for _, c := range changes {
		c(&s)
	}
	return s
}

func (h *house) spend(seen ...enforcement.Sighting) {
	h.t.Helper()
	require.NoError(h.t, h.s.Spend(h.t.Context(), seen))
}

func (h *house) budget(id string) budget.Budget {
	h.t.Helper()
	list, err := h.s.List(h.t.Context())
	require.NoError(h.t, err)
	for _, b := range list {
		if b.Rule == id {
			require.True(h.t, b.State.Valid())
			return b
		}
	}
	h.t.Fatalf("no budget of %s", id)
	return budget.Budget{}
}

func each(t *testing.T, o budget.Options, test func(t *testing.T, h *house)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, build(t, db, o)) })
}

// step does what Run does every few seconds.
func (h *house) step() {
	h.t.Helper()
	require.NoError(h.t, h.s.Tend(h.t.Context()))
}

// gauge reads a metric by its labels.
func (h *house) gauge(name string) map[string]float64 {
	h.t.Helper()
	families, err := h.reg.Gather()
	require.NoError(h.t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			if f.GetName() == name {
				values[strings.Join(labels, " ")] = m.GetGauge().GetValue()
			}
		}
	}
	return values
}

func TestFourthPersonOfAnHourTurnsARuleDown(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		people := h.people("p", 5)
		h.step()
		for i, p := range people[:3] {
			h.spend(blocked(p))
			assert.Equal(t, i+1, h.budget("bad").Used)
			assert.False(t, h.curb.On("bad"), "%d people are within the budget", i+1)
		}
		h.spend(blocked(people[0]), blocked(people[1]), blocked(people[2]))
		assert.Equal(t, 3, h.budget("bad").Used, "delivered again they are the same three")
		assert.Empty(t, h.logs.String())

		h.spend(blocked(people[3]))
		assert.True(t, h.curb.On("bad"))
		b := h.budget("bad")
		require.NotNil(t, b.Down)
		assert.Equal(t, budget.StateDown, b.State)
		assert.Equal(t, []any{4, 3, 4, "ana", at}, []any{b.Down.Used, b.Down.Allowed, b.Down.Active, b.Down.Owner, b.Down.Since})
		assert.Contains(t, h.logs.String(), "level=ERROR")
		assert.Contains(t, h.logs.String(), "owner=ana")
		h.logs.Reset()
		h.spend(blocked(people[4]))
		assert.Empty(t, h.logs.String(), "its owner is told once")
		h.step()
		assert.Equal(t, map[string]float64{"owner=ana rule=bad": 1}, h.gauge("fairgate_enforcement_rule_turned_down"))
		assert.InDelta(t, 5.0/3, h.gauge("fairgate_enforcement_budget_used_ratio")["rule=bad"], 1e-9)
	})
}

func TestAFarmOfYoungAccountsExhaustsNothing(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		batch := make([]enforcement.Sighting, 0, 200)
		for i := range 10_000 {
			batch = append(batch, blocked(fmt.Sprintf("farm%d", i)))
			if len(batch) == cap(batch) {
				h.spend(batch...)
				batch = batch[:0]
			}
		}
		assert.False(t, h.curb.On("bad"))
		h.step()
		b := h.budget("bad")
		assert.Equal(t, []any{budget.StateOpen, 0, 0, 3}, []any{b.State, b.Used, b.Active, b.Allowed})
	})
}

func TestBudgetIsAShareOfWhoIsActive(t *testing.T) {
	each(t, budget.Options{Share: 0.01}, func(t *testing.T, h *house) {
		people := h.people("p", 500)
		for _, p := range people {
			h.spend(blocked(p, seen))
		}
		for i, p := range people[:6] {
			h.spend(blocked(p))
			assert.Equal(t, i >= 5, h.curb.On("bad"), "%d of 500", i+1)
		}
	})
	each(t, budget.Options{Share: 0.01}, func(t *testing.T, h *house) {
		people := h.people("p", 500)
		for _, p := range people {
			h.spend(blocked(p, seen, when(at.Add(-time.Hour))))
		}
		for _, p := range people[:5] {
			h.spend(blocked(p))
		}
		assert.False(t, h.curb.On("bad"), "an hour that has only begun goes by the one before")
		h.spend(blocked(people[5]))
		assert.True(t, h.curb.On("bad"))
	})
}

func TestAClusterCountsOnce(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		for _, p := range h.people("p", 20) {
			h.spend(blocked(p, cluster("c7")))
		}
		h.step()
		assert.Equal(t, 1, h.budget("bad").Used)
		assert.Equal(t, 1, h.budget("bad").Active)
		lone := h.people("lone", 3)
		h.spend(blocked(lone[0]), blocked(lone[0], cluster("c8")))
		assert.Equal(t, 2, h.budget("bad").Used, "whose cluster becomes known in the hour is no second person")
		h.spend(blocked(lone[1]), blocked(lone[2]))
		assert.True(t, h.curb.On("bad"))
	})
}

func TestHoursAndRulesHaveBudgetsOfTheirOwn(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		people := h.people("p", 6)
		for i, p := range people {
			h.spend(blocked(p, when(at.Add(time.Duration(i%2)*time.Hour)), rule("bad", "worse")))
		}
		assert.False(t, h.curb.On("bad"))
		h.spend(blocked(people[0], when(at.Add(time.Hour)), rule("worse")))
		assert.True(t, h.curb.On("worse"))
		assert.False(t, h.curb.On("bad"))
	})
}

func TestEvidence(t *testing.T) {
	long := at.Add(-40 * 24 * time.Hour)
	day := func(n int) change { return when(long.Add(time.Duration(n) * 24 * time.Hour)) }
	old := []enforcement.Sighting{blocked("x", seen, day(0)), blocked("x", seen, day(1)), blocked("x", seen, day(2))}
	said := func(kind budget.Evidence, ago time.Duration) budget.Testimony {
		return budget.Testimony{Site: "museum", Account: "x", Kind: kind, At: at.Add(-ago)}
	}
	tests := []struct {
		name     string
		evidence []budget.Testimony
		before   []enforcement.Sighting
		want     bool
	}{
		{name: "nothing"},
		{name: "checked in", evidence: []budget.Testimony{said(budget.CheckedIn, time.Hour)}, want: true},
		{name: "cleared", evidence: []budget.Testimony{said(budget.Cleared, time.Hour)}, want: true},
		{name: "human by the sample", evidence: []budget.Testimony{said(budget.Human, time.Hour)}, want: true},
		{name: "a scalper who was checked in", evidence: []budget.Testimony{said(budget.CheckedIn, time.Hour), said(budget.Scalper, 9*time.Hour)}},
		{name: "cleared after all", evidence: []budget.Testimony{said(budget.Scalper, 9*time.Hour), said(budget.Cleared, time.Hour)}, want: true},
		{name: "found out after all", evidence: []budget.Testimony{said(budget.Cleared, 9*time.Hour), said(budget.Scalper, time.Hour)}},
		{name: "another site's", evidence: []budget.Testimony{{Site: "zoo", Account: "x", Kind: budget.CheckedIn, At: at}}},
		{name: "long unflagged", before: old, want: true},
		{name: "long known and seen on two days", before: old[:2]},
		{name: "seen on three days of this week", before: []enforcement.Sighting{blocked("x", seen, day(37)), blocked("x", seen, day(38)), blocked("x", seen, day(39))}},
		{name: "flagged last week", before: append(old[:3:3], blocked("x", flagged, day(33)))},
		{name: "flagged before that", before: append(old[:3:3], blocked("x", flagged, day(5))), want: true},
		{name: "flagged in this very hour", before: append(old[:3:3], blocked("x", flagged, when(at.Add(-time.Minute)))), want: true},
		{name: "and last week", before: append(old[:3:3], blocked("x", flagged, day(33)), blocked("x", flagged, when(at.Add(-time.Minute))))},
		{name: "a challenge not met", before: append(old[:3:3], blocked("x", unmet, day(33)))},
		{name: "and met then", before: append(old[:3:3], blocked("x", unmet, day(33)), blocked("x", met, day(33))), want: true},
	}
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				require.NoError(t, h.s.Erase(t.Context(), "museum", "x"))
				require.NoError(t, h.s.Erase(t.Context(), "zoo", "x"))
				if len(tt.evidence) > 0 {
					require.NoError(t, h.s.Note(t.Context(), tt.evidence))
					require.NoError(t, h.s.Note(t.Context(), tt.evidence), "delivered again")
				}
				h.spend(tt.before...)
				h.spend(blocked("x"))
				h.spend(blocked("x")) // a repeat finds what the first saw
				want := 0
				if tt.want {
					want = 1
				}
				used := 0
				for _, b := range mustList(t, h) {
					used += b.Used
				}
				assert.Equal(t, want, used)
			})
		}
	})
}

func TestPeopleAreCounted(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		known := h.people("p", 1200) // more than are looked up at once
		require.NoError(t, h.s.Note(t.Context(), []budget.Testimony{{Site: "museum", Account: "p7", Kind: budget.Scalper, At: at}}))
		n, err := h.s.People(t.Context(), "museum", append(known, "unheard of"))
		require.NoError(t, err)
		assert.Equal(t, 1199, n)
		n, err = h.s.People(t.Context(), "zoo", known)
		require.NoError(t, err)
		assert.Zero(t, n, "of another site")
	})
}

func mustList(t *testing.T, h *house) []budget.Budget {
	t.Helper()
	h.step()
	list, err := h.s.List(t.Context())
	require.NoError(t, err)
	return list
}

func TestBadEvidenceIsRefusedWhole(t *testing.T) {
	h := build(t, sqldbtest.SQLite(t), budget.Options{})
	good := budget.Testimony{Site: "museum", Account: "x", Kind: budget.CheckedIn, At: at}
	for name, bad := range map[string]budget.Testimony{
		"no site":     {Account: "x", Kind: budget.CheckedIn, At: at},
		"no account":  {Site: "museum", Kind: budget.CheckedIn, At: at},
		"long":        {Site: "museum", Account: strings.Repeat("x", 257), Kind: budget.CheckedIn, At: at},
		"zero byte":   {Site: "museum", Account: "x\x00", Kind: budget.CheckedIn, At: at},
		"no such way": {Site: "museum", Account: "x", Kind: "booked", At: at},
		"no time":     {Site: "museum", Account: "x", Kind: budget.CheckedIn},
	} {
		err := h.s.Note(t.Context(), []budget.Testimony{good, bad})
		require.ErrorIs(t, err, budget.ErrBadInput, name)
		assert.Contains(t, err.Error(), "testimony 1", name)
	}
	h.spend(blocked("x"))
	h.step()
	assert.Zero(t, h.budget("bad").Used)
	require.ErrorIs(t, h.s.Erase(t.Context(), "museum", ""), budget.ErrBadInput)
}

func TestLiftTakesAnotherPersonAndBeginsAnew(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		h.step()
		people := h.people("p", 12)
		for _, p := range people[:4] {
			h.spend(blocked(p))
		}
		require.True(t, h.curb.On("bad"))
		_, err := h.s.Lift(t.Context(), "bad", "ana", "it is fine")
		require.ErrorIs(t, err, budget.ErrOwner)
		require.NoError(t, h.s.Use(program(t, "account_orders_1m > 5", "bob")))
		h.step()
		for _, owner := range []string{"ana", "bob"} {
			_, err = h.s.Lift(t.Context(), "bad", owner, "it is fine")
			require.ErrorIs(t, err, budget.ErrOwner, "neither who owned it then nor who does now")
		}
		_, err = h.s.Lift(t.Context(), "bad", "root", "")
		require.ErrorIs(t, err, budget.ErrBadInput)
		_, err = h.s.Lift(t.Context(), "good", "root", "by mistake")
		require.ErrorIs(t, err, budget.ErrNotDown)
		h.step()
		require.True(t, h.curb.On("bad"), "nothing was changed")

		h.now = h.now.Add(time.Second)
		d, err := h.s.Lift(t.Context(), "bad", "root", "they were a school class with a bot")
		require.NoError(t, err)
		assert.Equal(t, []any{"root", h.now}, []any{d.LiftedBy, d.LiftedAt})
		h.step()
		assert.False(t, h.curb.On("bad"))
		_, err = h.s.Lift(t.Context(), "bad", "root", "again")
		require.ErrorIs(t, err, budget.ErrNotDown)
		b := h.budget("bad")
		assert.Equal(t, []any{budget.StateOpen, 0, 1}, []any{b.State, b.Used, len(b.Before)})

		h.now = h.now.Add(time.Second)
		for i, p := range people[4:8] {
			h.spend(blocked(p))
			assert.Equal(t, i == 3, h.curb.On("bad"), "the budget began anew")
		}
	})
}

func TestANewContentHasABudgetOfItsOwn(t *testing.T) {
	each(t, budget.Options{}, func(t *testing.T, h *house) {
		h.step()
		people := h.people("p", 8)
		for _, p := range people[:4] {
			h.spend(blocked(p))
		}
		require.True(t, h.curb.On("bad"))
		require.NoError(t, h.s.Use(program(t, "account_orders_1m > 9", "ana")))
		h.step()
		assert.False(t, h.curb.On("bad"), "the rule says something else now")
		assert.Equal(t, budget.StateSuperseded, h.budget("bad").State)
		h.spend(blocked(people[4]))
		assert.False(t, h.curb.On("bad"))
		require.NoError(t, h.s.Use(program(t, "account_orders_1m > 5", "eve")))
		h.step()
		assert.True(t, h.curb.On("bad"), "back to what it said, it is turned down still; another owner changes nothing")
	})
}

func TestTurnedDownOutlivesProcessAndDatabase(t *testing.T) {
	path := "sqlite:" + filepath.Join(t.TempDir(), "budget.db")
	open := func() *sqldb.DB {
		db, err := sqldb.Open(t.Context(), path, sqldb.Options{})
		require.NoError(t, err)
		return db
	}
	db := open()
	h := build(t, db, budget.Options{})
	for _, p := range h.people("p", 4) {
		h.spend(blocked(p))
	}
	require.NoError(t, db.Close())

	db = open()
	now := func() time.Time { return at }
	file := filepath.Join(t.TempDir(), "spool", "turned-down")
	var curb enforcement.Curb
	f := budget.NewFollower(db, "museum", file, now)
	changed, err := f.Look(t.Context(), &curb)
	require.NoError(t, err)
	assert.True(t, changed && curb.On("bad"))
	changed, err = budget.NewFollower(db, "zoo", "", now).Look(t.Context(), &enforcement.Curb{})
	require.NoError(t, err)
	assert.False(t, changed, "another site's rules are its own affair")
	require.NoError(t, db.Close())

	_, err = f.Look(t.Context(), &curb)
	require.Error(t, err)
	assert.True(t, curb.On("bad"), "while SQL is away the last known stand")
	var started enforcement.Curb
	changed, err = budget.NewFollower(db, "museum", file, now).Look(t.Context(), &started)
	require.Error(t, err)
	assert.True(t, changed && started.On("bad"), "a gateway started meanwhile begins where the site was")
	require.NoError(t, os.WriteFile(file, []byte("[1"), 0o600))
	var third enforcement.Curb
	_, err = budget.NewFollower(db, "museum", file, now).Look(t.Context(), &third)
	require.Error(t, err)
	assert.False(t, third.On("bad"), "a note that cannot be read says nothing")

	err = h.s.Spend(t.Context(), []enforcement.Sighting{blocked("p9")})
	require.Error(t, err, "what cannot be noted is delivered again")
}

func TestPruneForgetsWhatIsOld(t *testing.T) {
	each(t, budget.Options{Keep: 48 * time.Hour}, func(t *testing.T, h *house) {
		h.step()
		h.people("p", 4)
		for i := range 4 {
			h.spend(blocked(fmt.Sprint("p", i)))
		}
		require.NoError(t, h.s.Prune(t.Context()))
		count := func(table string) (n int) {
			require.NoError(t, h.db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n))
			return n
		}
		assert.Equal(t, []int{4, 4}, []int{count("budget_active"), count("budget_history")})
		assert.Zero(t, count("budget_evidence"), "three days old, kept for two")
		h.now = at.Add(100 * time.Hour)
		require.NoError(t, h.s.Prune(t.Context()))
		assert.Equal(t, []int{0, 0, 0, 1}, []int{count("budget_active"), count("budget_spent"), count("budget_history"), count("budget_down")})
		h.step()
		assert.True(t, h.curb.On("bad"), "time lifts nothing")
	})
}
