package checkin

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// MaxBatch bounds the scans of one upload.
const MaxBatch = 500

// future is how far a corrected time may be ahead, because an upload takes
// time.
const future = 5 * time.Second

// Upload is what a terminal did while it was off line. Everybody in it was let
// in (or out) already.
type Upload struct {
	Clock time.Time // the terminal's, now
	Scans []OfflineScan
}

// OfflineScan is one scan that was made off line, with the receipt of the list
// that it was judged by (List.Receipt).
type OfflineScan struct {
	Attempt

	Receipt string
}

// Result is what became of one scan of an upload: an answer, or why there is
// none. The others stand.
type Result struct {
	Nonce  string
	Answer Answer
	Err    error // ErrInvalidField or ErrNonceReused
}

// Upload takes in scans that were made off line. They are judged by their own
// time, corrected by how far the terminal's clock is off now, and stay accepted
// whatever became of the booking meanwhile: what on line would have been a
// refusal is noted as a conflict, for the house to see. Refused are codes that
// are no tickets of this house, and scans whose time cannot be: in the future,
// or before the list was made; they are noted as conflicts too. A nonce that is
// known gets its earlier answer. It fails as Scan does, and then takes in
// nothing.
func (s *Service) Upload(ctx context.Context, token string, u Upload) ([]Result, error) {
	t, c, err := s.authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := s.calls.take(t.ID); err != nil {
		return nil, err
	}
	if u.Clock.IsZero() || u.Clock.Year() < 1970 || u.Clock.Year() > 9999 {
		return nil, invalidField("clock", "want the terminal's time")
	}
	if len(u.Scans) == 0 || len(u.Scans) > MaxBatch {
		return nil, invalidField("scans", "want 1 to %d, got %d", MaxBatch, len(u.Scans))
	}
	now := s.now()
	skew := skewOf(u.Clock, now)
	results := make([]Result, len(u.Scans))
	items := make([]*item, 0, len(u.Scans))
	at := make([]int, 0, len(u.Scans)) // of each item, in results
	for i, scan := range u.Scans {
		results[i].Nonce = scan.Nonce
		if results[i].Err = scan.validate(true); results[i].Err != nil {
			continue
		}
		it := s.item(ctx, c, scan.Attempt, now)
		it.skew, it.offline = skew, s.offline(t, scan, skew, now)
		items, at = append(items, it), append(at, i)
	}
	if len(items) == 0 {
		return results, nil
	}
	if err := s.settleGroup(ctx, items); err != nil {
		return nil, err
	}
	for n, it := range items {
		if it.err != nil && !errors.Is(it.err, ErrNonceReused) {
			return nil, it.err // the session is over, which concerns them all
		}
		results[at[n]].Answer, results[at[n]].Err = it.answer, it.err
		if it.err == nil {
			s.metrics.scans.WithLabelValues(string(it.answer.Reason), strconv.FormatBool(true)).Inc()
		}
	}
	return results, nil
}

// offline judges a scan's time against now and its list.
func (s *Service) offline(t Terminal, scan OfflineScan, skew time.Duration, now time.Time) *offline {
	o := &offline{at: scan.ScannedAt.Add(-skew).UTC().Truncate(time.Millisecond)}
	list, err := s.openReceipt(t, scan.Receipt)
	switch {
	case o.at.After(now.Add(future)):
		o.at, o.refused = now, TimeInFuture
	case err != nil:
		o.refused = ListNotRecognised
	case o.at.Before(list.issued.Add(-s.opts.MaxSkew)): // the clock may have been set since
		o.refused = OlderThanList
	case !o.at.Before(list.expires):
		o.late = ListExpired
	}
	if o.at.Before(now.AddDate(-1, 0, 0)) {
		o.at = now // nobody counts what was a year ago
	}
	return o
}
