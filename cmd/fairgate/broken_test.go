package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
)

// gatekeeper is a ruleset that asks everybody who reads what it is told to for
// a proof; its faults are put in by the tests.
const gatekeeper = `name: museum
features:
  - name: reads
    entity: ip
    events: [page.read, detail.read]
    window: 60s
    aggregate: count
rules:
  - id: ask_everybody
    events: [%s]
    when: %s
    on: ip
    action: %s
`

// writeRules puts a gatekeeper in a folder, which it returns.
func writeRules(t *testing.T, dir, kind, when, action string) string {
	t.Helper()
	text := fmt.Sprintf(gatekeeper, kind, when, action)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "museum.yaml"), []byte(text), 0o600))
	return dir
}

// TestABrokenRulesetIsRefused: a ruleset that is not right never takes over,
// and the one in force goes on; the next one that is right takes over within
// three seconds.
func TestABrokenRulesetIsRefused(t *testing.T) {
	rules := t.TempDir()
	file := filepath.Join(rules, "museum.yaml")
	put := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	good := fmt.Sprintf(gatekeeper, "page.read", "reads > 0", "challenge")
	put(good)
	s, _ := startService(t, app.DevOptions{Data: t.TempDir(), Rules: rules})
	s.openPool(t, "main", 10)
	v := newVisitor(s.gateway)
	asked := func(path string) bool {
		return v.must(t, http.MethodGet, path, "").field("code") == "challenge_required"
	}
	require.True(t, asked("/api/v1/pools"))
	require.False(t, asked("/api/v1/pools/main"))
	// Two readers follow the rules, the gateway and the scorer.
	refused := func() float64 {
		return s.sample(t, "fairgate_rules_source_reloads_total", `result="refused"`, `role="gateway"`)
	}
	for i, c := range []struct{ name, text, problem string }{
		{"a typo", strings.Replace(good, "action:", "acton:", 1), `unknown field \"acton\", did you mean \"action\"?`},
		{"not boolean", fmt.Sprintf(gatekeeper, "page.read", "reads + 1", "challenge"), "expected bool, but got float64"},
		{"not declared", fmt.Sprintf(gatekeeper, "page.read", "raeds > 1", "challenge"), `\"raeds\" is neither a declared feature nor an event field`},
		{"an address blocked", fmt.Sprintf(gatekeeper, "page.read", "reads > 0", "block"), "block"},
		{"half a file", good[:len(good)/2], ""},
	} {
		put(c.text)
		require.Eventually(t, func() bool { return refused() == float64(i+1) }, 3*time.Second, 20*time.Millisecond, c.name)
		assert.Contains(t, s.log.String(), c.problem, c.name)
		assert.True(t, asked("/api/v1/pools"), "%s: the old one goes on", c.name)
	}
	put(fmt.Sprintf(gatekeeper, "detail.read", "reads > 0", "challenge"))
	require.Eventually(t, func() bool { return !asked("/api/v1/pools") }, 3*time.Second, 50*time.Millisecond)
	assert.True(t, asked("/api/v1/pools/main"))
}

// TestABrokenRulesetDoesNotStart: with nothing to go on with, all faults are
// told at once.
func TestABrokenRulesetDoesNotStart(t *testing.T) {
	rules := t.TempDir()
	text := strings.Replace(fmt.Sprintf(gatekeeper, "page.read", "raeds > 0", "ban"), "entity: ip", "entity: house", 1)
	require.NoError(t, os.WriteFile(filepath.Join(rules, "museum.yaml"), []byte(text), 0o600))
	_, err := app.StartDev(t.Context(), app.DevOptions{Data: t.TempDir(), Rules: rules, FreePorts: true, Log: quiet()})
	for _, problem := range []string{"museum.yaml", `"house" is unknown`, `"raeds" is neither`, `"ban" is unknown`} {
		require.ErrorContains(t, err, problem)
	}
}

// TestABrokenGeoIPFileDoesNotStopTheGateway: what it would tell is unknown.
func TestABrokenGeoIPFileDoesNotStopTheGateway(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "GeoLite2-ASN.mmdb")
	require.NoError(t, os.WriteFile(broken, []byte("this is no database"), 0o600))
	e := startEdge(t, func(_ string, c *config.Config) { c.Gateway.GeoIP.ASN = broken })
	assert.Contains(t, e.log.String(), "GeoIP database not usable")
	assert.Contains(t, e.log.String(), broken)
	assert.Positive(t, e.sample(t, "fairgate_fingerprint_geo_load_failures_total", `database="asn"`))
	e.books(t, "main", e.openPool(t, "main", 10))
	assert.Zero(t, e.next(t).Client.ASN)
}
