package stream

import (
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/stream/spool"
)

// busyGroup is how many intents a group had that makes it worth waiting for
// more: with few visitors the wait would only be longer.
const busyGroup = 4

// write is the one goroutine that touches the spool's files. Group commit
// needs no timer with few visitors: what arrives while the disk syncs makes the
// next group. With many, a disk that syncs fast would be told to every few
// requests, and the system calls would take more of the processor than
// screening does: then it gathers for a moment first.
func (j *Journal) write() {
	defer close(j.written)
	tick := time.NewTicker(j.opts.SyncEvery)
	defer tick.Stop()
	w := &writerState{synced: time.Now()}
	for {
		select {
		case <-j.wake:
			j.gather(w)
			j.commit(w)
		case <-tick.C:
			j.commit(w) // also what waited for room
		case <-j.stop:
			j.commit(w)
			j.tend(w)
			j.giveUp()
			return
		}
		if time.Since(w.synced) >= j.opts.SyncEvery {
			j.tend(w)
		}
	}
}

type writerState struct {
	dirty  bool
	synced time.Time
	full   bool // the last write found no room; said once

	group    int      // intents in the last group that had any
	intents  []*entry // of the group being written
	payloads [][]byte // of the chunk being written
}

// gather waits for company where there is likely to be some.
func (j *Journal) gather(w *writerState) {
	if w.group < busyGroup || j.opts.Gather < 0 {
		return
	}
	timer := time.NewTimer(j.opts.Gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.stop:
	}
}

// commit writes what waits and answers the intents among it. Entries that are
// written and that nobody waits for are used again.
func (j *Journal) commit(w *writerState) {
	intents := w.intents[:0]
	all := j.take()
	for batch := all; len(batch) > 0; {
		chunk := j.chunk(w, batch)
		if err := j.log.Append(w.payloads...); err != nil {
			j.refuse(w, batch, err)
			break
		}
		batch = batch[len(chunk):]
		w.full, w.dirty = false, true
		j.release(chunk)
		signal(j.drain.wake)
		for _, e := range chunk {
			if e.waits() {
				intents = append(intents, e)
			} else {
				j.entries.Put(e)
			}
		}
	}
	j.giveBack(all)
	if len(intents) == 0 {
		return
	}
	w.group = len(intents)
	err := j.sync(w)
	for i, e := range intents {
		e.done <- err
		intents[i] = nil
	}
	w.intents = intents[:0]
}

// chunk cuts off a part of the batch that leaves segments near their size, so
// that they can be deleted one by one, and puts its payloads into w.
func (j *Journal) chunk(w *writerState, batch []*entry) []*entry {
	w.payloads = w.payloads[:0]
	var size int64
	for i, e := range batch {
		size += spool.FrameSize(len(e.payload))
		if i > 0 && size > j.opts.SegmentBytes {
			return batch[:i]
		}
		w.payloads = append(w.payloads, e.payload)
	}
	return batch
}

// take empties the buffer. The bytes stay accounted for until release.
func (j *Journal) take() []*entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	batch := j.pending
	j.pending, j.spare = j.spare, nil
	if j.dueSet {
		j.dueSet = false
		j.due.Stop()
	}
	return batch
}

// giveBack lets the array of a batch that is dealt with be used again.
func (j *Journal) giveBack(batch []*entry) {
	clear(batch)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.spare = batch[:0]
}

func (j *Journal) release(batch []*entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range batch {
		j.buffered -= spool.FrameSize(len(e.payload))
	}
}

// refuse deals with a batch that the disk did not take: ordinary records are
// dropped and counted, intents hear of it, outcomes of intents wait in memory
// for room.
func (j *Journal) refuse(w *writerState, batch []*entry, err error) {
	j.metrics.errors.WithLabelValues("write").Inc()
	if !w.full {
		w.full = true
		j.opts.Logger.Error("spool does not take records", "error", err)
	}
	answer := fmt.Errorf("write intent: %w", err)
	if errors.Is(err, spool.ErrFull) {
		answer = fmt.Errorf("%w: %w", ErrSpoolFull, err)
	}
	var keep, lost []*entry
	for _, e := range batch {
		if e.class == classCompletion {
			keep = append(keep, e)
			continue
		}
		lost = append(lost, e)
		j.metrics.dropped.WithLabelValues(string(e.class)).Inc()
	}
	j.release(lost)
	for _, e := range lost {
		if e.waits() {
			e.done <- answer // after which it is another's
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = append(keep, j.pending...)
}

// tend syncs what nobody waits for.
func (j *Journal) tend(w *writerState) {
	if err := j.sync(w); err != nil {
		j.opts.Logger.Error("spool does not sync", "error", err)
	}
}

// sync makes everything written durable.
func (j *Journal) sync(w *writerState) error {
	if !w.dirty {
		return nil
	}
	start := time.Now()
	err := j.log.Sync()
	w.synced = time.Now()
	j.metrics.fsync.Observe(w.synced.Sub(start).Seconds())
	w.dirty = false
	if err != nil {
		j.metrics.errors.WithLabelValues("sync").Inc()
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// giveUp counts what could not be written before the end.
func (j *Journal) giveUp() {
	for _, e := range j.take() {
		j.metrics.dropped.WithLabelValues(string(e.class)).Inc()
	}
}
