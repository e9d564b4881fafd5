package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/ClickHouse/ch-go/proto"

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

// batch is how many events are handed on at once. It bounds what the stages of
// a run hold, whatever the size of ClickHouse's blocks.
const batch = 2048

// events yields the answer's events, in batches that the receiver may keep.
// last is the id of the event before; rows that repeat it are left out.
func (t *tableau) events(native []byte, last *string) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		results := t.results()
		for rows, err := range blocks(native, results) {
			if err != nil {
				yield(nil, err)
				return
			}
			events := make([]ingest.Event, rows)
			for i := range t.columns {
				t.columns[i].fill(events)
			}
			kept := events[:0]
			for i := range events {
				if events[i].ID == *last {
					continue // delivered before, and no more complete
				}
				*last = events[i].ID
				kept = append(kept, events[i])
			}
			for len(kept) > 0 {
				n := min(batch, len(kept))
				if !yield(kept[:n:n], nil) {
					return
				}
				kept = kept[n:]
			}
		}
	}
}
