package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/enforcement/backtest/jobs"
)

// remember puts n looks at the stock by so many accounts into the ledger,
// evenly over the time until now.
func remember(t *testing.T, dev *app.Dev, n, accounts int, over time.Duration) {
	t.Helper()
	conn, err := clickhouse.Open(dev.Ledger.Writer)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	step := over.Milliseconds() / int64(n)
	require.Positive(t, step)
	const atOnce = 100_000
	began := time.Now().Add(-over).UnixMilli()
	for first := 0; first < n; first += atOnce {
		require.NoError(t, conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO events (id, time, site, kind, route, method, account, device, action, disposition, status, completeness)
			SELECT concat('past-', leftPad(toString(number), 9, '0')), fromUnixTimestamp64Milli(toInt64(%d) + toInt64(number) * %d, 'UTC'), '%s', 'stock.read', 'stock', 'GET',
			concat('account-', toString(number %% %d)), concat('device-', toString(number %% %d)), 'allow', 'forwarded', 200, 2 FROM numbers(%d, %d)`,
			began, step, config.Default().Site, accounts, accounts, first, min(atOnce, n-first))))
	}
}

// backtestRun is `fairgate rules backtest` in a process of its own.
type backtestRun struct {
	cmd      *exec.Cmd
	out, err *logBook
	ended    chan error
}

func (s *service) backtest(t *testing.T, data, file string) *backtestRun {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	r := &backtestRun{out: newLogBook(t), err: newLogBook(t), ended: make(chan error, 1)}
	r.cmd = exec.CommandContext(t.Context(), exe, "rules", "backtest", "--data", data, "--operators", "http://"+s.operators,
		"--ruleset", file, "--from", time.Now().Add(-25*time.Hour).Format(time.RFC3339), "--json", "--poll", "50ms")
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.err
	require.NoError(t, r.cmd.Start())
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	go func() { r.ended <- r.cmd.Wait() }()
	return r
}

var underWay = regexp.MustCompile(`(?m)^[1-9]\d* of about \d+ events \((\d+)\.`)

// awaitProgress waits until the run says that it is under way.
func (r *backtestRun) awaitProgress(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return underWay.MatchString(r.err.String()) }, 30*time.Second, 5*time.Millisecond, "it never was under way")
}

// TestABacktestAndAPublicationLeaveEachOtherAlone publishes a version while a
// backtest runs: the version is in force in time, and the backtest compares
// with what was in force when it began. A second one is ended by Ctrl-C.
func TestABacktestAndAPublicationLeaveEachOtherAlone(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	s, dev, file := startRules(t, tried)
	const looks = 900_000
	remember(t, dev, looks, 5_000, 24*time.Hour)
	operators, record := s.editor(t, dev.Password), openRecord(t, dev)
	var before struct{ Program string }
	require.NoError(t, house(t.Context(), http.MethodGet, "http://"+s.operators+"/api/v1/rulesets/museum", operators.first, nil, &before))

	// What is to be published has been over yesterday's traffic itself.
	text, next := strings.Replace(tried, "0.3", "0.6", 1), filepath.Join(t.TempDir(), "next.yaml")
	require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
	tryout := s.backtest(t, dev.Data, next)
	require.NoError(t, <-tryout.ended, "%s", tryout.err)

	run := s.backtest(t, dev.Data, file)
	run.awaitProgress(t)
	v := operators.publish(t, text)
	require.Empty(t, run.ended, "the backtest outlasts the publication")
	require.NotEqual(t, before.Program, v.Program)
	s.awaitVersion(t, record, v.Program)
	require.NoError(t, <-run.ended, "%s", run.err)
	var job jobs.Job
	require.NoError(t, json.Unmarshal([]byte(run.out.String()), &job))
	require.Equal(t, jobs.Done, job.State)
	assert.Equal(t, before.Program, job.Result.Against.Version)
	assert.GreaterOrEqual(t, job.Result.Events, uint64(looks))
	assert.Zero(t, job.Result.ChangedEvents)
	require.Len(t, job.Result.Rules, 1)
	assert.EqualValues(t, looks, job.Result.Rules[0].New.Events+job.Result.Rules[0].New.ShadowEvents)
	t.Logf("%d events at %.0f/s, a publication in between", job.Result.Events, job.Result.EventsPerSecond)

	run = s.backtest(t, dev.Data, file)
	run.awaitProgress(t)
	began := time.Now()
	require.NoError(t, run.cmd.Process.Signal(os.Interrupt))
	var failed *exec.ExitError
	require.ErrorAs(t, <-run.ended, &failed)
	took := time.Since(began)
	assert.Equal(t, 1, failed.ExitCode())
	assert.Less(t, took, 2*time.Second)
	assert.Empty(t, run.out.String(), "no half result")
	lines := strings.Split(strings.TrimSpace(run.err.String()), "\n")
	assert.Regexp(t, `^fairgate: cancelled at \d+ of about \d+ events .*; it begins anew when it is started again$`, lines[len(lines)-1])
	t.Logf("ended %s after Ctrl-C: %s", took.Round(time.Millisecond), lines[len(lines)-1])
	var list struct{ Backtests []jobs.Job }
	require.Eventually(t, func() bool {
		require.NoError(t, house(t.Context(), http.MethodGet, "http://"+s.operators+"/api/v1/backtests", operators.first, nil, &list))
		return len(list.Backtests) == 3 && list.Backtests[0].State == jobs.Cancelled
	}, 2*time.Second, 20*time.Millisecond, "%+v", &list)
	assert.Nil(t, list.Backtests[0].Result)
}
