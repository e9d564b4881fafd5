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

// saved is one key as a snapshot has it, of the types that are used: a string,
// a hash or a set. Keys, fields, members and values may be any bytes.
type saved struct {
	Key     []byte        `json:"key"`
	Value   []byte        `json:"value,omitempty"`
	Hash    []field       `json:"hash,omitempty"`
	Members [][]byte      `json:"members,omitempty"` // of a set
	TTL     time.Duration `json:"ttl,omitempty"`
}

type field struct {
	Name  []byte `json:"n"`
	Value []byte `json:"v"`
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
	switch {
	case len(k.Hash) > 0:
		for _, f := range k.Hash {
			server.HSet(key, string(f.Name), string(f.Value))
		}
	case len(k.Members) > 0:
		for _, m := range k.Members {
			if _, err := server.SetAdd(key, string(m)); err != nil {
				return err
			}
		}
	default:
		if err := server.Set(key, string(k.Value)); err != nil {
			return err
		}
	}
	if k.TTL > 0 {
		server.SetTTL(key, k.TTL)
	}
	return nil
}

// save writes every key, or says which it cannot.
func save(server *miniredis.Miniredis, file string) (err error) {
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	out := bufio.NewWriter(f)
	e := json.NewEncoder(out)
	for _, key := range server.Keys() {
		k, err := take(server, key)
		if errors.Is(err, miniredis.ErrKeyNotFound) {
			continue // expired meanwhile
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read %q for the snapshot: %w", key, err), f.Close())
		}
		if err := e.Encode(k); err != nil {
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

// take reads one key.
func take(server *miniredis.Miniredis, key string) (k saved, err error) {
	k = saved{Key: []byte(key), TTL: server.TTL(key)}
	switch kind := server.Type(key); kind {
	case "":
		return k, miniredis.ErrKeyNotFound
	case "string":
		text, err := server.Get(key)
		k.Value = []byte(text)
		return k, err
	case "hash":
		names, err := server.HKeys(key)
		for _, name := range names {
			k.Hash = append(k.Hash, field{Name: []byte(name), Value: []byte(server.HGet(key, name))})
		}
		return k, err
	case "set":
		members, err := server.Members(key)
		for _, m := range members {
			k.Members = append(k.Members, []byte(m))
		}
		return k, err
	default:
		return k, fmt.Errorf("a %s is not kept", kind)
	}
}
