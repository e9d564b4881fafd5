package stream

import (
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/stream/spool"
)

// write is the one goroutine that touches the spool's files. Group commit
// needs no timer: what arrives while the disk syncs makes the next group.
func (j *Journal) write() {
	defer close(j.written)
	tick := time.NewTicker(j.opts.SyncEvery)
	defer tick.Stop()
	w := &writerState{synced: time.Now()}
	for {
		select {
		case <-j.wake:
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
}

// commit writes what waits and answers the intents among it.
func (j *Journal) commit(w *writerState) {
	var intents []*entry
	batch := j.take()
	for len(batch) > 0 {
		chunk, payloads := j.chunk(batch)
		if err := j.log.Append(payloads...); err != nil {
			j.refuse(w, batch, err)
			break
		}
		batch = batch[len(chunk):]
		w.full, w.dirty = false, true
		j.release(chunk)
		signal(j.drain.wake)
		for _, e := range chunk {
			if e.done != nil {
				intents = append(intents, e)
			}
		}
	}
	if len(intents) == 0 {
		return
	}
	err := j.sync(w)
	for _, e := range intents {
		e.done <- err
	}
}

// chunk cuts off a part of the batch that leaves segments near their size, so
// that they can be deleted one by one.
func (j *Journal) chunk(batch []*entry) (part []*entry, payloads [][]byte) {
	var size int64
	for i, e := range batch {
		size += spool.FrameSize(len(e.payload))
		if i > 0 && size > j.opts.SegmentBytes {
			return batch[:i], payloads
		}
		payloads = append(payloads, e.payload)
	}
	return batch, payloads
}

// take empties the buffer. The bytes stay accounted for until release.
func (j *Journal) take() []*entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	batch := j.pending
	j.pending = nil
	return batch
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
		if e.done != nil {
			e.done <- answer
		}
	}
	j.release(lost)
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
