package chdb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// codecBuffer is the size in bytes of ch-go's own read buffer.
const codecBuffer = 128 << 10

// recode turns the engine's Native blocks, always written for protocol
// revision 0, into those that a client of the given revision expects, with
// clickhouse-go's own codec. Revision 0 is passed through.
func recode(native []byte, revision uint64) ([]byte, error) {
	if revision == 0 || len(native) == 0 {
		return native, nil
	}
	// The codec reads through this very buffer, since it is as large as the
	// one it would make itself: so the end between two blocks can be told from
	// one within a block.
	source := bufio.NewReaderSize(bytes.NewReader(native), codecBuffer)
	reader := chproto.NewReader(source)
	out := chproto.Buffer{Buf: make([]byte, 0, len(native)+1024)}
	for blocks := 0; ; blocks++ {
		if _, err := source.Peek(1); errors.Is(err, io.EOF) {
			return out.Buf, nil
		}
		block := proto.NewBlock()
		if err := block.Decode(reader, 0); err != nil {
			return nil, fmt.Errorf("decode native block %d: %w", blocks, err)
		}
		if err := encode(block, &out, revision); err != nil {
			return nil, fmt.Errorf("encode native block %d: %w", blocks, err)
		}
	}
}

// encode writes one block. A block without rows is written column by column:
// the codec would add the state prefix of types such as LowCardinality, which
// no reader expects there.
func encode(block *proto.Block, out *chproto.Buffer, revision uint64) error {
	if block.Rows() > 0 {
		return block.Encode(out, revision)
	}
	if err := block.EncodeHeader(out, revision); err != nil {
		return err
	}
	for _, col := range block.Columns {
		encodeEmpty(col, out, revision)
	}
	return nil
}

func encodeEmpty(col column.Interface, out *chproto.Buffer, revision uint64) {
	out.PutString(col.Name())
	out.PutString(string(col.Type()))
	if revision >= proto.DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION {
		out.PutBool(false)
	}
}
