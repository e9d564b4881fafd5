package cluster

import (
	"crypto/sha256"
	"slices"
	"time"

	"fairgate/ingest"
)

// Kind is what two accounts can have in common.
type Kind string

// Kinds of keys.
const (
	Device   Kind = "device"
	Family   Kind = "family" // of similar devices in one subnet
	Document Kind = "document"
	Phone    Kind = "phone"
	Payee    Kind = "payee"
	Block    Kind = "phone_block" // of a virtual operator's numbers
	IP       Kind = "ip"
)

// Kinds lists every Kind.
func Kinds() []Kind { return []Kind{Device, Family, Document, Phone, Payee, Block, IP} }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// Link says that an account was seen with a key.
type Link struct {
	Account string
	Kind    Kind
	Key     string
	At      time.Time // event time
}

// AppendLinks appends to dst what an event shows. Only what the event proves
// links: the account is verified, and of documents, phones and payees only those
// of a request that the booking system took, because anybody can type somebody
// else's. Two people's phones of one model are one family, so that a family
// links only within a subnet: like devices in one place, of which a rack has
// many and a household two. What the booking system reports, and what the
// pipeline asks for itself, shows nothing new.
func AppendLinks(dst []Link, e *ingest.Event) []Link {
	account := e.Subject.Account
	if account == "" || !e.Kind.Asked() && e.Kind != "" {
		return dst
	}
	add := func(kind Kind, key string) {
		if key != "" {
			dst = append(dst, Link{Account: account, Kind: kind, Key: key, At: e.Time})
		}
	}
	add(Device, e.Subject.Device)
	if e.Client.IP.IsValid() && !e.Client.Mobile && !e.Client.Hosting { // behind those are strangers
		add(IP, e.Client.IP.Unmap().String())
	}
	if e.Telemetry.Family != "" && e.Client.Subnet != "" && !e.Client.Mobile {
		add(Family, e.Telemetry.Family+"@"+e.Client.Subnet)
	}
	if e.Outcome.Accepted() {
		add(Payee, e.Subject.Payee)
		add(Block, e.Subject.PhoneBlock)
		for _, d := range e.Subject.Documents {
			add(Document, d)
		}
		add(Phone, e.Subject.Phone)
	}
	return dst
}

// keyID shortens kind and key to 16 bytes of SHA-256; two of ten million
// collide with probability 10^-25.
type keyID [16]byte

func (l *Link) id() keyID {
	sum := sha256.Sum256([]byte(string(l.Kind) + "\x00" + l.Key))
	return keyID(sum[:16])
}
