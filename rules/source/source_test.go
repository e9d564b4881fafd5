package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
)

const text = `name: museum
rules:
  - id: night
    when: hour < 5
    on: account
    action: flag
`

// memory is a Source that a test changes while the Watcher looks at it.
type memory struct {
	mu   sync.Mutex
	data string
	err  error
}

func (m *memory) set(data string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data, m.err = data, err
}

func (m *memory) Load(context.Context) ([]Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	return []Document{{Name: "museum", Origin: "museum.yaml", Data: []byte(m.data)}}, nil
}

func TestWatcherFollowsChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &memory{data: text}
		var log bytes.Buffer
		registry := prometheus.NewRegistry()
		w, err := NewWatcher(t.Context(), src, Options{
			Interval: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)), Registry: registry,
		})
		require.NoError(t, err)
		first := w.Current().Version()
		var got []string
		cancel := w.Subscribe(func(p *rules.Program) { got = append(got, p.Version()) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		pass := func() {
			<-time.After(3 * time.Second) // of the bubble's clock
			synctest.Wait()
		}
		pass()
		assert.Equal(t, []string{first}, got)

		src.set(strings.Replace(text, "hour < 5", "hour < 6", 1), nil)
		pass()
		second := w.Current().Version()
		assert.NotEqual(t, first, second)
		assert.Equal(t, []string{first, second}, got)

		src.set(strings.Replace(strings.Replace(text, "hour", "huor", 1), "flag", "flog", 1), nil)
		pass()
		assert.Equal(t, second, w.Current().Version(), "a bad ruleset replaces nothing")
		assert.Contains(t, log.String(), "huor")
		assert.Contains(t, log.String(), "flog")
		assert.Equal(t, 1, strings.Count(log.String(), "huor"), "each content is reported once")

		src.set("", errors.New("disk is gone"))
		pass()
		assert.Equal(t, second, w.Current().Version())
		assert.Equal(t, 1, strings.Count(log.String(), "disk is gone"))

		src.set(text, nil)
		pass()
		assert.Equal(t, []string{first, second, first}, got)
		cancel()
		src.set(strings.Replace(text, "hour < 5", "hour < 7", 1), nil)
		pass()
		assert.Len(t, got, 3, "cancelled")

		stop()
		require.NoError(t, <-ended)
		assert.Equal(t, map[string]float64{resultLoaded: 3, resultRefused: 1, resultUnreadable: 1}, reloads(t, registry))
	})
}

func reloads(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "fairgate_rules_source_reloads_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			out[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return out
}

func TestWatcherWaitsUntilContentSettles(t *testing.T) {
	t.Parallel()
	src := &memory{data: text}
	w, err := NewWatcher(t.Context(), src, Options{})
	require.NoError(t, err)
	first := w.Current().Version()
	for _, hour := range []string{"6", "7", "8"} {
		src.set(strings.Replace(text, "hour < 5", "hour < "+hour, 1), nil)
		w.look(t.Context())
		assert.Equal(t, first, w.Current().Version(), "it is still being written")
	}
	w.look(t.Context())
	assert.NotEqual(t, first, w.Current().Version())
}

// What was in force a moment ago can be again at the next look.
func TestWatcherReturnsAtOnce(t *testing.T) {
	t.Parallel()
	src := &memory{data: text}
	w, err := NewWatcher(t.Context(), src, Options{})
	require.NoError(t, err)
	first := w.Current().Version()
	w.look(t.Context())
	src.set(strings.Replace(text, "hour < 5", "hour < 6", 1), nil)
	w.look(t.Context())
	w.look(t.Context())
	require.NotEqual(t, first, w.Current().Version())
	src.set(text, nil)
	w.look(t.Context())
	w.look(t.Context())
	assert.Equal(t, first, w.Current().Version())
}

func TestNewWatcherRefuses(t *testing.T) {
	t.Parallel()
	_, err := NewWatcher(t.Context(), &memory{data: text}, Options{Name: "opera"})
	require.ErrorIs(t, err, ErrNoDocument)
	require.ErrorContains(t, err, `"opera"; there is museum`)
	_, err = NewWatcher(t.Context(), &memory{data: "name: museum"}, Options{})
	require.ErrorIs(t, err, rules.ErrInvalid)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"museum.yaml": text, "a.yaml": "x", "notes.txt": "y", ".hidden.yaml": "z",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	docs, err := NewDir(dir).Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Document{
		{Name: "a", Origin: dir + "/a.yaml", Data: []byte("x")},
		{Name: "museum", Origin: dir + "/museum.yaml", Data: []byte(text)},
	}, docs)

	_, err = NewDir(t.TempDir()).Load(t.Context())
	require.ErrorIs(t, err, ErrNoDocument)
	_, err = NewDir(filepath.Join(dir, "absent")).Load(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	large := fstest.MapFS{"museum.yaml": {Data: make([]byte, rules.MaxSize+1)}}
	_, err = NewFiles(large).Load(t.Context())
	require.ErrorContains(t, err, "at most 4194304 are read")
}
