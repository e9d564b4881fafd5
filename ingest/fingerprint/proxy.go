package fingerprint

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Proxies knows which peers may speak for somebody else. It is immutable and
// safe for concurrent use; the zero value trusts nobody.
type Proxies struct {
	trusted []netip.Prefix
}

// NewProxies reads CIDRs ("10.0.0.0/8") and single addresses. All bad entries
// are reported at once.
func NewProxies(cidrs []string) (*Proxies, error) {
	var p Proxies
	var errs []error
	for i, text := range cidrs {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				errs = append(errs, fmt.Errorf("trusted proxy %d: %q is neither a CIDR nor an address", i+1, text))
				continue
			}
			prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		p.trusted = append(p.trusted, prefix.Masked())
	}
	return &p, errors.Join(errs...)
}

// Trusts reports whether addr is one of the trusted proxies.
func (p *Proxies) Trusts(addr netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Origin says how Resolve came to its address.
type Origin string

// Origins of an address.
const (
	OriginPeer      Origin = "peer"      // no forwarding header: the peer itself
	OriginForwarded Origin = "forwarded" // told by a trusted proxy
	OriginForged    Origin = "forged"    // a header from a peer that is not trusted, ignored
	OriginMalformed Origin = "malformed" // a trusted proxy passed on a value that is no address
)

// Resolve finds the visitor's address: the peer, unless the peer is a trusted
// proxy; then the X-Forwarded-For values (in the order in which they came) are
// walked from the right over trusted hops to the first address that is not
// one. What stands to the left of that was written by the visitor. At a value
// that is no address the walk ends at the hop before it.
func (p *Proxies) Resolve(peer netip.Addr, forwarded []string) (netip.Addr, Origin) {
	client := peer.Unmap()
	if len(forwarded) == 0 {
		return client, OriginPeer
	}
	if !p.Trusts(client) {
		return client, OriginForged
	}
	origin := OriginPeer
	for _, value := range slices.Backward(forwarded) {
		for more := true; more; {
			comma := strings.LastIndexByte(value, ',')
			hop := value[comma+1:]
			value, more = value[:max(comma, 0)], comma >= 0
			addr, ok := parseHop(hop)
			if !ok {
				return client, OriginMalformed
			}
			client, origin = addr, OriginForwarded
			if !p.Trusts(client) {
				return client, origin
			}
		}
	}
	return client, origin
}

// parseHop accepts "192.0.2.1", "192.0.2.1:443", "2001:db8::1" and
// "[2001:db8::1]:443"; zones are refused.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if port, portErr := netip.ParseAddrPort(text); portErr == nil {
			addr, err = port.Addr(), nil
		}
	}
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// Subnet is the network that an address is counted in: /24 for IPv4, /48 for
// IPv6, empty for no address.
func Subnet(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	bits := 48
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	var room [48]byte
	return string(prefix.AppendTo(room[:0]))
}
