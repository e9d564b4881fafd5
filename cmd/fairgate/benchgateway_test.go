package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/bench/gatewaybench"
)

// TestBenchGatewayMeasuresEverything runs the whole benchmark for a moment on a
// real Redis: every figure is there, and what was measured is the full path,
// not refusals or failures.
func TestBenchGatewayMeasuresEverything(t *testing.T) {
	redis := engine(t, "FAIRGATE_TEST_REDIS")
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(ctx, exe, "bench", "gateway", "--quick", "--redis", redis, "--json", file)
	cmd.Stderr = newLogBook(t)
	table, err := cmd.Output()
	require.NoError(t, err)
	assert.Contains(t, string(table), "screened, 100 rules")

	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var r gatewaybench.Report
	require.NoError(t, json.Unmarshal(content, &r))
	for _, v := range gatewaybench.Variants()[1:] {
		assert.Positive(t, r.Ratio[v], v)
		assert.Positive(t, r.CPURatio[v], v)
	}
	assert.Positive(t, r.RedisCPUUs)
	assert.Positive(t, r.RedisCommands)
	assert.Positive(t, r.RuleNs)
	assert.Positive(t, r.Requests, "under a reload")
	assert.Zero(t, r.Reload.Failed)
	assert.Zero(t, r.EdgeEscape)
	assert.Positive(t, r.EdgeTries)
	assert.Zero(t, r.Degraded, "Redis was there")
	assert.Len(t, r.Cells, 20)
	for _, c := range r.Cells {
		assert.Positive(t, c.Requests)
		assert.Positive(t, c.P99Ms)
		assert.LessOrEqual(t, c.Failed, c.Requests/20, "%s: too many without an answer", c.Variant)
		assert.LessOrEqual(t, c.Refused, c.Requests/20, "%s: too many refused", c.Variant)
	}
}

// TestBenchGatewaySaysWhatIsMissing: without a Redis server there is nothing to
// measure, and the way out is named.
func TestBenchGatewaySaysWhatIsMissing(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "bench", "gateway", "--quick")
	cmd.Env = append(os.Environ(), "PATH="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "fairgate: no Redis server is installed: apt-get install redis-server, or give --redis HOST:PORT")
}
