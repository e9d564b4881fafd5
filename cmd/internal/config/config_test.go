package config

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fairgate.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDefaultsAreValid(t *testing.T) {
	require.NoError(t, Default().Validate())
}

func TestExampleFileEqualsTheDefaults(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", "fairgate.example.yaml"))
	require.NoError(t, err)
	var got Config
	require.NoError(t, yaml.Unmarshal(data, &got))
	assert.Equal(t, Default(), got)
}

func TestLoadReportsEveryError(t *testing.T) {
	_, err := Load(write(t, "site: ''\nlog: {level: loud, format: json}\ngateway: {listen: nowhere, deadline: 1h, trusted_proxies: [10.0.0.0], virtual_numbers: [seventeen]}\n"))
	require.Error(t, err)
	for _, want := range []string{`site: is missing`, `log.level: "loud"`, `gateway.listen: "nowhere"`, `gateway.deadline: 1h0m0s`, `gateway.trusted_proxies[0]: "10.0.0.0"`, `gateway.virtual_numbers[0]: "seventeen"`} {
		assert.ErrorContains(t, err, want)
	}
}

func TestLoadRefusesUnknownFields(t *testing.T) {
	_, err := Load(write(t, "gatway: {}\n"))
	assert.ErrorContains(t, err, "gatway")
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	t.Setenv("FAIRGATE_GATEWAY_DEADLINE", "35ms")
	t.Setenv("FAIRGATE_REDIS_ADDRS", "a:1,b:2")
	c, err := Load(write(t, "gateway: {deadline: 10ms}\n"))
	require.NoError(t, err)
	assert.Equal(t, 35*time.Millisecond, c.Gateway.Deadline)
	assert.Equal(t, []string{"a:1", "b:2"}, c.Redis.Addrs)
}

func TestSecretsHide(t *testing.T) {
	s := Secret("value:hunter2")
	for _, text := range []string{s.String(), fmt.Sprintf("%v %+v %#v", s, s, s), s.LogValue().String()} {
		assert.NotContains(t, text, "hunter2")
	}
	out, err := yaml.Marshal(struct{ S Secret }{s})
	require.NoError(t, err)
	assert.NotContains(t, string(out), "hunter2")
}

func TestSecretsReveal(t *testing.T) {
	t.Setenv("A_SECRET", "from the environment")
	tests := map[Secret]string{
		"env:A_SECRET": "from the environment",
		Secret("file:" + write(t, "from a file\n")): "from a file",
		"": "",
	}
	for s, want := range tests {
		got, err := s.Reveal()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := Secret("hunter2").Reveal()
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestDeployedFileLoads(t *testing.T) {
	c, err := Load(filepath.Join("..", "..", "..", "deploy", "fairgate.yaml"))
	require.NoError(t, err)
	d := Default()
	keys := d.Keys
	keys.Privacy, keys.TicketingTickets = "file:secrets/privacy", "file:secrets/tickets" // off by default
	assert.Equal(t, keys, c.Keys, "deploy mounts the secrets where the defaults look")
	assert.NotEqual(t, d.Gateway.Upstream, c.Gateway.Upstream, "every role is another host")
}

func TestSecretsAreNotWrittenInTheFile(t *testing.T) {
	for _, text := range []string{"hunter2", "value:hunter2", "postgres://u:hunter2@h/d"} {
		_, err := Load(write(t, "keys: {gateway: '"+text+"'}\n"))
		require.Error(t, err, text)
		require.ErrorContains(t, err, "file:PATH or env:NAME")
		assert.NotContains(t, err.Error(), "hunter2")
		t.Setenv("FAIRGATE_SQL_DSN", text)
		_, err = Load("")
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
