package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/config"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules/life"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// fleetRules are in force where nothing was published. The rule is in the
// stage that both the gateway and the scorer run, once each.
const fleetRules = `name: museum
features:
  - {name: tries, entity: account, events: [order.submit], window: 1m, aggregate: count}
rules:
  - {id: early, when: hour >= 0 and tries >= 1, on: account, action: block, ttl: 1h, mode: canary, share: 0}
  - {id: late, stage: async, when: hour >= 0 and tries >= 1, on: account, action: block, ttl: 1h, mode: canary, share: 0}
`

// process is one of the fleet, as far as rules go.
type process struct {
	*scoring.Engine
	stack *Stack
}

func startProcess(t *testing.T, dsn, files, spool string) *process {
	t.Helper()
	c := config.Default()
	c.SQL.DSN, c.Rules.Dir, c.Gateway.Spool.Dir = config.Secret("value:"+dsn), files, spool
	p := &process{stack: NewStack(quiet())}
	t.Cleanup(func() { p.stop(t) })
	var err error
	p.Engine, err = startRules(t.Context(), p.stack, Env{Config: c, Log: quiet(), Registry: prometheus.NewRegistry(), Now: time.Now}, memory.New(memory.Options{}))
	require.NoError(t, err)
	return p
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	closing, end := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer end()
	assert.NoError(t, p.stack.Close(closing))
}

func bookingEvent(id string) *ingest.Event {
	return &ingest.Event{
		ID: id, Time: time.Now(), Site: "museum", Kind: ingest.KindOrderSubmit,
		Subject: ingest.Subject{Account: "a1"},
	}
}

// inline screens a booking as a gateway does, async scores it as the pipeline
// does; both give the version that they used and the rules that act.
func (p *process) inline(t *testing.T, id string) (version string, hits []string) {
	t.Helper()
	var r scoring.Result
	require.NoError(t, p.Inline(t.Context(), bookingEvent(id), "", &r))
	return r.Ruleset, ids(r.Hits)
}

func (p *process) async(t *testing.T, id string) (version string, hits []string) {
	t.Helper()
	e := bookingEvent(id)
	var r scoring.Result
	require.NoError(t, p.Inline(t.Context(), e, "", &r))
	e.Decision.Snapshot, e.Decision.Ruleset = r.Snapshot, r.Ruleset
	v, err := p.Async(t.Context(), e)
	require.NoError(t, err)
	return v.Ruleset, ids(v.Hits)
}

func ids(hits []ingest.Hit) []string {
	var out []string
	for _, h := range hits {
		if !h.Shadow {
			out = append(out, h.Rule)
		}
	}
	return out
}

func TestTheFleetRunsWhatIsPublishedWithinFiveSeconds(t *testing.T) {
	dsns := map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "fleet.db") },
		"postgres": sqldbtest.PostgresDSN,
	}
	for name, dsn := range dsns {
		t.Run(name, func(t *testing.T) { testFleet(t, dsn(t)) })
	}
}

func testFleet(t *testing.T, dsn string) {
	files := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(files, "museum.yaml"), []byte(fleetRules), 0o600))
	db, err := sqldb.Open(t.Context(), dsn, sqldb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	c := config.Default()
	c.Rules.Dir = files
	console, err := openLife(t.Context(), db, Env{Config: c, Now: time.Now}, nil)
	require.NoError(t, err)

	spool := t.TempDir()
	first, second := startProcess(t, dsn, files, spool), startProcess(t, dsn, files, t.TempDir())
	scorer := startProcess(t, dsn, files, t.TempDir())
	before, hits := first.inline(t, "e1")
	assert.Empty(t, hits)

	f, err := console.InForce(t.Context(), "museum")
	require.NoError(t, err)
	require.Equal(t, before, f.Program)
	text := strings.ReplaceAll(f.Text, "mode: canary, share: 0", "mode: live")
	v, err := console.Create(t.Context(), "museum", life.Text{YAML: text, Base: f.Hash}, life.Word{By: "ana", Reason: "bots at the opening"})
	require.NoError(t, err)
	_, err = console.Propose(t.Context(), "museum", v.Number, v.Hash, life.Word{By: "ana", Reason: "bots at the opening"})
	require.NoError(t, err)
	_, err = console.Approve(t.Context(), "museum", v.Number, v.Hash, "lint does not know the wave", life.Word{By: "sec", Reason: "I see them too"})
	require.NoError(t, err)
	v, err = console.Publish(t.Context(), "museum", v.Number, f.Hash, life.Word{By: "ana", Reason: "now"})
	require.NoError(t, err)
	published := time.Now()
	require.NotEqual(t, before, v.Program)

	await(t, v.Program, first, second, scorer)
	took := time.Since(published)
	assert.Less(t, took, 5*time.Second)
	t.Logf("the fleet ran the version %s after its publication", took.Round(time.Millisecond))
	for _, gateway := range []*process{first, second} {
		version, hits := gateway.inline(t, "e2")
		assert.Equal(t, v.Program, version, "the verdict names the version it used")
		assert.Equal(t, []string{"early"}, hits)
	}
	version, hits := scorer.async(t, "e3")
	assert.Equal(t, v.Program, version)
	assert.Contains(t, hits, "late")

	milder, err := console.ChangeRule(t.Context(), "museum", "early", life.Patch{Action: new(ingest.Flag)}, life.Word{By: "ana", Reason: "a school class"})
	require.NoError(t, err)
	tightened, err := console.Tighten(t.Context(), "museum", "early", life.Word{By: "ana", Reason: "they are back"})
	require.NoError(t, err)
	during, err := console.InForce(t.Context(), "museum")
	require.NoError(t, err)
	require.NotEqual(t, milder.Program, during.Program)
	await(t, during.Program, first, second, scorer)
	_, err = console.Loosen(t.Context(), "museum", tightened.ID, life.Word{By: "sec", Reason: "it is over"})
	require.NoError(t, err)
	await(t, milder.Program, first, second, scorer)

	first.stop(t)
	again := startProcess(t, "postgres://u:p@127.0.0.1:1/fairgate?connect_timeout=1", files, spool)
	version, _ = again.inline(t, "e4")
	assert.Equal(t, milder.Program, version, "a gateway that is started while SQL is away begins where the fleet was")
}

// await waits until every process runs the program.
func await(t *testing.T, program string, processes ...*process) {
	t.Helper()
	for i, p := range processes {
		assert.Eventually(t, func() bool { return p.Program().Version() == program }, 5*time.Second, 10*time.Millisecond, "process %d", i+1)
	}
}
