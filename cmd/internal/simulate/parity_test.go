package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/scoring"
)

// found is what the service found about accounts: which rule acted on each
// first, in the time of events.
type found struct {
	mu    sync.Mutex
	first map[string]act
}

type act struct {
	at   time.Time
	rule string
}

func newFound() *found { return &found{first: map[string]act{}} }

// take notes a verdict. Of several rules that hit one event the strictest acts,
// and of those the one that comes first in the alphabet.
func (f *found) take(value []byte) {
	var v scoring.Verdict
	if json.Unmarshal(value, &v) == nil {
		f.note(&v)
	}
}

func (f *found) note(v *scoring.Verdict) {
	if v.Subject.Account == "" {
		return
	}
	hits := slices.DeleteFunc(slices.Clone(v.Hits), func(h ingest.Hit) bool {
		return h.Shadow || h.Action.Severity() < ingest.Challenge.Severity()
	})
	if len(hits) == 0 {
		return
	}
	slices.SortFunc(hits, func(a, b ingest.Hit) int {
		return cmp.Or(b.Action.Severity()-a.Action.Severity(), cmp.Compare(a.Rule, b.Rule))
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if was, ok := f.first[v.Subject.Account]; !ok || v.Time.Before(was.at) {
		rule := hits[0].Rule
		if strings.HasPrefix(rule, "list:") {
			rule = "list" // the entry's id is random
		}
		f.first[v.Subject.Account] = act{v.Time, rule}
	}
}

// fate is what became of one actor: the rule that acted on it first, whether it
// was harmed or stopped, and whether it has a ticket.
type fate struct {
	Rule    string
	Stopped bool
	Harmed  bool
	Kept    bool
}

func fatesOf(p *Pass, f *found) []fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]fate, len(p.Actors))
	for i, a := range p.Actors {
		out[i] = fate{Rule: f.first[a.account].rule, Stopped: a.seen.FirstStop > 0, Harmed: harmed(a, p.Orders)}
		for _, o := range fates(a, p.Orders) {
			out[i].Kept = out[i].Kept || o.Kept()
		}
	}
	return out
}

func playLive(t *testing.T, plan Plan) (*Pass, []fate) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	dev, err := app.StartDev(t.Context(), app.DevOptions{Data: dir, FreePorts: true, Log: log})
	require.NoError(t, err)
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		assert.NoError(t, dev.Close(closing))
	}()
	consumer, err := stream.NewConsumer(t.Context(), []string{dev.Kafka}, config.Default().Kafka.Prefix+"parity", []string{stream.NewTopics(config.Default().Kafka.Prefix).Verdicts}, stream.ConsumerOptions{Logger: log})
	require.NoError(t, err)
	f := newFound()
	reading, stop := context.WithCancel(t.Context())
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			m, err := consumer.Fetch(reading)
			if err != nil {
				return
			}
			f.take(m.Value)
		}
	})
	key, err := app.ReadSecret(dir, app.OperationsKey)
	require.NoError(t, err)
	house := &Service{Ticketing: "http://" + dev.Ticketing, TicketingKey: key, HTTP: &http.Client{Timeout: time.Minute}}
	runner, err := New(NewClient(dev.Gateway), house, Options{Plan: plan, Out: io.Discard, Quiet: true})
	require.NoError(t, err)
	pass, err := runner.runPass(t.Context(), "live", uint64(time.Now().Unix()))
	stop()
	reader.Wait()
	require.NoError(t, err)
	require.NoError(t, consumer.Close())
	return pass, fatesOf(pass, f)
}

func playOnStage(t *testing.T, r VirtualRun) (*Pass, []fate) {
	t.Helper()
	f := newFound()
	r.Verdicts = f.note
	var pass *Pass
	require.NoError(t, r.on(t.Context(), func(runner *Runner) (err error) {
		pass, err = runner.runPass(t.Context(), "virtual", uint64(virtualBegins().Unix()))
		return err
	}))
	return pass, fatesOf(pass, f)
}

// agreement is the share of the actors of which same holds, by scenario.
func agreement(p *Pass, a, b []fate, same func(a, b fate) bool) map[string]Rate {
	out := map[string]Rate{}
	for i, actor := range p.Actors {
		r := out[actor.Scenario]
		r.Denominator++
		if same(a[i], b[i]) {
			r.Numerator++
		}
		out[actor.Scenario] = rate(r.Numerator, r.Denominator)
	}
	return out
}

// all is the share of all actors.
func all(by map[string]Rate) Rate {
	var n, d int
	for _, r := range by {
		n, d = n+r.Numerator, d+r.Denominator
	}
	return rate(n, d)
}

func sameRule(a, b fate) bool    { return a.Rule == b.Rule }
func sameHarm(a, b fate) bool    { return a.Harmed == b.Harmed }
func sameOutcome(a, b fate) bool { return a.Kept == b.Kept && a.Harmed == b.Harmed }

// TestVirtualAndLiveAgree plays one seed on a service with its engines, over
// sockets and in the machine's time, and on the virtual stage, and compares for
// every actor what acted on it first and how it ended.
//
// They need not agree for everybody. On the live stage an actor's pauses are
// longer by what the machine makes it wait, so that a rhythm just regular
// enough for a rule may be so on one stage only; and whether the block of an
// account is on the lists before the next account of the same device asks is a
// matter of tens of milliseconds, so that sometimes the list and sometimes the
// rule itself is first. Neither may harm people on one stage and not on the
// other, nor decide often who keeps a ticket: of a pool's last places a slow
// machine may sell one to somebody else.
func TestVirtualAndLiveAgree(t *testing.T) {
	plan := Plan{Seed: 11, Duration: 40 * time.Second, People: 80, HostileShare: 0.7}
	run := VirtualRun{Plan: plan}
	virtualPass, virtual := playOnStage(t, run)
	livePass, live := playLive(t, plan)
	require.Len(t, livePass.Actors, len(virtualPass.Actors))
	acted := 0
	for i, a := range livePass.Actors {
		if live[i].Rule != "" {
			acted++
		}
		if virtual[i] != live[i] {
			t.Logf("%s: virtual %+v, live %+v", a.Scenario, virtual[i], live[i])
		}
	}
	assert.Greater(t, acted, 50, "too few were acted on for a comparison")
	rules, outcomes := agreement(livePass, virtual, live, sameRule), agreement(livePass, virtual, live, sameOutcome)
	for id, r := range agreement(livePass, virtual, live, sameHarm) {
		if id[0] == 'H' {
			assert.InDelta(t, 1, r.Value, 1e-9, "people of %s were harmed otherwise: %s", id, r)
			assert.InDelta(t, 1, rules[id].Value, 1e-9, "people of %s were acted on otherwise: %s", id, rules[id])
		}
	}
	assert.GreaterOrEqual(t, all(outcomes).Value, 0.97, "ended otherwise")
	assert.GreaterOrEqual(t, all(rules).Value, leastRules, "were acted on otherwise")

	// A service that lacks some rules must be told apart by the same measure.
	run.Without = []string{"path"}
	_, lacking := playOnStage(t, run)
	assert.Less(t, all(agreement(livePass, lacking, live, sameRule)).Value, leastRules)
}

// leastRules is the share of actors that must have been acted on first by the
// same rule.
const leastRules = 0.9
