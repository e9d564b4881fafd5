package fingerprint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a file of ranges.
const (
	maxRangesFile  = 64 << 20
	maxRangeFaults = 20 // reported at once
)

// Ranges is a set of networks. It is immutable and safe for concurrent use; nil
// has none.
type Ranges struct{ spans []span }

// span is a row of addresses, both ends included.
type span struct{ from, to netip.Addr }

// ParseRanges reads one network ("192.0.2.0/24", or a single address) a line;
// "#" starts a comment. A file with a fault is refused whole; the error names
// each faulty line, at most twenty.
func ParseRanges(content []byte) (*Ranges, error) {
	if len(content) > maxRangesFile {
		return nil, fmt.Errorf("%d bytes, at most %d", len(content), maxRangesFile)
	}
	var spans []span
	var faults []error
	lines := bufio.NewScanner(bytes.NewReader(content))
	n := 0
	for lines.Scan() && len(faults) < maxRangeFaults {
		n++
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := parseNetwork(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d is not a network such as 192.0.2.0/24", n))
			continue
		}
		spans = append(spans, span{network.Addr(), lastOf(network)})
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("line %d: %w", n+1, err))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Ranges{merge(spans)}, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Masked(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, errors.New("no network")
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// lastOf is the last address of a network.
func lastOf(network netip.Prefix) netip.Addr {
	bytes := network.Addr().AsSlice()
	for i := network.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(bytes) // of the length it came with
	return last
}

// merge sorts spans and joins those that overlap.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from.Is4() == out[n-1].to.Is4() && s.from.Compare(out[n-1].to) <= 0 {
			if out[n-1].to.Less(s.to) {
				out[n-1].to = s.to
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// Contains reports whether addr lies in one of the networks.
func (r *Ranges) Contains(addr netip.Addr) bool {
	if r == nil || !addr.IsValid() {
		return false
	}
	addr = addr.Unmap()
	i, exact := slices.BinarySearchFunc(r.spans, addr, func(s span, a netip.Addr) int { return s.from.Compare(a) })
	if exact {
		return true
	}
	return i > 0 && r.spans[i-1].from.Is4() == addr.Is4() && addr.Compare(r.spans[i-1].to) <= 0
}

// Len is the number of separate rows of addresses.
func (r *Ranges) Len() int {
	if r == nil {
		return 0
	}
	return len(r.spans)
}

// rangesFile is a file of ranges and what was last read from it. A broken file
// never replaces one that was not.
type rangesFile struct {
	name, path string
	ranges     atomic.Pointer[Ranges]
	missing    atomic.Bool // said to be

	mu       sync.Mutex // held while loading
	modified time.Time
	size     int64
}

// load reads the file if it has changed since it was last read or refused.
func (f *rangesFile) load() (changed bool, err error) {
	if f.path == "" {
		return false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		return false, fmt.Errorf("%s file %q: %w", f.name, f.path, err)
	}
	if info.ModTime().Equal(f.modified) && info.Size() == f.size {
		return false, nil
	}
	f.modified, f.size = info.ModTime(), info.Size()
	if info.Size() > maxRangesFile {
		return false, fmt.Errorf("%s file %q: %d bytes, at most %d", f.name, f.path, info.Size(), maxRangesFile)
	}
	content, err := os.ReadFile(f.path)
	if err != nil {
		return false, fmt.Errorf("%s file %q: %w", f.name, f.path, err)
	}
	ranges, err := ParseRanges(content)
	if err != nil {
		return false, fmt.Errorf("%s file %q: %w", f.name, f.path, err)
	}
	f.ranges.Store(ranges)
	return true, nil
}
