package rules

import (
	"strconv"

	"fairgate/ingest"
)

// Key is the entity's key for this event, or "" where the event has none. For
// EntityDocument, of which a request can have many, it is the first; for a
// pair it is PairKey.
//
// An account's key comes only from the verified Subject.Account, never from
// the name that was merely typed (Claimed).
func Key(entity Entity, e *ingest.Event) string {
	switch entity {
	case EntityAccount:
		return e.Subject.Account
	case EntityDevice:
		return e.Subject.Device
	case EntitySession:
		return e.Subject.Session
	case EntityIP:
		if e.Client.IP.IsValid() {
			return e.Client.IP.Unmap().String()
		}
		return ""
	case EntitySubnet:
		return e.Client.Subnet
	case EntityASN:
		if e.Client.ASN != 0 {
			return strconv.FormatUint(uint64(e.Client.ASN), 10)
		}
		return ""
	case EntityDocument:
		if len(e.Subject.Documents) > 0 {
			return e.Subject.Documents[0]
		}
		return ""
	case EntityPhone:
		return e.Subject.Phone
	case EntityPool:
		return e.Order.Pool
	case EntityCluster:
		return e.Subject.Cluster
	case EntityFamily:
		return e.Telemetry.Family
	case EntityPhoneBlock:
		return e.Subject.PhoneBlock
	case EntityPayee:
		return e.Subject.Payee
	case EntityChannel:
		return e.Order.Channel
	default:
		if a, b, pair := entity.Parts(); pair {
			return PairKey(Key(a, e), Key(b, e))
		}
		return ""
	}
}

// AppendKeys appends all keys of the entity for this event to dst: every
// document of the request for EntityDocument, each with the other part for a
// pair with it, otherwise Key, and nothing where there is none. A feature of
// such an entity has, for one event, the largest of its documents' values.
func AppendKeys(dst []string, entity Entity, e *ingest.Event) []string {
	if entity == EntityDocument {
		for _, d := range e.Subject.Documents {
			if d != "" {
				dst = append(dst, d)
			}
		}
		return dst
	}
	if a, b, pair := entity.Parts(); pair {
		return appendPairKeys(dst, a, b, e)
	}
	if k := Key(entity, e); k != "" {
		dst = append(dst, k)
	}
	return dst
}

// AppendValues appends to dst what AggDistinct counts for this event: every
// document for FieldDocument, otherwise the one value, and nothing where the
// event has none.
func AppendValues(dst []string, f Field, e *ingest.Event) []string {
	value := ""
	switch f {
	case FieldDay:
		value = e.Order.Day
	case FieldClaimed:
		value = e.Subject.Claimed
	case FieldOrder:
		value = e.Order.ID
	case FieldImprint:
		value = e.Telemetry.Print
	case FieldAgent:
		value = e.Client.UserAgent
	default:
		// The remaining fields are the entities of the same name.
		return AppendKeys(dst, Entity(f), e)
	}
	if value != "" {
		dst = append(dst, value)
	}
	return dst
}

// Amount is what the event adds to a sum: never negative, and at most MaxAmount.
func Amount(f Field, e *ingest.Event) int64 {
	n := int64(0)
	switch f {
	case FieldPositions:
		n = int64(e.Order.Positions)
	case FieldDocuments:
		n = int64(len(e.Subject.Documents))
	case FieldLatency:
		n = e.Outcome.Latency.Milliseconds()
	default: // the others are no numbers
	}
	return min(max(n, 0), MaxAmount)
}

// MaxAmount is the most that one event can add to a sum; what is more counts as
// that.
const MaxAmount = 1<<24 - 1
