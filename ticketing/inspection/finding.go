// Package inspection looks every day for what cannot be right in the booking
// system: stock that does not add up, stages that did not fire, holds that were
// not released, and flows that are odd. It keeps what it finds as findings for
// people to read and acknowledge; one that is gone resolves by itself.
//
// It changes nothing of orders and pools, and judges no visitor: an odd flow is
// a question for a person. The store does the looking, because it is one
// statement a kind; this package owns what the kinds are, how grave they are and
// what becomes of a finding.
package inspection

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"fairgate/ticketing"
)

// Kind names what is wrong.
type Kind string

// The kinds of findings.
const (
	StockMismatch      Kind = "stock_mismatch"      // a day's remaining places are not its capacity less those taken
	SlotMismatch       Kind = "slot_mismatch"       // the same of a slot
	SlotSumMismatch    Kind = "slot_sum_mismatch"   // a day's remaining places are not the sum of its slots'
	StageMismatch      Kind = "stage_mismatch"      // places taken of a stage are not those that orders have of it
	StageUnfired       Kind = "stage_unfired"       // its time has passed, it is not paused, and it has not fired
	HoldOverdue        Kind = "hold_overdue"        // expired and not released
	ProvisionalOverdue Kind = "provisional_overdue" // past the cut-off and not confirmed
	SecretMissing      Kind = "secret_missing"      // positions whose ticket has no secret of its own
	OutboxLag          Kind = "outbox_lag"          // events that were not delivered in time
	OrderEmpty         Kind = "order_empty"         // orders that stand without a position
	Unscanned          Kind = "unscanned"           // a day on which terminals saw nobody, or hardly anybody, of those booked
	CancelSpike        Kind = "cancel_spike"        // far more cancels within an hour than on the fourteen days before
	AccountHoard       Kind = "account_hoard"       // one account with many places over all pools
	PhoneSpread        Kind = "phone_spread"        // one visitor's phone in many orders
	TransferChain      Kind = "transfer_chain"      // an order that was handed on again and again
	ScanOrphan         Kind = "scan_orphan"         // entries of positions that no order has
)

// Kinds lists every Kind.
func Kinds() []Kind {
	return []Kind{
		StockMismatch, SlotMismatch, SlotSumMismatch, StageMismatch, StageUnfired, HoldOverdue, ProvisionalOverdue, SecretMissing,
		OutboxLag, OrderEmpty, Unscanned, CancelSpike, AccountHoard, PhoneSpread, TransferChain, ScanOrphan,
	}
}

// Severity says how soon a person should look.
type Severity string

// The severities: error is wrong, warning is late or doubtful, notice is odd.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Notice  Severity = "notice"
)

// Severity is how grave findings of the kind are.
func (k Kind) Severity() Severity {
	switch k {
	case StockMismatch, SlotMismatch, SlotSumMismatch, StageMismatch, OrderEmpty, ScanOrphan:
		return Error
	case StageUnfired, HoldOverdue, ProvisionalOverdue, OutboxLag, Unscanned:
		return Warning
	case SecretMissing, CancelSpike, AccountHoard, PhoneSpread, TransferChain:
	}
	return Notice
}

// State says whether a finding still wants somebody.
type State string

// The states of a finding.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Resolved     State = "resolved"
)

// Valid reports whether s is one of the known states.
func (s State) Valid() bool { return s == Open || s == Acknowledged || s == Resolved }

// Observation is one thing that is wrong now. Subject tells things of one pool
// day apart: a slot, a stage, an order, an account, or the beginning of a
// phone's keyed HMAC; never personal data.
type Observation struct {
	Pool     string
	Date     ticketing.Date
	Subject  string
	Expected string
	Found    string
}

// Finding is a thing that is or was wrong.
type Finding struct {
	ID             string            `json:"finding_id"`
	Kind           Kind              `json:"kind"`
	Severity       Severity          `json:"severity"`
	Pool           string            `json:"pool,omitempty"`
	Date           ticketing.Date    `json:"date,omitempty"`
	Subject        string            `json:"subject,omitempty"`
	Expected       string            `json:"expected"`
	Found          string            `json:"found"`
	FirstSeen      ticketing.Millis  `json:"first_seen"`
	LastSeen       ticketing.Millis  `json:"last_seen"`
	Count          int               `json:"count"` // inspections that saw it
	State          State             `json:"state"`
	AcknowledgedBy string            `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *ticketing.Millis `json:"acknowledged_at,omitempty"`
	Note           string            `json:"note,omitempty"`
}

// ID is that of what is wrong: the same thing has the same one.
func (o Observation) ID(kind Kind) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(kind), o.Pool, string(o.Date), o.Subject}, "\n")))
	return hex.EncodeToString(sum[:16])
}
