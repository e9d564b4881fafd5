package app

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"fairgate/cmd/internal/config"
)

func deployFolder(t *testing.T) string {
	t.Helper()
	deploy, err := filepath.Abs(filepath.Join("..", "..", "..", "deploy"))
	require.NoError(t, err)
	return deploy
}

// inCompose lists the secrets that compose.yaml gives a role.
func inCompose(t *testing.T, deploy, role string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(deploy, "compose.yaml"))
	require.NoError(t, err)
	var file struct {
		Services map[string]struct {
			Secrets []string `yaml:"secrets"`
		} `yaml:"services"`
	}
	require.NoError(t, yaml.Unmarshal(b, &file))
	return slices.Sorted(slices.Values(file.Services[role].Secrets))
}

// inKubernetes lists the secrets that a role's pods mount.
func inKubernetes(t *testing.T, deploy, role string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(deploy, "kubernetes", role+".yaml"))
	require.NoError(t, err)
	var file struct { // the first document is the pods'
		Spec struct {
			Template struct {
				Spec struct {
					Volumes []struct {
						Secret struct {
							Items []struct {
								Key string `yaml:"key"`
							} `yaml:"items"`
						} `yaml:"secret"`
					} `yaml:"volumes"`
				} `yaml:"spec"`
			} `yaml:"template"`
		} `yaml:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(b, &file))
	var names []string
	for _, v := range file.Spec.Template.Spec.Volumes {
		for _, item := range v.Secret.Items {
			names = append(names, item.Key)
		}
	}
	slices.Sort(names)
	return names
}

type start = func(context.Context, *Stack, Env) (string, error)

// sqlite and away are two databases for startOnce.
func sqlite(path string) string { return "sqlite:" + path + ".db" }
func away(string) string        { return "postgres://u:p@127.0.0.1:1/fairgate?connect_timeout=1" }

// deployed is the configuration as deployed, in a directory with these
// secrets, with this database and no other engine within reach.
func deployed(t *testing.T, deploy string, sql func(path string) string, names []string) config.Config {
	t.Helper()
	c, err := config.Load(filepath.Join(deploy, "fairgate.yaml"))
	require.NoError(t, err)
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.Mkdir("secrets", 0o700))
	for _, name := range names {
		text := randomHex()
		switch name {
		case "webhook":
			text = randomWebhook()
		case "sql-dsn", "ticketing-dsn":
			text = sql(filepath.Join(dir, name))
		}
		require.NoError(t, os.WriteFile(filepath.Join("secrets", name), []byte(text), 0o600))
	}
	for _, listener := range []*string{&c.Gateway.Listen, &c.Ticketing.Listen, &c.Console.Listen, &c.Console.OutcomesListen} {
		*listener = "127.0.0.1:0"
	}
	nowhere := "127.0.0.1:1"
	c.Redis.Addrs, c.Kafka.Brokers, c.ClickHouse.Addr = []string{nowhere}, []string{nowhere}, nowhere
	c.Gateway.Spool.Dir = filepath.Join(dir, "spool")
	return c
}

// startOnce starts a role and ends what came up.
func startOnce(t *testing.T, role start, c config.Config) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s := NewStack(quiet())
	_, err := role(ctx, s, Env{Config: c, Log: quiet(), Registry: prometheus.NewRegistry(), Now: time.Now})
	closing, end := context.WithTimeout(t.Context(), 10*time.Second)
	defer end()
	require.NoError(t, s.Close(closing))
	return err
}

func TestEachRoleIsGivenExactlyTheSecretsItReads(t *testing.T) {
	deploy := deployFolder(t)
	for name, role := range map[string]start{
		"gateway": Gateway, "scorer": Scorer, "enforcer": Enforcer, "ledger": Ledger, "ticketing": Ticketing, "console": Console,
	} {
		t.Run(name, func(t *testing.T) {
			given := inCompose(t, deploy, name)
			require.NotEmpty(t, given)
			assert.Equal(t, given, inKubernetes(t, deploy, name), "compose.yaml, then kubernetes/")
			// Without engines a role may fail, but for no secret.
			require.NotErrorIs(t, startOnce(t, role, deployed(t, deploy, sqlite, given)), fs.ErrNotExist)
			for i, secret := range given {
				rest := slices.Delete(slices.Clone(given), i, i+1)
				assert.ErrorIs(t, startOnce(t, role, deployed(t, deploy, sqlite, rest)), fs.ErrNotExist, "without %s", secret)
			}
		})
	}
}

func TestGatewayServesWhileEveryEngineIsAway(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer upstream.Close()
	deploy := deployFolder(t)
	c := deployed(t, deploy, away, inCompose(t, deploy, "gateway"))
	c.Gateway.Upstream = upstream.URL
	s := NewStack(quiet())
	addr, err := Gateway(t.Context(), s, Env{Config: c, Log: quiet(), Registry: prometheus.NewRegistry(), Now: time.Now})
	require.NoError(t, err)
	for _, path := range []string{"/readyz", "/api/v1/pools", "/api/v1/pools/hall/stock"} {
		response, err := http.Get("http://" + addr + path)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode, path)
		require.NoError(t, response.Body.Close())
	}
	order := `{"pool":"hall","date":"2026-10-01","positions":[]}`
	response, err := http.Post("http://"+addr+"/api/v1/orders", "application/json", strings.NewReader(order))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode, "a booking")
	require.NoError(t, response.Body.Close())
	closing, end := context.WithTimeout(t.Context(), 10*time.Second)
	defer end()
	require.NoError(t, s.Close(closing))
	select {
	case err := <-s.Failed():
		t.Fatal("a part failed:", err)
	default:
	}
}
