package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/ClickHouse/ch-go/proto"

	"fairgate/enforcement/backtest"
	"fairgate/ingest"
)

// codecBuffer is the size in bytes of ch-go's own read buffer. A buffered
// reader of that size is used by ch-go as it is, so that the end between two
// blocks can be told from one within a block.
const codecBuffer = 128 << 10

// blocks decodes an answer block by block into results, and yields the number
// of rows of each that has any.
func blocks(native []byte, results proto.Results) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		source := bufio.NewReaderSize(bytes.NewReader(native), codecBuffer)
		reader := proto.NewReader(source)
		for n := 0; ; n++ {
			if _, err := source.Peek(1); errors.Is(err, io.EOF) {
				return
			}
			for i := range results {
				results[i].Data.Reset()
			}
			var block proto.Block
			if err := block.DecodeBlock(reader, 0, results); err != nil {
				yield(0, fmt.Errorf("decode block %d of history: %w", n, err))
				return
			}
			if block.Rows > 0 && !yield(block.Rows, nil) {
				return
			}
		}
	}
}

// events yields the answer's events, in batches. last is the id of the event
// before; rows that repeat it are left out.
func (t *tableau) events(native []byte, last *string, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		for rows, err := range blocks(native, t.results()) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range t.columns {
				if prepare := t.columns[i].prepare; prepare != nil {
					prepare()
				}
			}
			for from := 0; from < rows; from += backtest.BatchEvents {
				events := t.batch(from, min(from+backtest.BatchEvents, rows), last, spare())
				if len(events) > 0 && !yield(events, nil) {
					return
				}
			}
		}
	}
}

// batch makes events of some rows, in the memory of into where it suffices.
func (t *tableau) batch(from, to int, last *string, into []ingest.Event) []ingest.Event {
	if cap(into) < to-from {
		into = make([]ingest.Event, 0, backtest.BatchEvents)
	}
	events := into[:to-from]
	clear(events)
	for i := range t.columns {
		t.columns[i].fill(events, from)
	}
	kept := 0
	for i := range events {
		if events[i].ID == *last {
			continue // delivered before, and no more complete
		}
		*last = events[i].ID
		if kept != i {
			events[kept] = events[i]
		}
		kept++
	}
	return events[:kept]
}
