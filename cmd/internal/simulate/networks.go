package simulate

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"

	"fairgate/ingest/fingerprint"
)

// Network is a row of addresses and what public databases tell of it: what a
// run may give to the gateway's own look-up of addresses.
type Network struct {
	Prefix  netip.Prefix
	ASN     uint32
	Org     string
	Country string // ISO 3166-1 alpha-2
	Mobile  bool   // many phones behind few addresses
	Hosting bool
	// share is the part of actors that come from it.
	share float64
}

// Networks are where actors come from, by the sizes of the carriers. Phones of
// a mobile carrier leave through few addresses, so that strangers share them.
func Networks() []Network {
	net := func(prefix string, asn uint32, org, country string, mobile bool, share float64) Network {
		return Network{Prefix: netip.MustParsePrefix(prefix), ASN: asn, Org: org, Country: country, Mobile: mobile, share: share}
	}
	return []Network{
		net("36.96.0.0/12", 4134, "CHINANET", "CN", false, 0.13),
		net("58.32.0.0/12", 4812, "China Telecom Group", "CN", false, 0.08),
		net("101.80.0.0/12", 4812, "China Telecom Group", "CN", false, 0.08),
		net("112.64.0.0/12", 4837, "CHINA UNICOM China169", "CN", false, 0.13),
		net("117.128.0.0/12", 9808, "China Mobile", "CN", true, 0.16),
		net("223.64.0.0/12", 56046, "China Mobile Jiangsu", "CN", true, 0.12),
		net("240e::/24", 4134, "CHINANET", "CN", false, 0.08),
		net("2408:8400::/24", 4837, "CHINA UNICOM China169", "CN", false, 0.07),
		net("2409:8900::/24", 9808, "China Mobile", "CN", false, 0.13),
		net("47.96.0.0/14", 37963, "Hangzhou Alibaba Advertising", "CN", false, 0.02), // companies' tunnels
	}
}

// foreignNetworks are where visitors from abroad come from: roaming phones and
// hotels' lines.
func foreignNetworks() []Network {
	net := func(prefix string, asn uint32, org, country string, share float64) Network {
		return Network{Prefix: netip.MustParsePrefix(prefix), ASN: asn, Org: org, Country: country, share: share}
	}
	return []Network{
		net("81.128.0.0/12", 2856, "British Telecommunications", "GB", 0.12),
		net("84.128.0.0/12", 3320, "Deutsche Telekom", "DE", 0.12),
		net("73.0.0.0/12", 7922, "Comcast", "US", 0.16),
		net("126.0.0.0/12", 17676, "SoftBank", "JP", 0.18),
		net("175.192.0.0/12", 4766, "Korea Telecom", "KR", 0.14),
		net("218.188.0.0/14", 9269, "Hong Kong Broadband Network", "HK", 0.08),
		net("36.96.0.0/12", 4134, "CHINANET", "CN", 0.2), // the hotel's line
	}
}

// locate is what a public database tells of an address of the simulation. Which
// networks are hosting providers' is known by their numbers.
func locate() func(netip.Addr) fingerprint.Location {
	networks := append(Networks(), foreignNetworks()...)
	return func(addr netip.Addr) fingerprint.Location {
		for _, n := range networks {
			if n.Prefix.Contains(addr) {
				return fingerprint.Location{ASN: n.ASN, Org: n.Org, Country: n.Country, Mobile: n.Mobile, Hosting: n.Hosting}
			}
		}
		return fingerprint.Location{}
	}
}

// pick draws one network by its share.
func pick(rng *rand.Rand, networks []Network) Network {
	at := rng.Float64()
	for _, n := range networks {
		if at -= n.share; at < 0 {
			return n
		}
	}
	return networks[len(networks)-1]
}

// gateways is how many addresses the phones of one mobile network share.
const gateways = 1500

// address draws one address of the network.
func (n Network) address(rng *rand.Rand) netip.Addr {
	if n.Mobile {
		// The same few addresses for everybody, spread over the network.
		at := rng.Uint64N(gateways) * 683
		return n.host(at)
	}
	return n.host(rng.Uint64())
}

// host is the address of the network with this number.
func (n Network) host(number uint64) netip.Addr {
	if n.Prefix.Addr().Is4() {
		base := n.Prefix.Addr().As4()
		bits := uint(32 - n.Prefix.Bits()) //nolint:gosec // 0 to 32
		at := uint32(number%(1<<bits-2)) + 1
		binary.BigEndian.PutUint32(base[:], binary.BigEndian.Uint32(base[:])|at)
		return netip.AddrFrom4(base)
	}
	// A household has a /64 of its own; which is drawn from 40 bits.
	base := n.Prefix.Addr().As16()
	for i := range 5 {
		base[3+i] |= byte(number >> (8 * i)) //nolint:gosec // one byte at a time
	}
	base[15] = byte(number>>40) | 1 //nolint:gosec // eight bits of it
	return netip.AddrFrom16(base)
}
