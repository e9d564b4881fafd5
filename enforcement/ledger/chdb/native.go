package chdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// recode turns the engine's Native blocks, always written for protocol
// revision 0, into those that a client of the given revision expects, with
// clickhouse-go's own codec. Revision 0 is passed through.
func recode(native []byte, revision uint64) ([]byte, error) {
	if revision == 0 || len(native) == 0 {
		return native, nil
	}
	reader := chproto.NewReader(bytes.NewReader(native))
	out := chproto.Buffer{Buf: make([]byte, 0, len(native)+1024)}
	for blocks := 0; ; blocks++ {
		block := proto.NewBlock()
		if err := block.Decode(reader, 0); err != nil {
			// Between two blocks the end of the data is the end of the
			// result; the codec wraps it.
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return out.Buf, nil
			}
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
