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

// saved is one key as a snapshot has it; members and values may be any bytes.
type saved struct {
	Key    []byte        `json:"key"`
	Value  []byte        `json:"value,omitempty"`
	Scores []score       `json:"scores,omitempty"` // of a sorted set
	TTL    time.Duration `json:"ttl,omitempty"`
}

type score struct {
	Member []byte  `json:"m"`
	Score  float64 `json:"s"`
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
	if len(k.Scores) == 0 {
		if err := server.Set(key, string(k.Value)); err != nil {
			return err
		}
	}
	for _, s := range k.Scores {
		if _, err := server.ZAdd(key, s.Score, string(s.Member)); err != nil {
			return err
		}
	}
	if k.TTL > 0 {
		server.SetTTL(key, k.TTL)
	}
	return nil
}

// save writes strings and sorted sets, which is all that is kept in Redis.
func save(server *miniredis.Miniredis, file string) (err error) {
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	out := bufio.NewWriter(f)
	e := json.NewEncoder(out)
	for _, key := range server.Keys() {
		k := saved{Key: []byte(key), TTL: server.TTL(key)}
		switch server.Type(key) {
		case "string":
			text, err := server.Get(key)
			if err != nil {
				continue // expired meanwhile
			}
			k.Value = []byte(text)
		case "zset":
			members, err := server.SortedSet(key)
			if err != nil {
				continue
			}
			for m, s := range members {
				k.Scores = append(k.Scores, score{[]byte(m), s})
			}
		default:
			continue
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
