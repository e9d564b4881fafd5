package replay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/replay"
)

func fuzzFile(f *testing.F, seed string, open func(t *testing.T, name string) *replay.Source) {
	f.Helper()
	b, err := os.ReadFile(seed)
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, content []byte) {
		name := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(name, content, 0o600))
		s := open(t, name)
		if s == nil {
			return
		}
		ids := map[string]bool{}
		var last ingest.Event
		for r, err := range s.Records(t.Context()) {
			if err != nil { // a gzip file that breaks off
				return
			}
			e := r.Event
			require.NoError(t, e.Validate())
			require.False(t, ids[e.ID])
			ids[e.ID] = true
			require.False(t, e.Time.Before(last.Time), "events come in the order of time")
			last = e
		}
		report := s.Report()
		require.Equal(t, len(ids), report.Events)
		require.LessOrEqual(t, report.Events+report.Unreadable+report.Unmatched, report.Lines)
	})
}

func FuzzCombined(f *testing.F) {
	fuzzFile(f, "testdata/access.log", func(_ *testing.T, name string) *replay.Source {
		s, err := replay.Open(name, replay.Options{})
		if err != nil {
			return nil
		}
		return s
	})
}

func FuzzCSV(f *testing.F) {
	fuzzFile(f, "testdata/web-sessions.csv", func(t *testing.T, name string) *replay.Source {
		s, err := replay.Open(name, replay.Options{Mapping: shipped(t)})
		if err != nil {
			return nil
		}
		return s
	})
}
