package embedded

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// saved is one string as a snapshot has it; keys and values may be any bytes.
type saved struct {
	Key   []byte        `json:"key"`
	Value []byte        `json:"value,omitempty"`
	TTL   time.Duration `json:"ttl,omitempty"`
}

// load puts a snapshot back and removes the file: after a crash there is none,
// and what was lost is known to be lost, instead of an old state being taken
// for the newest.
func load(server *miniredis.Miniredis, file string) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the snapshot: %w", err)
	}
	defer func() { _ = f.Close() }()
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var k saved
		err := d.Decode(&k)
		if errors.Is(err, io.EOF) {
			return os.Remove(file)
		}
		if err == nil {
			err = put(server, k)
		}
		if err != nil {
			server.FlushAll() // half a state is worse than none
			return errors.Join(fmt.Errorf("read the snapshot: %w", err), os.Remove(file))
		}
	}
}

func put(server *miniredis.Miniredis, k saved) error {
	key := string(k.Key)
	if err := server.Set(key, string(k.Value)); err != nil {
		return err
	}
	if k.TTL > 0 {
		server.SetTTL(key, k.TTL)
	}
	return nil
}

// save writes strings, which is all that is kept in Redis.
func save(server *miniredis.Miniredis, file string) (err error) {
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	out := bufio.NewWriter(f)
	e := json.NewEncoder(out)
	for _, key := range server.Keys() {
		text, err := server.Get(key)
		if errors.Is(err, miniredis.ErrKeyNotFound) {
			continue // expired meanwhile
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read %q for the snapshot: %w", key, err), f.Close())
		}
		if err := e.Encode(saved{Key: []byte(key), Value: []byte(text), TTL: server.TTL(key)}); err != nil {
			return errors.Join(fmt.Errorf("write the snapshot: %w", err), f.Close())
		}
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return nil
}
