package ticketing

import (
	"context"
	"time"
)

// Store keeps everything the Service knows. Update runs fn in a transaction
// that sees and excludes every other update, also of other processes, and
// commits it if fn returns nil; concurrent updates may share one commit, and
// fn may be run more than once, so it must have no effect outside tx and must
// not call Update itself. What it will read is foreseen for speed alone. View
// runs fn for reading; each method of the Reader sees one moment, two of them
// may see two. Update fails with ErrUnavailable when the engine is away, and with
// the context's error when the caller gave up; the outcome is then unknown to the
// caller.
type Store interface {
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error, ahead ...Foresight) error
	View(ctx context.Context, fn func(ctx context.Context, r Reader) error) error
	Ping(ctx context.Context) error
}

// Leases let one of several processes do a background job. Acquire takes or
// renews the lease until the given moment and reports whether holder has it;
// now judges whether another holder's lease has run out.
type Leases interface {
	Acquire(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// Reader is all that can be read. Look-ups by id or key fail with ErrNotFound.
type Reader interface {
	AccountReader
	CodeReader
	IdentityReader
	PoolReader
	OrderReader
	RuleReader
	ReleaseReader
	SaleReader
	ActivityReader
	ChannelReader
	AllotmentReader
	AuditReader
	PrivacyReader
	JobReader
	ErasureReader
	SealReader
	NoShowReader
	NoticeReader
	EventReader
}

// Tx is a transaction: all that can be read and written.
type Tx interface {
	Reader
	AccountWriter
	CodeWriter
	IdentityWriter
	PoolWriter
	OrderWriter
	RuleWriter
	ReleaseWriter
	ActivityWriter
	ChannelWriter
	AllotmentWriter
	AuditWriter
	PrivacyWriter
	JobWriter
	ErasureWriter
	SealWriter
	NoShowWriter
	NoticeWriter
	Journal
}

// AccountReader finds accounts and their sessions.
type AccountReader interface {
	Account(ctx context.Context, id string) (Account, error)
	AccountByPhone(ctx context.Context, phoneKey []byte) (Account, error)
	Session(ctx context.Context, id string) (Session, error)
}

// AccountWriter adds accounts and sessions. InsertAccount fails with
// ErrPhoneTaken if the phone key is known; RevokeSession keeps the first
// moment of revocation.
type AccountWriter interface {
	InsertAccount(ctx context.Context, a Account) error
	InsertSession(ctx context.Context, s Session) error
	RevokeSession(ctx context.Context, id string, at time.Time) error
}

// PoolReader finds pools, in order of id, and their days with their slots from
// a day on. StockVersion grows with every change of a pool or its days, and as
// days pass; it is 0 where there is no such pool. Beside it, it says whether any
// pool's holds have run out and are still to be released.
type PoolReader interface {
	Pools(ctx context.Context) ([]Pool, error)
	Pool(ctx context.Context, id string) (Pool, error)
	Days(ctx context.Context, pool string, from Date) ([]Day, error)
	SlotEnd(ctx context.Context, at Place) (Clock, error)
	StockVersion(ctx context.Context, pool string, today Date, now time.Time) (version int64, holdsDue bool, err error)
}

// PoolWriter changes pools and their stock. PutDay fails with
// ErrCapacityBooked if fewer places than booked would be left, and with
// ErrDayHasSlots; PutSlots puts these slots in the place of the day's and fails
// with ErrCapacityBooked, and both with ErrCapacityReserved; on a day that is released by stages the one may fail
// with ErrReleaseExceeds and the other does with ErrDayStaged. TakePlaces fails
// with ErrSoldOut, ErrDateUnavailable, ErrSlotNeeded or ErrSlotUnavailable, and
// then takes nothing; on a staged day it says which stage each place is from.
// ReturnPlaces withholds them there until QueueReturn and LandReturn.
type PoolWriter interface {
	PutPool(ctx context.Context, p Pool) error
	PutDay(ctx context.Context, pool string, day Date, capacity int) error
	PutSlots(ctx context.Context, pool string, day Date, slots []Slot) error
	TakePlaces(ctx context.Context, at Place, n int) (stages []int, err error)
	ReturnPlaces(ctx context.Context, at Place, n int) (staged bool, err error)
}

// OrderReader finds orders with their positions. OrdersOf lists an account's
// orders, newest first, in the given states (none = all), of those that come
// after a cursor; the Due methods list the ids of orders whose hold or provisional time has run out, oldest first.
type OrderReader interface {
	Order(ctx context.Context, id string) (Order, error)
	OrdersOf(ctx context.Context, account string, states []State, after OrderCursor, limit int) ([]Order, error)
	DueHolds(ctx context.Context, now time.Time, limit int) ([]string, error)
	DueProvisional(ctx context.Context, now time.Time, limit int) ([]string, error)
}

// OrderWriter keeps orders. All of it fails with ErrDocumentTaken if a live
// position's document has another live position in the same pool on the same
// day. UpdateOrder leaves the positions' visitors as they are;
// ReplacePositions puts the order's positions in the place of the stored ones;
// CancelPositions takes single ones out of it, and they are no longer read with
// it.
type OrderWriter interface {
	InsertOrder(ctx context.Context, o Order) error
	UpdateOrder(ctx context.Context, o Order) error
	ReplacePositions(ctx context.Context, o Order) error
	CancelPositions(ctx context.Context, order string, positions []string, at time.Time) error
}

// EventReader reads the outbox in order of seq, beginning after one.
type EventReader interface {
	Events(ctx context.Context, after int64, limit int) ([]Event, error)
}

// Journal is what a transaction writes beside its effect: events for the
// outbox, whose Seq the store assigns at commit, and the answers that
// idempotency keys remember. Recall fails with ErrNotFound for an unknown key;
// Forget drops answers, sessions and delivered events older than the given
// moments.
type Journal interface {
	Append(ctx context.Context, e Event) error
	Recall(ctx context.Context, scope, key string) (Answer, error)
	Remember(ctx context.Context, scope, key string, a Answer) error
	Forget(ctx context.Context, answersBefore, sessionsBefore, eventsBefore time.Time) error
}

// Answer is what an idempotency key stands for: which request it came with,
// and the result as JSON.
type Answer struct {
	Fingerprint []byte
	Result      []byte
	At          time.Time
}
