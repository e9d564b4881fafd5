package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func path(dir string, index uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d.seg", index))
}

// create makes an empty segment whose name survives a loss of power.
func create(dir string, index uint64) (*os.File, error) {
	f, err := os.OpenFile(path(dir, index), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		// Left behind by an attempt that ran out of space half way.
		f, err = os.OpenFile(path(dir, index), os.O_TRUNC|os.O_WRONLY, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(magic); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := syncDir(dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// scan lists the segments of dir, oldest first, and cuts the torn tail off
// the last one. Only the last can be torn: those before it were synced when
// they were closed, or cut by an earlier scan.
func scan(dir string) (segments []segment, cut int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, fmt.Errorf("list spool directory: %w", err)
	}
	for _, entry := range entries {
		name, found := strings.CutSuffix(entry.Name(), ".seg")
		if !found {
			continue
		}
		index, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("spool segment %q: its name is not a number", entry.Name())
		}
		info, err := entry.Info()
		if err != nil {
			return nil, 0, fmt.Errorf("spool segment %d: %w", index, err)
		}
		segments = append(segments, segment{index: index, size: info.Size()})
	}
	slices.SortFunc(segments, func(a, b segment) int {
		if a.index < b.index {
			return -1
		}
		return 1
	})
	if len(segments) == 0 {
		return nil, 0, nil
	}
	last := &segments[len(segments)-1]
	good, torn, err := repair(path(dir, last.index))
	if err != nil {
		return nil, 0, fmt.Errorf("repair spool segment %d: %w", last.index, err)
	}
	last.size = good
	return segments, torn, nil
}

// repair truncates the file after its last whole frame and returns its size,
// and how much of what it cut was not room.
func repair(name string) (good, torn int64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, 0, err
	}
	if strings.HasPrefix(string(b[:min(len(b), len(magic))]), magic) {
		good = headerSize
		for {
			_, need, state := decodeFrame(b[good:])
			if state != frameWhole {
				break
			}
			good += int64(need)
		}
	}
	if good == int64(len(b)) {
		return good, 0, nil
	}
	torn = int64(len(bytes.TrimRight(b[good:], "\x00")))
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return 0, 0, err
	}
	return good, torn, errors.Join(f.Truncate(good), f.Sync(), f.Close())
}

// WriteState replaces dir/name by b, so that after a crash either the old or
// the new content is there, whole.
func (l *Log) WriteState(name string, b []byte) error {
	target := filepath.Join(l.dir, name)
	f, err := os.OpenFile(target+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return classify(fmt.Errorf("write spool state %s: %w", name, err))
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return classify(fmt.Errorf("write spool state %s: %w", name, err))
	}
	if err := os.Rename(target+".new", target); err != nil {
		return fmt.Errorf("replace spool state %s: %w", name, err)
	}
	return syncDir(l.dir)
}

// ReadState returns what WriteState wrote, or nil where there is nothing.
func (l *Log) ReadState(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(l.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read spool state %s: %w", name, err)
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}
