package checkin

import (
	"context"
	"encoding/json"
	"time"

	"fairgate/ticketing"
)

// Store keeps what the Service knows, in the database of the orders. Update
// runs fn in a transaction that sees and excludes every other update of the
// booking system, also of other processes; fn may be run more than once and
// must have no effect outside tx. Both fail with ticketing.ErrUnavailable when
// the engine is away.
type Store interface {
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	View(ctx context.Context, fn func(ctx context.Context, r Reader) error) error
}

// Reader is all that can be read.
type Reader interface {
	TerminalReader
	GateReader
	ListReader
	ReportReader
}

// Tx is a transaction: all that can be read and written.
type Tx interface {
	Reader
	TerminalWriter
	GateWriter
}

// TerminalReader finds terminals, by id or all of them in order of name; those
// that do not exist are not among the answers. Apps lists what is set for each
// kind; TerminalChanges reads the audit in order of Seq, after one.
type TerminalReader interface {
	Terminals(ctx context.Context, ids []string) ([]Terminal, error)
	AllTerminals(ctx context.Context) ([]Terminal, error)
	Apps(ctx context.Context) ([]App, error)
	TerminalChanges(ctx context.Context, after int64, limit int) ([]Change, error)
}

// TerminalWriter keeps terminals. InsertTerminal and UpdateTerminal fail with
// ErrNameTaken; RememberSignIn with ErrReplayed for a nonce it has seen.
type TerminalWriter interface {
	InsertTerminal(ctx context.Context, t Terminal) error
	UpdateTerminal(ctx context.Context, t Terminal) error
	RememberSignIn(ctx context.Context, terminal, nonce string, at time.Time) error
	PutApp(ctx context.Context, a App) error
	RecordTerminalChange(ctx context.Context, c Change) error
}

// GateReader reads what judging scans takes: earlier scans by key, all their
// parts in order; positions; and pools. What does not exist is not among the
// answers.
type GateReader interface {
	Scans(ctx context.Context, keys []string) ([]Scan, error)
	Booked(ctx context.Context, w Wanted) ([]Booked, error)
	PoolsByID(ctx context.Context, ids []string) ([]ticketing.Pool, error)
}

// Wanted says which positions are looked for, in one of three ways: by their
// ids, by their orders' ids (then without cancelled ones), or by documents on
// some days (then only those that occupy a place).
type Wanted struct {
	Positions []string
	Orders    []string
	Documents [][]byte
	Days      []ticketing.Date
}

// GateWriter writes what became of scans. Record numbers the scans, puts the
// states and adds the counts to those it has; Append adds to the outbox.
type GateWriter interface {
	Record(ctx context.Context, scans []Scan, states []State, counts []Count) error
	Append(ctx context.Context, e ticketing.Event) error
}

// ListReader reads what lists are made of. Version is the outbox's last number;
// OrdersOn lists, in order, the ids of orders with places in a pool on a day,
// after one; ChangedOrders lists those of a pool whose events came after a
// version, once each and at most limit, and up to which number it looked.
type ListReader interface {
	Version(ctx context.Context) (int64, error)
	OrdersOn(ctx context.Context, pool string, day ticketing.Date, after string, limit int) ([]string, error)
	ChangedOrders(ctx context.Context, pool string, since int64, limit int) (orders []string, upTo int64, err error)
}

// ReportReader reads a day's counts, and scans with conflicts in order of Seq,
// after one.
type ReportReader interface {
	Counts(ctx context.Context, day ticketing.Date) ([]Count, error)
	Conflicts(ctx context.Context, after int64, limit int) ([]Scan, error)
}

// Change is one entry of the audit of terminals. Before is null for what did
// not exist.
type Change struct {
	Seq     int64            `json:"seq"`
	Subject string           `json:"subject"` // a terminal's id, or "app:" and a kind
	At      ticketing.Millis `json:"at"`
	Who     string           `json:"who"`
	What    string           `json:"what"` // "register", "change", "key", "revoke", "app"
	Before  json.RawMessage  `json:"before"`
	After   json.RawMessage  `json:"after"`
}

// Booked is a position with what judging it takes.
type Booked struct {
	ticketing.Position

	Cancelled     bool // on its own; its order may stand
	OrderID       string
	AccountID     string
	Pool          string
	Date          ticketing.Date
	Slot          ticketing.Clock
	SlotEnd       ticketing.Clock // empty where the slot is no more
	State         ticketing.State
	HoldExpiresAt time.Time
	OrderSize     int // positions of the order that are not cancelled
	Entry         State
	LastTerminal  string // name of the terminal of Entry's last scan
}

// State is what the accepted scans of a position come to. The zero value is
// that of a position that never entered.
type State struct {
	PositionID     string
	OrderID        string
	FirstAt        time.Time // of the first entry
	Entries        int
	Inside         bool
	LastAt         time.Time
	LastGate       string
	LastTerminalID string
}

// Scan is one scan, or one person of a scan that concerned several.
type Scan struct {
	Seq         int64
	Key         string // terminal id and nonce
	Part        int    // 0 is the ticket that was scanned
	Fingerprint []byte // keyed HMAC of what was scanned
	TerminalID  string
	Gate        string
	Pool        string // empty where the ticket is unknown
	PositionID  string
	OrderID     string
	Direction   Direction
	Accepted    bool
	Reason      Reason
	Conflict    Reason // what on line would have been the reason; empty = none
	Offline     bool
	ScannedAt   time.Time     // by the terminal's clock
	At          time.Time     // that it was judged by
	RecordedAt  time.Time     // by the service's clock
	Skew        time.Duration // of the terminal's clock
	PriorAt     time.Time     // the scan before it, where it was redeemed already
	PriorGate   string
	PriorName   string // of the terminal
}

// Count is a line of a day's counts.
type Count struct {
	Day        ticketing.Date
	TerminalID string
	Gate       string
	Pool       string
	Reason     Reason
	Entries    int
	Exits      int
	People     int // first entries
	Inside     int // entries less exits, each ticket once
	Refused    int
	Conflicts  int
	LastAt     time.Time
}
