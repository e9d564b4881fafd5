package outcome

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"fairgate/ingest"
)

// Event is the report as an event that features can count and rules can look
// at, in the asynchronous stage. It is about the account that the order belongs
// to, or belonged to where it was transferred. ok is false for reports that say
// nothing which a request did not say. The same report gives the same event, so
// that a repeated delivery is counted once. Its time is when it happened, by the
// booking system's clock.
func Event(r Record) (e ingest.Event, ok bool) {
	kind := kindOf(r)
	if kind == "" {
		return ingest.Event{}, false
	}
	account := r.AccountID
	if r.Type == Transferred {
		account = r.FromAccountID
	}
	sum := sha256.Sum256([]byte("outcome\x00" + r.Site + "\x00" + r.ID))
	return ingest.Event{
		ID: hex.EncodeToString(sum[:16]), Time: r.OccurredAt.UTC().Truncate(time.Millisecond), Site: r.Site, Kind: kind,
		Subject: ingest.Subject{Account: account},
		Order:   ingest.Order{ID: r.OrderID, Pool: r.Pool, Day: r.Date, Positions: r.Positions, Channel: r.Channel},
		Outcome: ingest.Outcome{OrderState: r.State},
	}, true
}

// kindOf is the kind of event that a report is; empty for none. Places are
// granted when they are held or booked; that a hold is settled later, or a
// provisional order by time, grants nothing new.
func kindOf(r Record) ingest.Kind {
	switch r.Type {
	case Held, Provisional:
		return ingest.KindOrderGranted
	case Confirmed:
		if r.RequestID != "" {
			return ingest.KindOrderGranted
		}
		return ""
	case HoldExpired:
		return ingest.KindHoldExpired
	case Transferred:
		return ingest.KindOrderTransferred
	case Refunded:
		return ingest.KindOrderRefunded
	case CheckedIn:
		return ingest.KindOrderCheckedIn
	case NoShow:
		return ingest.KindOrderNoShow
	default:
		return ""
	}
}
