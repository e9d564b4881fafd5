package lists

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/note"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// maxSnapshotBytes bounds the file that a Snapshot reads.
const maxSnapshotBytes = 1 << 30

// saveEvery is the least time between two writes of a snapshot's file.
const saveEvery = 10 * time.Second

// Snapshot is a copy of the marks in memory, refreshed from SQL by version and
// kept on disk, so that a gateway that starts while every store is away still
// knows whom to refuse. It implements enforcement.Snapshot and is safe for
// concurrent use.
type Snapshot struct {
	db      *sqldb.DB
	path    string
	options Options

	mu      sync.RWMutex
	version int64
	marks   map[enforcement.Target][]byte
	saved   int64 // the version on disk
}

var _ enforcement.Snapshot = (*Snapshot)(nil)

// snapshotFile is the form on disk. Keys of Marks are "entity:key", values the
// stored form of the marks in base64.
type snapshotFile struct {
	Version int64             `json:"version"`
	Marks   map[string][]byte `json:"marks"`
}

// OpenSnapshot reads the copy at path; a missing file is an empty copy, and an
// unreadable one is logged and replaced at the next change.
func OpenSnapshot(ctx context.Context, db *sqldb.DB, path string, o Options) *Snapshot {
	s := &Snapshot{db: db, path: path, options: o.withDefaults(), marks: map[enforcement.Target][]byte{}}
	if err := s.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.options.Logger.LogAttrs(ctx, slog.LevelError, "list snapshot not read",
			slog.String("path", path), slog.Any("error", err))
	}
	return s
}

// Mark returns the stored form of a target's mark, nil where there is none. It must
// not be changed.
func (s *Snapshot) Mark(entity rules.Entity, key string) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.marks[enforcement.Target{Entity: entity, Key: key}]
}

// Run refreshes the copy every Poll until ctx ends, and saves it after a
// change, at most every saveEvery, and at the end. While SQL is away the copy
// stays as it is.
func (s *Snapshot) Run(ctx context.Context) {
	poll := time.NewTicker(s.options.Poll)
	defer poll.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "list snapshot not refreshed", "list snapshot refreshed again")
	last := time.Time{}
	for {
		err := s.Refresh(ctx)
		if now := s.options.Now(); ctx.Err() != nil || now.Sub(last) >= saveEvery {
			err = errors.Join(err, s.Save())
			last = now
		}
		if ctx.Err() != nil {
			return
		}
		away.Report(ctx, err)
		select {
		case <-ctx.Done():
		case <-poll.C:
		}
	}
}

// Refresh brings the copy in memory to the lists' present version.
func (s *Snapshot) Refresh(ctx context.Context) error {
	current, err := currentVersion(ctx, s.db)
	if err != nil {
		return err
	}
	s.mu.RLock()
	held := s.version
	s.mu.RUnlock()
	if held == current {
		return nil
	}
	view := Service{db: s.db, options: s.options}
	var fresh map[enforcement.Target]enforcement.Mark
	full := held == 0 || held > current
	if full {
		fresh, err = view.loadAll(ctx)
	} else {
		var changed []enforcement.Target
		if changed, err = changedSince(ctx, s.db, held); err == nil {
			fresh, err = view.load(ctx, changed)
		}
	}
	if err != nil {
		return err
	}
	encoded := make(map[enforcement.Target][]byte, len(fresh))
	for t, m := range fresh {
		if encoded[t], err = m.Encode(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	if full {
		s.marks = map[enforcement.Target][]byte{}
	}
	for t, data := range encoded {
		if data == nil {
			delete(s.marks, t)
		} else {
			s.marks[t] = data
		}
	}
	s.version = current
	s.mu.Unlock()
	return nil
}

// Save writes the file beside its place and renames it there, unless what is
// there is the same. It is not to be called while Run runs.
func (s *Snapshot) Save() error {
	s.mu.RLock()
	if s.version == s.saved {
		s.mu.RUnlock()
		return nil
	}
	file := snapshotFile{Version: s.version, Marks: make(map[string][]byte, len(s.marks))}
	for t, data := range s.marks {
		file.Marks[t.String()] = data
	}
	s.mu.RUnlock()
	data, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("encode the list snapshot: %w", err)
	}
	if err := note.Replace(s.path, data); err != nil {
		return fmt.Errorf("save the list snapshot: %w", err)
	}
	s.saved = file.Version
	return nil
}

// read loads the file and refuses it whole when any mark in it is bad.
func (s *Snapshot) read() error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if info.Size() > maxSnapshotBytes {
		return fmt.Errorf("%d bytes, at most %d", info.Size(), maxSnapshotBytes)
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	version, marks, err := decodeSnapshot(data)
	if err != nil {
		return err
	}
	s.version, s.saved, s.marks = version, version, marks
	return nil
}

func decodeSnapshot(data []byte) (int64, map[enforcement.Target][]byte, error) {
	var file snapshotFile
	if err := json.Unmarshal(data, &file); err != nil {
		return 0, nil, fmt.Errorf("decode: %w", err)
	}
	marks := make(map[enforcement.Target][]byte, len(file.Marks))
	for name, raw := range file.Marks {
		entity, key, found := strings.Cut(name, ":")
		t := enforcement.Target{Entity: rules.Entity(entity), Key: key}
		if !found || key == "" || !t.Valid() {
			return 0, nil, fmt.Errorf("target %q is not entity:key", name)
		}
		if _, err := enforcement.DecodeMark(raw); err != nil {
			return 0, nil, fmt.Errorf("mark of %q: %w", name, err)
		}
		marks[t] = raw
	}
	return file.Version, marks, nil
}
