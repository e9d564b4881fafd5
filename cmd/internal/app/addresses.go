package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"fairgate/ingest/note"
)

// ErrNotRunning means that nobody works in the data directory.
var ErrNotRunning = errors.New("no `fairgate dev` runs there")

// Addresses are where the development command listens, as host:port.
type Addresses struct {
	Gateway   string `json:"gateway"`
	Ticketing string `json:"ticketing"`
	Operators string `json:"operators"`
}

// addressesFile lies in the data directory while the development command runs.
const addressesFile = "addresses.json"

// noteAddresses tells programs beside the service where it listens.
func (d *Data) noteAddresses(a Addresses) error {
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("note the addresses: %w", err)
	}
	return note.Replace(d.Path(addressesFile), append(text, '\n'))
}

// forgetAddresses removes what was noted, also by a run that was killed.
func (d *Data) forgetAddresses() error {
	if err := os.Remove(d.Path(addressesFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the addresses: %w", err)
	}
	return nil
}

// ReadAddresses reads where the development command that holds a data directory
// listens. Where none holds it, what a killed one left says nothing, and the
// error wraps ErrNotRunning.
func ReadAddresses(dir string) (Addresses, error) {
	var a Addresses
	file := filepath.Join(dir, addressesFile)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, fmt.Errorf("data directory %s: %w", dir, ErrNotRunning)
	case err != nil:
		return a, fmt.Errorf("read the addresses: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockFile))
	free, err := lock.TryRLock()
	if err != nil {
		return a, fmt.Errorf("look at the lock of the data directory: %w", err)
	}
	if free {
		if err := lock.Unlock(); err != nil {
			return a, fmt.Errorf("unlock the data directory: %w", err)
		}
		return a, fmt.Errorf("data directory %s: %w; %s is left over from one that was killed", dir, ErrNotRunning, addressesFile)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return Addresses{}, fmt.Errorf("%s: %w", file, err)
	}
	for name, addr := range map[string]string{"gateway": a.Gateway, "ticketing": a.Ticketing, "operators": a.Operators} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return Addresses{}, fmt.Errorf("%s: %s: %w", file, name, err)
		}
	}
	return a, nil
}
