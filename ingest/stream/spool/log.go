package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/gofrs/flock"
)

// Errors of a Log.
var (
	// ErrFull says that the disk, a quota or a file size limit refused bytes.
	ErrFull = errors.New("no space for the spool")
	// ErrLocked says that another process has the directory open.
	ErrLocked = errors.New("spool directory is in use by another process")
	// ErrTooLarge says that a payload is empty or beyond MaxPayload.
	ErrTooLarge = errors.New("spool payload size out of range")
	// ErrGone says that a position points at no readable frame (any more).
	ErrGone = errors.New("spool position is gone")
)

// Position is a place between two frames.
type Position struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
}

// Before reports whether p comes before q.
func (p Position) Before(q Position) bool {
	return p.Segment < q.Segment || p.Segment == q.Segment && p.Offset < q.Offset
}

// Options of a Log.
type Options struct {
	// SegmentBytes is the size at which a segment is closed; 0 means 16 MiB.
	SegmentBytes int64
}

// Log is the spool. Append, Sync and Close belong to one goroutine; every
// other method is safe for concurrent use.
type Log struct {
	dir  string
	opts Options
	lock *flock.Flock
	file *os.File // the last segment
	room int64    // its size as a file, the zeros at its end included
	buf  []byte

	mu       sync.Mutex
	segments []segment // oldest first; the last one is being written
	bytes    int64     // sum of their sizes
	repaired int64
}

type segment struct {
	index uint64
	size  int64 // bytes that readers may read
}

// Open opens or creates the log in dir, cuts a torn tail off the last segment
// and starts a new one.
func Open(dir string, opts Options) (*Log, error) {
	if opts.SegmentBytes <= 0 {
		opts.SegmentBytes = 16 << 20
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create spool directory: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock spool directory: %w", err)
	case !ok:
		return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	l := &Log{dir: dir, opts: opts, lock: lock}
	if err := l.load(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return l, nil
}

func (l *Log) load() error {
	segments, cut, err := scan(l.dir)
	if err != nil {
		return err
	}
	next := uint64(1)
	for _, s := range segments {
		l.bytes += s.size
		next = s.index + 1
	}
	l.segments, l.repaired = segments, cut
	return l.start(next)
}

// start creates segment index and makes it the one being written.
func (l *Log) start(index uint64) error {
	f, err := create(l.dir, index)
	if err != nil {
		return classify(fmt.Errorf("create spool segment %d: %w", index, err))
	}
	old := l.file
	l.mu.Lock()
	l.file, l.room = f, headerSize
	l.segments = append(l.segments, segment{index: index, size: headerSize})
	l.bytes += headerSize
	l.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// Append writes the payloads in order, all or none, and makes them visible to
// readers. They survive the end of the process at once and the loss of power
// after the next Sync. Lack of space is ErrFull.
func (l *Log) Append(payloads ...[]byte) error {
	l.buf = l.buf[:0]
	for _, p := range payloads {
		if len(p) == 0 || len(p) > MaxPayload {
			return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(p), MaxPayload)
		}
		l.buf = appendFrame(l.buf, p)
	}
	last := l.last()
	if last.size > headerSize && last.size+int64(len(l.buf)) > l.opts.SegmentBytes {
		if err := l.roll(); err != nil {
			return err
		}
		last = l.last()
	}
	l.makeRoom(last.size + int64(len(l.buf)))
	if _, err := l.file.WriteAt(l.buf, last.size); err != nil {
		err = fmt.Errorf("write spool segment %d: %w", last.index, err)
		// What was written in part must not be read after a restart.
		return classify(errors.Join(err, l.file.Truncate(last.size)))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments[len(l.segments)-1].size += int64(len(l.buf))
	l.bytes += int64(len(l.buf))
	return nil
}

func (l *Log) last() segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.segments[len(l.segments)-1]
}

func (l *Log) roll() error {
	if err := errors.Join(l.trim(), l.Sync()); err != nil {
		return err
	}
	return l.start(l.last().index + 1)
}

// Sync waits until everything appended is on the disk. After an error nothing
// can be said about what was appended since the last Sync (the kernel may
// have dropped the pages), so writing goes on in a new segment.
func (l *Log) Sync() error {
	err := syncData(l.file)
	if err == nil {
		return nil
	}
	last := l.last()
	err = fmt.Errorf("sync spool segment %d: %w", last.index, err)
	return classify(errors.Join(err, l.trim(), l.start(last.index+1)))
}

// End is the position after the last frame.
func (l *Log) End() Position {
	last := l.last()
	return Position{Segment: last.index, Offset: last.size}
}

// Bytes tells how many bytes the segments take on disk.
func (l *Log) Bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// BytesFrom tells how many bytes of frames follow a position.
func (l *Log) BytesFrom(p Position) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int64
	for _, s := range l.segments {
		switch {
		case s.index > p.Segment:
			n += s.size - headerSize
		case s.index == p.Segment:
			n += max(0, s.size-max(p.Offset, headerSize))
		}
	}
	return n
}

// Repaired tells how many bytes of a torn tail Open cut off, zeros at its end
// left out: they are mostly room that was made and not used.
func (l *Log) Repaired() int64 { return l.repaired }

// Remove deletes the segments before index. The one being written stays. Only
// one goroutine may remove.
func (l *Log) Remove(index uint64) error {
	for {
		l.mu.Lock()
		first, count := l.segments[0], len(l.segments)
		l.mu.Unlock()
		if count == 1 || first.index >= index {
			return nil
		}
		// Deleting takes long enough that nobody should wait for it.
		if err := os.Remove(path(l.dir, first.index)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove spool segment %d: %w", first.index, err)
		}
		l.mu.Lock()
		l.segments = l.segments[1:]
		l.bytes -= first.size
		l.mu.Unlock()
	}
}

// Close syncs, closes and unlocks the log.
func (l *Log) Close() error {
	return errors.Join(l.trim(), l.file.Sync(), l.file.Close(), l.lock.Close())
}

// classify marks errors that mean lack of space.
func classify(err error) error {
	for _, no := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}
