package cluster

import (
	"maps"
	"time"
)

// Options adjust a Graph. The zero value is usable.
type Options struct {
	// Window is for how long a link is remembered after it was last seen; 0:
	// 30 days.
	Window time.Duration
	// MaxAccounts and MaxLinks bound the memory: about 250 bytes an account
	// and 100 a link. Beyond them nothing new is taken until Rebuild has made
	// room; Refused counts what was not. 0: 2 million and 8 million.
	MaxAccounts, MaxLinks int
	// MaxSize is how many accounts a cluster may have: one that connects
	// everybody says nothing about anybody. What would join two beyond it is
	// not joined, and counted. 0: 100,000.
	MaxSize int
	// Bridges is how many accounts a key of each kind may have and still
	// connect them; a kind that is left out has that of DefaultBridges.
	Bridges map[Kind]int
}

// DefaultBridges are the bounds of kinds. A device is proved by its token, and
// a farm's has hundreds of accounts. A document is typed and may be somebody
// else's, so that only what few accounts share connects them; a family at home
// shares an address, an office does, too.
func DefaultBridges() map[Kind]int {
	return map[Kind]int{Device: 1000, Family: 8, Document: 20, Phone: 50, Payee: 1000, Block: 100, IP: 4}
}

func (o Options) withDefaults() Options {
	if o.Window <= 0 {
		o.Window = 30 * 24 * time.Hour
	}
	for _, bound := range []struct {
		value     *int
		otherwise int
	}{{&o.MaxAccounts, 2_000_000}, {&o.MaxLinks, 8_000_000}, {&o.MaxSize, 100_000}} {
		if *bound.value <= 0 {
			*bound.value = bound.otherwise
		}
	}
	bridges := DefaultBridges()
	maps.Copy(bridges, o.Bridges)
	o.Bridges = bridges
	return o
}
