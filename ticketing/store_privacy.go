package ticketing

import (
	"context"
	"time"
)

// PrivacyReader finds orders by whom they are for, and reads who saw personal
// data. RevealsBy lists what one person saw after a moment, oldest first;
// Reveals pages through everybody's in order of Seq. LeaderOf reads the sealed
// leader of a group's order and fails with ErrNotFound. OrdersByDocument and
// OrdersByPhone list orders newest first, of those with an id below before
// where that is given; a phone may be the account's, the leader's or a
// visitor's.
type PrivacyReader interface {
	RevealsBy(ctx context.Context, who string, after time.Time) ([]Reveal, error)
	Reveals(ctx context.Context, after int64, limit int) ([]Reveal, error)
	LeaderOf(ctx context.Context, order string) (Leader, error)
	OrdersByDocument(ctx context.Context, documentKey []byte, before string, limit int) ([]Order, error)
	OrdersByPhone(ctx context.Context, phoneKey []byte, before string, limit int) ([]Order, error)
}

// PrivacyWriter adds to who saw personal data; the store assigns Seq. Nothing
// is ever changed, and taken away only by an erasure.
type PrivacyWriter interface {
	RecordReveal(ctx context.Context, r Reveal) error
}
