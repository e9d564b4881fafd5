package sqlstore_test

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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/source"
	"fairgate/rules/source/sqlstore"
)

const shipped = `name: museum
rules:
  - {id: night, when: hour < 5, on: account, action: block, ttl: 1h}
  - {id: dawn, when: hour < 7, on: account, action: block, ttl: 1h, mode: shadow}
`

// files are shipped documents that a test changes.
type files struct {
	mu   sync.Mutex
	text string
	err  error
}

func (f *files) set(text string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text, f.err = text, err
}

func (f *files) Load(ctx context.Context) ([]source.Document, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	return source.NewFiles(fstest.MapFS{"museum.yaml": {Data: []byte(f.text)}, "opera.yaml": {Data: []byte("name: opera")}}).Load(ctx)
}

// desk is the operators' side and one process that follows it.
type desk struct {
	*life.Service
	db    *sqldb.DB
	store *sqlstore.Store
	files *files
	log   bytes.Buffer
	note  string
	now   time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{db: sqldbtest.SQLite(t), files: &files{text: shipped}, note: filepath.Join(t.TempDir(), "spool", "ruleset.json"), now: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)}
	d.store = migrated(t, d.db)
	d.Service = life.New(d.store, d.files, life.Options{Now: func() time.Time { return d.now }})
	return d
}

func (d *desk) follow() *sqlstore.Source {
	return sqlstore.NewSource(d.store, d.files, "museum", sqlstore.SourceOptions{
		Note: d.note, Now: func() time.Time { return d.now }, Logger: slog.New(slog.NewTextHandler(&d.log, nil)),
	})
}

// weaken publishes that the night rule only challenges or flags.
func (d *desk) weaken(t *testing.T, to ingest.Action) life.Version {
	t.Helper()
	v, err := d.ChangeRule(t.Context(), "museum", "night", life.Patch{Action: new(to)}, life.Word{By: "ana", Reason: "milder"})
	require.NoError(t, err)
	require.Equal(t, life.Published, v.State)
	return v
}

func load(t *testing.T, s *sqlstore.Source) (museum source.Document) {
	t.Helper()
	documents, err := s.Load(t.Context())
	require.NoError(t, err)
	require.Len(t, documents, 2, "the others are there too")
	require.Equal(t, "museum", documents[0].Name)
	return documents[0]
}

func TestSourceGivesThePublishedVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.follow()
	document := load(t, s)
	assert.Equal(t, shipped, string(document.Data))
	assert.False(t, document.Whole)
	v := d.weaken(t, ingest.Challenge)
	document = load(t, s)
	assert.Equal(t, source.Document{Name: "museum", Origin: "museum, version 1", Data: []byte(v.Text), Whole: true}, document)

	d.files.set("", errors.New("the folder is gone"))
	documents, err := s.Load(t.Context())
	require.Error(t, err)
	require.Len(t, documents, 1, "what is published does not need the folder")
}

func TestSourceWarnsOfFilesThatAreNotInForce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.follow()
	d.weaken(t, ingest.Challenge)
	load(t, s)
	const warning = "is not in force"
	assert.NotContains(t, d.log.String(), warning)
	d.files.set(strings.Replace(shipped, "hour < 5", "hour < 4", 1), nil)
	for range 3 {
		assert.Contains(t, string(load(t, s).Data), "hour < 5")
	}
	assert.Equal(t, 1, strings.Count(d.log.String(), warning), "said once")
	d.files.set(shipped, nil)
	load(t, s)
	d.files.set(strings.Replace(shipped, "hour < 5", "hour < 4", 1), nil)
	load(t, s)
	assert.Equal(t, 2, strings.Count(d.log.String(), warning), "another change is news")
}

func TestSourceWithoutSQL(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	running := d.follow()
	v := d.weaken(t, ingest.Challenge)
	require.Equal(t, v.Text, string(load(t, running).Data))
	info, err := os.Stat(d.note)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(d.note))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no half-written file stays")

	require.NoError(t, d.db.Close())
	for range 3 {
		assert.Equal(t, v.Text, string(load(t, running).Data), "the last known one stands")
	}
	assert.Equal(t, 1, strings.Count(d.log.String(), "the last known one stands"), "said once")
	assert.Equal(t, v.Text, string(load(t, d.follow()).Data), "a process that starts now knows it too")

	require.NoError(t, os.WriteFile(d.note, []byte("{broken"), 0o600))
	assert.Equal(t, shipped, string(load(t, d.follow()).Data))
	assert.Contains(t, d.log.String(), "the note of the published ruleset cannot be used")
	require.NoError(t, os.Remove(d.note))
	assert.Equal(t, shipped, string(load(t, d.follow()).Data), "without a note nothing was published, as far as it knows")
}

func TestSourceOnTablesThatAreNotThereYet(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s := sqlstore.NewSource(sqlstore.New(db), &files{text: shipped}, "museum", sqlstore.SourceOptions{})
	assert.Equal(t, shipped, string(load(t, s).Data))
}

func TestSourceThatCannotKeepANote(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, os.WriteFile(filepath.Dir(d.note), nil, 0o600)) // a file where the folder should be
	s := d.follow()
	v := d.weaken(t, ingest.Challenge)
	assert.Equal(t, v.Text, string(load(t, s).Data), "it is in force all the same")
	assert.Contains(t, d.log.String(), "cannot be noted on disk")
}

func TestTighteningEndsWithoutSQL(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.follow()
	mode := func() (rules.Mode, ingest.Action) {
		rs, err := rules.Decode("", load(t, s).Data)
		require.NoError(t, err)
		return rs.Rules[1].Mode, rs.Rules[1].Action
	}
	_, err := d.Tighten(t.Context(), "museum", "dawn", life.Word{By: "ana", Reason: "bots at dawn"})
	require.NoError(t, err)
	m, a := mode()
	assert.Equal(t, rules.ModeLive, m, "over the shipped document too")
	assert.Equal(t, ingest.Challenge, a)
	d.weaken(t, ingest.Flag)
	m, _ = mode()
	assert.Equal(t, rules.ModeLive, m, "over the published one")
	require.NoError(t, d.db.Close())
	s = d.follow()
	m, _ = mode()
	assert.Equal(t, rules.ModeLive, m, "a process that starts meanwhile tightens too")
	d.now = d.now.Add(time.Hour)
	m, a = mode()
	assert.Equal(t, rules.ModeShadow, m, "an hour is an hour")
	assert.Equal(t, ingest.Block, a)
}

// A stored version is in force at the first look, a file at the second.
func TestWatcherTakesAStoredVersionAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w, err := source.NewWatcher(t.Context(), d.follow(), source.Options{Interval: 10 * time.Millisecond})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	v := d.weaken(t, ingest.Challenge)
	assert.Eventually(t, func() bool { return w.Current().Version() == v.Program }, 5*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
}
