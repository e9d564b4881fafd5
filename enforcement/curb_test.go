package enforcement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestACurbIsNothingUntilItIsSet(t *testing.T) {
	var none *enforcement.Curb
	assert.False(t, none.On("r"))
	var c enforcement.Curb
	assert.False(t, c.On("r"))
	assert.False(t, c.Set(nil), "still nothing")
	assert.True(t, c.Set([]string{"r", "q"}))
	assert.False(t, c.Set([]string{"q", "r"}), "the same")
	assert.True(t, c.On("r") && c.On("q") && !c.On("s"))
	assert.True(t, c.Set([]string{}))
	assert.False(t, c.On("r"))
}

func TestTheGatewayChallengesWhereARuleIsTurnedDown(t *testing.T) {
	var curb enforcement.Curb
	engine := &engine{result: scoring.Result{Hits: []ingest.Hit{hit("r", ingest.Block, "account", "a")}}}
	screener := enforcement.NewScreener(engine, passes{}, enforcement.ScreenerOptions{Curb: &curb})
	screen := func(pass string) ingest.Decision {
		return screener.Screen(t.Context(), event(), ingest.Policy{FailMode: ingest.FailDegraded, Pass: pass})
	}
	assert.Equal(t, ingest.Block, screen("").Action)
	curb.Set([]string{"r"})
	d := screen("")
	assert.Equal(t, ingest.Challenge, d.Action)
	assert.Equal(t, ingest.Challenge, d.Hits[0].Action, "the record says what was done")
	assert.NotEmpty(t, d.Receipt)
	engine.result.Burnt = true
	d = screen("good")
	assert.True(t, d.Passed && d.Action == ingest.Allow, "who meets it is let through")
	engine.result.Degraded = true
	assert.Equal(t, ingest.Challenge, screen("").Action, "degraded too")
	engine.result.Hits = append(engine.result.Hits, hit("q", ingest.Block, "account", "a"))
	assert.Equal(t, ingest.Block, screen("").Action, "another rule blocks still")
	engine.result = scoring.Result{Marks: []scoring.Mark{mark(t, "account", "a", enforcement.Mark{Entries: []enforcement.MarkEntry{deny("rule")}})}}
	assert.Equal(t, ingest.Block, screen("").Action, "what stands is left")
	curb.Set(nil)
	assert.Equal(t, ingest.Block, screen("").Action)
}

// guarded is a house whose enforcer has a budget of three people an hour.
func guarded(t *testing.T, db *sqldb.DB) (*house, *budget.Service, *enforcement.Curb) {
	t.Helper()
	curb := &enforcement.Curb{}
	budgets, err := budget.New(t.Context(), db, "museum", budget.Options{Curb: curb, Now: func() time.Time { return at }})
	require.NoError(t, err)
	return newHouse(t, db, noMarks{}, func(o *enforcement.EnforcerOptions) { o.Budget, o.Curb = budgets, curb }), budgets, curb
}

// visitors makes n accounts of people.
func visitors(t *testing.T, s *budget.Service, n int) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("visitor", i)
		require.NoError(t, s.Note(t.Context(), []budget.Testimony{{Site: "museum", Account: names[i], Kind: budget.CheckedIn, At: at.Add(-time.Hour)}}))
	}
	return names
}

func TestTheEnforcerDeniesNobodyForARuleBeyondItsBudget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, budgets, curb := guarded(t, db)
		people := visitors(t, budgets, 5)
		for _, stage := range []rules.Stage{rules.StageInline, rules.StageAsync} {
			farm := make([]scoring.Verdict, 50)
			for i := range farm {
				farm[i] = verdict(fmt.Sprint("farm", stage, i), fmt.Sprint("farm", i), blockHit(fmt.Sprint("farm", i)))
				farm[i].Stage = stage
			}
			h.deliver(farm...)
		}
		assert.False(t, curb.On("rotation"), "a farm exhausts nothing")
		assert.True(t, h.denied("farm7"))

		for i, p := range people {
			h.bookings.book("order-"+p, p, "held")
			v := verdict("e-"+p, p, blockHit(p))
			v.Stage, v.Decision = rules.StageAsync, ""
			h.deliver(v)
			h.deliver(v)
			assert.Equal(t, i < 3, h.denied(p), "person %d", i+1)
			assert.Equal(t, i >= 3, curb.On("rotation"), "after person %d", i+1)
		}
		h.bookings.mu.Lock()
		assert.Equal(t, "withdrawn", h.bookings.orders["order-visitor2"])
		assert.Equal(t, "held", h.bookings.orders["order-visitor3"])
		h.bookings.mu.Unlock()
		standing, err := h.cases.StandingOf(t.Context(), "museum", enforcement.Target{Entity: "account", Key: "visitor4"})
		require.NoError(t, err)
		assert.Nil(t, standing.Case, "a challenge opens no case")
	})
}

func TestWhatIsExcusedOrObservedCostsNoBudget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, budgets, curb := guarded(t, db)
		people := visitors(t, budgets, 12)
		for i, p := range people {
			v := verdict("e-"+p, p, blockHit(p))
			switch i % 3 {
			case 0: // screening has marked what is excused
				v.Hits[0].Shadow, v.Decision = true, ingest.Allow
			case 1:
				v.Observe = true
			case 2:
				v.Stage, v.Decision = rules.StageAsync, ""
				_, err := h.lists.Except(t.Context(), lists.Exception{
					Site: "museum", Target: enforcement.Target{Entity: "account", Key: p}, Rule: "rotation", Reason: "known", Actor: "root", Expires: at.Add(time.Hour),
				})
				require.NoError(t, err)
			}
			h.deliver(v)
		}
		assert.False(t, curb.On("rotation"))
		h.kill.Set(true)
		for _, p := range people {
			h.deliver(verdict("k-"+p, p, blockHit(p)))
		}
		assert.False(t, curb.On("rotation"), "the kill switch is on")
	})
}
