package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// chunk is how much a Reader asks of the disk at a time, in bytes.
const chunk = 256 << 10

// roomLeast is the least that is allocated to read into, so that it serves for
// longer reads later.
const roomLeast = 64 << 10

// Reader goes through a log from a position on, following its writer. It is
// not safe for concurrent use.
type Reader struct {
	log     *Log
	pos     Position
	file    *os.File
	buf     []byte // bytes of the file from pos.Offset on
	room    []byte // the array that buf is of
	free    []byte // one in which nobody has a payload any more
	damaged int64
}

// Reader returns a reader that begins at from. Where from is gone it begins
// at the next frame that exists.
func (l *Log) Reader(from Position) *Reader { return &Reader{log: l, pos: from} }

// Position is where the next frame will be looked for.
func (r *Reader) Position() Position { return r.pos }

// Damaged tells how many bytes were skipped because a frame in the middle of
// a closed segment did not check.
func (r *Reader) Damaged() int64 { return r.damaged }

// Next returns the next payload and its position. The payload may be kept until
// Release and must not be changed. At the end of the log the error is io.EOF; a later call
// goes on with what was appended since.
func (r *Reader) Next() (payload []byte, at Position, err error) {
	for {
		seg, last, ok := r.log.find(r.pos.Segment)
		if !ok {
			return nil, r.pos, io.EOF
		}
		if seg.index != r.pos.Segment {
			r.jump(seg.index)
		}
		r.pos.Offset = max(r.pos.Offset, headerSize)
		payload, need, err := r.frame(seg)
		switch {
		case err != nil:
			return nil, r.pos, err
		case payload != nil:
			at = r.pos
			r.pos.Offset += int64(need)
			r.buf = r.buf[need:]
			return payload, at, nil
		case last && r.pos.Offset >= seg.size:
			return nil, r.pos, io.EOF
		case last:
			// Appended by this process a moment ago and already unreadable:
			// go on with the next segment once there is one.
			r.damaged += seg.size - r.pos.Offset
			r.pos.Offset = seg.size
			r.buf = nil
			return nil, r.pos, io.EOF
		default:
			r.damaged += max(0, seg.size-r.pos.Offset)
			r.jump(seg.index + 1)
		}
	}
}

// Release says that the payloads that Next has given out are needed no more, so
// that their memory can be used for the next ones.
func (r *Reader) Release() {
	if len(r.buf) == 0 && r.room != nil {
		r.free, r.room, r.buf = r.room, nil, nil
	}
}

// Keep says that somebody may look at payloads that Next has given out for an
// unknown time: the next Release does not include them.
func (r *Reader) Keep() { r.room = nil }

// frame returns the frame at the reader's position, or nil at the end of the
// readable part of seg.
func (r *Reader) frame(seg segment) (payload []byte, need int, err error) {
	for want := frameSize; ; {
		payload, need, state := decodeFrame(r.buf)
		if state == frameWhole {
			return payload, need, nil
		}
		want = max(want, need)
		left := seg.size - r.pos.Offset
		if state == frameBroken || int64(want) > left {
			return nil, 0, nil
		}
		if err := r.fill(min(left, int64(max(want, chunk)))); err != nil {
			return nil, 0, err
		}
	}
}

// fill reads n bytes from the reader's position on.
func (r *Reader) fill(n int64) error {
	if r.file == nil {
		f, err := os.Open(path(r.log.dir, r.pos.Segment))
		if err != nil {
			return fmt.Errorf("open spool segment %d: %w", r.pos.Segment, err)
		}
		r.file = f
	}
	r.room, r.free = r.free, nil
	if int64(cap(r.room)) < n {
		r.room = make([]byte, max(n, roomLeast))
	}
	r.buf = r.room[:n]
	if _, err := r.file.ReadAt(r.buf, r.pos.Offset); err != nil {
		r.buf = nil
		return fmt.Errorf("read spool segment %d at %d: %w", r.pos.Segment, r.pos.Offset, err)
	}
	return nil
}

func (r *Reader) jump(index uint64) {
	r.pos, r.buf = Position{Segment: index, Offset: headerSize}, nil
	if r.file != nil {
		_ = r.file.Close() // opened for reading only
		r.file = nil
	}
}

// Close releases the reader's file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// find returns the segment index, or the first after it, and whether it is
// the one being written.
func (l *Log) find(index uint64) (seg segment, last, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range l.segments {
		if s.index >= index {
			return s, i == len(l.segments)-1, true
		}
	}
	return segment{}, false, false
}

// ReadAt returns a copy of the payload at a position, or ErrGone.
func (l *Log) ReadAt(at Position) ([]byte, error) {
	r := l.Reader(at)
	payload, found, err := r.Next()
	if errors.Is(err, io.EOF) || err == nil && found != at {
		err = ErrGone
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("segment %d offset %d: %w", at.Segment, at.Offset, err), r.Close())
	}
	return append([]byte(nil), payload...), r.Close()
}
