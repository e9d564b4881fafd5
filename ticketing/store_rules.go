package ticketing

import (
	"context"
	"time"
)

// RuleReader answers what the rules about persons ask. LivePositions counts an
// account's standing positions in a pool on a day; VisitDays says on which of
// the given days, in order, a document has one; NoShows lists when a
// document's no-shows in a pool were recorded, oldest first; OrderOfPosition
// fails with ErrNotFound; Entered lists the positions of an order that entered.
type RuleReader interface {
	LivePositions(ctx context.Context, account, pool string, day Date) (int, error)
	VisitDays(ctx context.Context, pool string, documentKey []byte, days []Date) ([]Date, error)
	NoShows(ctx context.Context, pool string, documentKey []byte) ([]time.Time, error)
	OrderOfPosition(ctx context.Context, position string) (string, error)
	Entered(ctx context.Context, order string) (positions []string, err error)
}

// RuleWriter keeps no-shows; the first record of a position stays, and fresh says
// whether this is it.
type RuleWriter interface {
	RecordNoShow(ctx context.Context, n NoShow) (fresh bool, err error)
}

// AuditReader reads what was changed about a pool, in order of Seq, beginning
// after one.
type AuditReader interface {
	Changes(ctx context.Context, pool string, after int64, limit int) ([]Change, error)
}

// AuditWriter adds to what was changed; the store assigns Seq. Nothing is ever
// changed or taken away.
type AuditWriter interface {
	RecordChange(ctx context.Context, c Change) error
}
