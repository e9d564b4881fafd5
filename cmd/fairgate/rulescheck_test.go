package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/bench/gatewaybench"
)

// fairgate runs the program itself and returns what it wrote and its exit code.
func fairgate(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = nil
		code = exit.ExitCode()
	}
	require.NoError(t, err)
	return out.String(), errs.String(), code
}

func document(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const doubtful = `name: doubtful
rules:
  - id: early
    when: hour >= 3 and hour < 7
    on: account
    action: flag
    cases:
      must_fire:
        - {name: at four, kind: stock.read, event: {account: a, hour: 4}}
      must_not_fire:
        - {name: at noon, kind: stock.read, event: {account: a, hour: 12}}
`

func TestRulesCheckAndTestOnTheShippedRulesets(t *testing.T) {
	out, errs, code := fairgate(t, "rules", "check")
	assert.Zero(t, code, out+errs)
	assert.Regexp(t, `^museum.yaml: version [0-9a-f]{12}, \d+ rules, \d+ bands, \d+ features, 0 findings\n$`, out)
	assert.Empty(t, errs)
	out, errs, code = fairgate(t, "rules", "test")
	assert.Zero(t, code, out+errs)
	assert.Regexp(t, `^museum.yaml: \d+ passed, 0 failed\n$`, out)
}

func TestRulesCheckFinds(t *testing.T) {
	path := document(t, "doubtful.yaml", doubtful)
	out, _, code := fairgate(t, "rules", "check", path, "--cases")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, path+": incomplete: early: it lacks an owner, messages in zh and en.")
	assert.Contains(t, out, path+": boundary: early: no case would notice if hour >= 3 were a little different; add one that must fire at hour 3 and one that must not at hour 2.")
	assert.Contains(t, out, "\n# more cases for early\nmust_fire:\n  - name: just inside hour >= 3\n    kind: stock.read\n    event: {account: a, hour: 3}\n")

	out, _, code = fairgate(t, "rules", "check", "--json", path)
	assert.Equal(t, 1, code)
	var report struct{ Rulesets []rulesetReport }
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Rulesets, 1)
	assert.Len(t, report.Rulesets[0].Findings, 3)
	assert.Equal(t, "doubtful", report.Rulesets[0].Name)
}

func TestRulesTestFails(t *testing.T) {
	path := document(t, "wrong.yaml", strings.Replace(doubtful, "hour: 12", "hour: 5", 1))
	out, _, code := fairgate(t, "rules", "test", path)
	assert.Equal(t, 1, code)
	assert.Equal(t, path+`: rule early, case "at noon": fired, and must not`+"\n"+path+": 1 passed, 1 failed\n", out)
	out, _, code = fairgate(t, "rules", "test", "--json", path)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `"detail": "fired, and must not"`)
}

func TestRulesetsThatDoNotCompile(t *testing.T) {
	bad := document(t, "bad.yaml", "name: bad\nrules:\n  - {id: a, when: hours > 3, on: account, action: flag}\n  - {id: b, when: true, on: moon, action: ban}\n")
	good := document(t, "doubtful.yaml", doubtful)
	for _, command := range []string{"check", "test"} {
		out, errs, code := fairgate(t, "rules", command, bad, good)
		assert.Equal(t, 2, code)
		for _, want := range []string{
			bad + `:3: rules[0].when (a): "hours" is neither a declared feature nor an event field, did you mean "hour"?`,
			bad + `:4: rules[1].on: "moon" is unknown`, bad + `:4: rules[1].action: "ban" is unknown`,
		} {
			assert.Contains(t, errs, want, "all at once")
		}
		assert.Contains(t, out, good, "the others are looked at all the same")
		out, _, code = fairgate(t, "rules", command, "--json", bad)
		assert.Equal(t, 2, code)
		assert.Contains(t, out, `"line": 4`)
	}
	_, errs, code := fairgate(t, "rules", "check", filepath.Join(t.TempDir(), "absent.yaml"))
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "absent.yaml")
}

// TestRulesCheckEndsAtOnce interrupts a check of many rulesets.
func TestRulesCheckEndsAtOnce(t *testing.T) {
	text, err := gatewaybench.Ruleset(1000, 3)
	require.NoError(t, err)
	path := document(t, "bench.yaml", string(text))
	args := []string{"rules", "check"}
	for range 200 {
		args = append(args, path)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		var errs bytes.Buffer
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		cmd.Stderr = &errs
		require.NoError(t, cmd.Start())
		one := make([]byte, 1)
		_, err = out.Read(one) // the first report: it is at work
		require.NoError(t, err)
		asked := time.Now()
		require.NoError(t, cmd.Process.Signal(signal))
		_, err = new(bytes.Buffer).ReadFrom(out)
		require.NoError(t, err)
		err = cmd.Wait()
		exit, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, 130, exit.ExitCode())
		assert.Less(t, time.Since(asked), 10*time.Second, "200 checks take longer")
		assert.Contains(t, errs.String(), "fairgate: interrupted\n")
	}
}

func TestProgress(t *testing.T) {
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	var log, screen bytes.Buffer
	inLog, onScreen := newProgress(&log, false, "checking x", clock), newProgress(&screen, true, "checking x", clock)
	for i := range 200 {
		inLog.report(i, 200)
		onScreen.report(i, 200)
		now = now.Add(50 * time.Millisecond)
	}
	inLog.end()
	onScreen.end()
	assert.Equal(t, "checking x: 40 of 200 rules\n", log.String(), "after two seconds, then every ten")
	assert.True(t, strings.HasPrefix(screen.String(), "\rchecking x: 6 of 200 rules\rchecking x: 8 of 200 rules"), screen.String())
	assert.True(t, strings.HasSuffix(screen.String(), fmt.Sprintf("\r%s\r", strings.Repeat(" ", len("checking x: 198 of 200 rules")))))
}
