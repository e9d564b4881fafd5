package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
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
	if json.Unmarshal(value, &v) != nil || v.Subject.Account == "" {
		return
	}
	hits := slices.DeleteFunc(v.Hits, func(h ingest.Hit) bool {
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
		f.first[v.Subject.Account] = act{v.Time, hits[0].Rule}
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
	consumer, err := stream.NewConsumer(t.Context(), []string{dev.Kafka}, "parity", []string{stream.NewTopics("").Verdicts}, stream.ConsumerOptions{Logger: log})
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
	r.Verdicts = f.take
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

func TestVirtualAndLiveAgree(t *testing.T) {
	plan := Plan{Seed: 11, Duration: 40 * time.Second, People: 80, HostileShare: 0.7}
	virtualPass, virtual := playOnStage(t, VirtualRun{Plan: plan})
	livePass, live := playLive(t, plan)
	require.Len(t, livePass.Actors, len(virtualPass.Actors))
	for name, same := range map[string]func(a, b fate) bool{
		"rule":    func(a, b fate) bool { return a.Rule == b.Rule },
		"stopped": func(a, b fate) bool { return a.Stopped == b.Stopped },
		"harmed":  func(a, b fate) bool { return a.Harmed == b.Harmed },
		"kept":    func(a, b fate) bool { return a.Kept == b.Kept },
	} {
		by := agreement(livePass, virtual, live, same)
		for _, id := range slices.Sorted(maps.Keys(by)) {
			t.Logf("%-8s %-4s %s", name, id, by[id])
		}
	}
	pairs := map[string]int{}
	for i, a := range livePass.Actors {
		if virtual[i] != live[i] {
			pairs[fmt.Sprintf("%s: virtual %+v, live %+v", a.Scenario, virtual[i], live[i])]++
		}
	}
	for _, p := range slices.Sorted(maps.Keys(pairs)) {
		t.Logf("%3d× %s", pairs[p], p)
	}
}
