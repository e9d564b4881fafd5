package spool

import "fmt"

// roomStep is how much room a segment is given at a time, in bytes: some seven
// hundred bookings.
const roomStep = 1 << 20

// zeros are what room is made of.
var zeros [roomStep]byte

// makeRoom fills the segment with zeros ahead of what will be written, up to
// need and beyond. To write where the file already has blocks changes nothing
// but those blocks, and then to sync is to wait for these alone: where each
// write makes the file longer, each sync writes the file system's own journal
// as well, which costs twice the processor time and waits for everybody else
// who syncs on that disk.
//
// Room is no more than that. Where it cannot be had the segment grows with its
// frames, as far as it may.
func (l *Log) makeRoom(need int64) {
	for l.room < need && l.room < l.opts.SegmentBytes {
		step := min(roomStep, l.opts.SegmentBytes-l.room)
		if _, err := l.file.WriteAt(zeros[:step], l.room); err != nil {
			// The write that follows tells what is wrong; room is not asked for
			// again in this segment.
			l.room = l.opts.SegmentBytes
			return
		}
		l.room += step
	}
}

// trim cuts off the room that was not used, so that a segment that is not the
// last one ends with its last frame.
func (l *Log) trim() error {
	last := l.last()
	if err := l.file.Truncate(last.size); err != nil {
		return fmt.Errorf("trim spool segment %d: %w", last.index, err)
	}
	l.room = last.size
	return nil
}
