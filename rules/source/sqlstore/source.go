package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"fairgate/ingest/note"
	"fairgate/ingest/outage"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/source"
)

// patience is how long one look may take: a database that hangs must not keep
// files and tightenings from being looked at.
const patience = 2 * time.Second

// SourceOptions adjust a Source. The zero value is usable.
type SourceOptions struct {
	// Note is the file in which the last published document is kept for a start
	// without SQL; empty: none.
	Note   string
	Now    func() time.Time
	Logger *slog.Logger // default: discards
}

// Source gives the documents of another source, with the published version in
// place of the document of one name, and what is tightened over it. While SQL is
// away, what was last read stands; a process that starts meanwhile begins with
// its note, or with the shipped document where it has none. Tightenings run out
// with or without SQL. It is safe for concurrent use.
type Source struct {
	store   *Store
	shipped source.Source
	ruleset string
	o       SourceOptions
	away    *outage.Log
	unnoted *outage.Log

	mu       sync.Mutex
	known    *remembered // nil: neither SQL nor the note was ever read
	revision int64
	warned   string // hash of the file that was warned of
}

var _ source.Source = (*Source)(nil)

// remembered is what is in force, as it is kept on disk.
type remembered struct {
	Number      int64             `json:"number"` // 0: the shipped document
	Text        string            `json:"text,omitempty"`
	File        string            `json:"file,omitempty"` // hash of the shipped document at the publication
	Tightenings []life.Tightening `json:"tightenings,omitempty"`
}

// NewSource returns the source of a process that runs this ruleset.
func NewSource(store *Store, shipped source.Source, ruleset string, o SourceOptions) *Source {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Source{
		store: store, shipped: shipped, ruleset: ruleset, o: o, revision: -1,
		away: outage.New(o.Logger, o.Now, slog.LevelWarn,
			"published rulesets cannot be read; the last known one stands", "published rulesets can be read again"),
		unnoted: outage.New(o.Logger, o.Now, slog.LevelWarn,
			"the published ruleset cannot be noted on disk; a start without SQL would not know it", "the published ruleset is noted on disk again"),
	}
}

// Load gives the documents. It fails only where the shipped ones cannot be read
// and nothing was published.
func (s *Source) Load(ctx context.Context) ([]source.Document, error) {
	documents, err := s.shipped.Load(ctx)
	known := s.look(ctx)
	if known == nil || (known.Number == 0 && len(known.Tightenings) == 0) {
		return documents, err
	}
	at := -1
	for i := range documents {
		if documents[i].Name == s.ruleset {
			at = i
		}
	}
	if known.Number > 0 {
		published := source.Document{
			Name: s.ruleset, Origin: fmt.Sprintf("%s, version %d", s.ruleset, known.Number), Data: []byte(known.Text), Whole: true,
		}
		if at < 0 {
			documents, at = append(documents, published), len(documents)
		} else {
			s.warn(ctx, documents[at], known)
			documents[at] = published
		}
	}
	if at >= 0 {
		documents[at].Data = s.tighten(documents[at].Data, known.Tightenings)
	}
	return documents, err
}

// look reads what is in force where it changed, and remembers it.
func (s *Source) look(ctx context.Context) *remembered {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	mark, _, err := s.store.mark(ctx, s.ruleset)
	if err == nil && mark.revision != s.revision {
		var f inForce
		if f, err = s.store.inForce(ctx, s.ruleset); err == nil {
			s.revision, s.known = f.revision, noteOf(&f)
			s.unnoted.Report(ctx, s.write())
		}
	}
	if err != nil && s.known == nil {
		s.known = s.recall(ctx)
	}
	s.away.Report(ctx, err)
	return s.known
}

func noteOf(f *inForce) *remembered {
	n := &remembered{File: f.file, Tightenings: f.live.Tightenings}
	if f.live.Version != nil {
		n.Number, n.Text = f.live.Version.Number, f.live.Version.Text
	}
	return n
}

// write keeps what is in force on disk. It appears whole or not at all; several
// processes may share the file.
func (s *Source) write() error {
	if s.o.Note == "" {
		return nil
	}
	text, err := json.Marshal(s.known)
	if err != nil {
		return fmt.Errorf("note the published ruleset: %w", err)
	}
	if err := note.Replace(s.o.Note, text); err != nil {
		return fmt.Errorf("note the published ruleset: %w", err)
	}
	return nil
}

// maxNote bounds what is read back: a text of the largest size, escaped.
const maxNote = 8 * rules.MaxSize

// recall reads the note; without a usable one nothing is known.
func (s *Source) recall(ctx context.Context) *remembered {
	if s.o.Note == "" {
		return nil
	}
	info, err := os.Stat(s.o.Note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var n remembered
	if err == nil && info.Size() > maxNote {
		err = fmt.Errorf("it has %d bytes, at most %d are read", info.Size(), maxNote)
	}
	if err == nil {
		var text []byte
		if text, err = os.ReadFile(s.o.Note); err == nil {
			err = json.Unmarshal(text, &n)
		}
	}
	if err != nil {
		s.o.Logger.ErrorContext(ctx, "the note of the published ruleset cannot be used", "error", err, "file", s.o.Note)
		return nil
	}
	return &n
}

// warn says once that a file was changed which is not in force.
func (s *Source) warn(ctx context.Context, file source.Document, known *remembered) {
	hash := life.HashOf(file.Data)
	s.mu.Lock()
	again := hash == s.warned || hash == known.File
	s.warned = hash
	s.mu.Unlock()
	if !again {
		s.o.Logger.WarnContext(ctx, "a ruleset file differs from what it was and is not in force: a published version is",
			"file", file.Origin, "ruleset", s.ruleset, "version", known.Number)
	}
}

// tighten puts what is tightened over a text. A text that does not compile is
// left for the Watcher to refuse.
func (s *Source) tighten(text []byte, tightenings []life.Tightening) []byte {
	tightened, err := life.Apply(text, tightenings, s.o.Now())
	if err != nil {
		return text
	}
	return tightened
}
