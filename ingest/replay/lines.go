package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxLine is the longest line in bytes that is read; longer ones are counted
// as unreadable.
const MaxLine = 64 << 10

var errLong = fmt.Errorf("longer than %d bytes", MaxLine)

// lines reads a file, plain or gzipped (told by its first bytes), line by
// line in bounded memory.
type lines struct {
	file *os.File
	in   *bufio.Reader
	n    int
}

func openLines(name string) (*lines, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(f, MaxLine+2)
	if first, err := in.Peek(2); err == nil && first[0] == 0x1f && first[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("gzip: %w", err), f.Close())
		}
		in = bufio.NewReaderSize(z, MaxLine+2)
	}
	return &lines{file: f, in: in}, nil
}

// next returns the next line without its ending, and its number. The bytes
// are valid until the following call. errLong skips a line; io.EOF ends.
func (l *lines) next() ([]byte, int, error) {
	b, err := l.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		l.n++
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, l.n, err
		}
		return nil, l.n, errLong
	case errors.Is(err, io.EOF) && len(b) == 0:
		return nil, l.n, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, l.n, fmt.Errorf("after line %d: %w", l.n, err)
	}
	l.n++
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(b) > MaxLine {
		return nil, l.n, errLong
	}
	return b, l.n, nil
}

func (l *lines) close() error { return l.file.Close() }
