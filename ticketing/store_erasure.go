package ticketing

import (
	"context"
	"time"
)

// ErasureReader says what is due to be erased and what was. DueErasures counts;
// Erasures pages in order of Seq; LiveOrders counts an account's orders that
// stand, from a day on.
type ErasureReader interface {
	DueErasures(ctx context.Context, kind ErasureKind, due Due) (int, error)
	Erasures(ctx context.Context, after int64, limit int) ([]Erasure, error)
	LiveOrders(ctx context.Context, account string, from Date) (int, error)
}

// ErasureWriter erases. Erase takes the personal data out of at most limit rows
// that are due, the oldest first where there is an order, and says out of how
// many; nothing else of a row changes. Reveals go only if an erasure that covers
// them has been recorded before. EraseAccount takes away what tells who an
// account and the visitors of its orders are, frees its phone and its WeChat
// identities, and fails with ErrNotFound. The store assigns an Erasure's Seq.
type ErasureWriter interface {
	Erase(ctx context.Context, kind ErasureKind, due Due, now time.Time, limit int) (int, error)
	EraseAccount(ctx context.Context, a Account, now time.Time) (int, error)
	RecordErasure(ctx context.Context, e Erasure) error
}

// Scrubber rewrites what an engine keeps of data that was changed or deleted,
// such as a write-ahead log.
type Scrubber interface {
	Scrub(ctx context.Context) error
}
