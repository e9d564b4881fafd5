package ticketing

import (
	"context"
	"fmt"
	"time"
)

// ErasureKind names what is erased together.
type ErasureKind string

// What is erased, in the order in which the job does it.
const (
	ErasePositions ErasureKind = "positions" // visitors: names, documents and phones, with the keys they are found by
	EraseLeaders   ErasureKind = "leaders"   // of groups
	EraseAnswers   ErasureKind = "answers"   // personal ones and free text, to what an activity asks; by the order
	EraseNoShows   ErasureKind = "no_shows"  // whose no-show it was; the count stays
	EraseMessages  ErasureKind = "messages"  // numbers and codes of messages that were never sent
	EraseReveals   ErasureKind = "reveals"   // the audit of who saw personal data
	EraseAccounts  ErasureKind = "accounts"  // on request only, never by time
)

// erasedByTime lists the kinds that the job erases.
func erasedByTime() []ErasureKind {
	return []ErasureKind{ErasePositions, EraseLeaders, EraseAnswers, EraseNoShows, EraseMessages, EraseReveals}
}

// Valid reports whether k is one of the known kinds.
func (k ErasureKind) Valid() bool {
	switch k {
	case ErasePositions, EraseLeaders, EraseAnswers, EraseNoShows, EraseMessages, EraseReveals, EraseAccounts:
		return true
	}
	return false
}

// Retention says for how long personal data is kept. The zero value of a field
// means its default.
type Retention struct {
	VisitDays   int // after the visit day, or after a cancel; default 190
	NoShowDays  int // after a no-show, and never shorter than a pool's freeze; default 190
	RevealDays  int // of the audit of who saw personal data; default 190
	MessageDays int // after an unsent message became useless; default 1
}

// minRetention is the least that visits may be kept, in days: the rules about
// persons look back so far.
const minRetention = maxWindowDays + 1

func (r Retention) withDefaults() Retention {
	r.VisitDays, r.NoShowDays = orDefault(r.VisitDays, 190), orDefault(r.NoShowDays, 190)
	r.RevealDays, r.MessageDays = orDefault(r.RevealDays, 190), orDefault(r.MessageDays, 1)
	return r
}

// validate names the first field that is wrong.
func (r Retention) validate() error {
	for _, bound := range []struct {
		field       string
		days, least int
	}{
		{"visit_days", r.VisitDays, minRetention}, {"no_show_days", r.NoShowDays, 1}, {"reveal_days", r.RevealDays, 1}, {"message_days", r.MessageDays, 1},
	} {
		if bound.days < bound.least || bound.days > maxFreezeDays {
			return fmt.Errorf("retention.%s: want %d to %d, got %d", bound.field, bound.least, maxFreezeDays, bound.days)
		}
	}
	return nil
}

// Due says how old personal data must be to be erased.
type Due struct {
	VisitBefore Date      // visited earlier than this day
	EndedBefore time.Time // cancelled or expired before
	NoShows     time.Time // recorded before
	Messages    time.Time // useless since before
	Reveals     time.Time // shown before
}

// bound is the moment that an erasure of a kind covers.
func (d Due) bound(kind ErasureKind) time.Time {
	switch kind {
	case ErasePositions, EraseLeaders, EraseAnswers:
		return d.VisitBefore.Start()
	case EraseNoShows:
		return d.NoShows
	case EraseMessages:
		return d.Messages
	case EraseReveals:
		return d.Reveals
	case EraseAccounts:
	}
	return time.Time{}
}

// Erasure records that personal data was erased: what, how much and when, and
// none of it.
type Erasure struct {
	Seq     int64       `json:"seq"`
	At      Millis      `json:"at"`
	Kind    ErasureKind `json:"kind"`
	Who     string      `json:"who"`               // "retention", "visitor" or an operator
	Subject string      `json:"subject,omitempty"` // the account, where it was one
	Reason  string      `json:"reason,omitempty"`  // why the house erased an account
	Before  Millis      `json:"before"`            // what was older than this
	Erased  int         `json:"erased"`            // rows
}

// Bounds of one run of the job: so many rows a transaction, so many transactions.
const (
	eraseAtOnce  = 200
	eraseBatches = 50
)

// eraseDue erases what is past its time, in batches, and leaves the rest to
// the next run.
func (s *Service) eraseDue(ctx context.Context, _ string) (JobResult, error) {
	due, err := s.due(ctx)
	if err != nil {
		return JobResult{}, err
	}
	erased, batches := 0, 0
	for _, kind := range erasedByTime() {
		for n := eraseAtOnce; n == eraseAtOnce; batches++ {
			if batches == eraseBatches {
				return JobResult{Changed: erased, More: true, Report: fmt.Sprintf("%d rows erased, more to do", erased)}, s.scrub(ctx, erased)
			}
			if n, err = s.eraseBatch(ctx, kind, due); err != nil {
				return JobResult{Changed: erased}, err
			}
			erased += n
		}
	}
	return JobResult{Changed: erased, Report: fmt.Sprintf("%d rows erased", erased)}, s.scrub(ctx, erased)
}

// due judges what is old enough now. A no-show is kept for as long as any pool's
// rule may need it.
func (s *Service) due(ctx context.Context) (Due, error) {
	r, freeze := s.opts.Retention, 0
	err := s.store.View(ctx, func(ctx context.Context, r Reader) error {
		pools, err := r.Pools(ctx)
		for _, p := range pools {
			freeze = max(freeze, p.Rules.NoShowFreezeDays)
		}
		return err
	})
	now := s.now()
	return Due{
		VisitBefore: DateOf(now).plus(-r.VisitDays), EndedBefore: now.AddDate(0, 0, -r.VisitDays),
		NoShows: now.AddDate(0, 0, -max(r.NoShowDays, freeze)), Messages: now.AddDate(0, 0, -r.MessageDays), Reveals: now.AddDate(0, 0, -r.RevealDays),
	}, err
}

// eraseBatch erases some of a kind and records it, in one transaction.
func (s *Service) eraseBatch(ctx context.Context, kind ErasureKind, due Due) (erased int, err error) {
	err = s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		erased = 0
		left, err := w.DueErasures(ctx, kind, due)
		if err != nil || left == 0 {
			return err
		}
		record := Erasure{At: Millis{w.now}, Kind: kind, Who: "retention", Before: Millis{due.bound(kind)}, Erased: min(left, eraseAtOnce)}
		if err := w.RecordErasure(ctx, record); err != nil {
			return err
		}
		erased, err = w.Erase(ctx, kind, due, w.now, eraseAtOnce)
		if err == nil && erased != record.Erased {
			err = fmt.Errorf("erase %s: %d rows were due, %d erased", kind, record.Erased, erased)
		}
		return err
	})
	return erased, err
}

// scrub has the engine forget what it keeps of the rows erased.
func (s *Service) scrub(ctx context.Context, erased int) error {
	if erased == 0 || s.opts.Scrubber == nil {
		return nil
	}
	return s.opts.Scrubber.Scrub(ctx)
}

// ErasureDue says how many rows the job would erase now, by kind.
func (s *Service) ErasureDue(ctx context.Context) (map[ErasureKind]int, error) {
	due, err := s.due(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[ErasureKind]int{}
	err = s.store.View(ctx, func(ctx context.Context, r Reader) error {
		for _, kind := range erasedByTime() {
			n, err := r.DueErasures(ctx, kind, due)
			if err != nil {
				return err
			}
			counts[kind] = n
		}
		return nil
	})
	return counts, err
}

// Erasures reads the records of what was erased after a sequence number.
func (s *Service) Erasures(ctx context.Context, after int64, limit int) ([]Erasure, error) {
	if limit < 1 || limit > maxEvents {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxEvents, limit)
	}
	var found []Erasure
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.Erasures(ctx, after, limit)
		return err
	})
	return found, err
}
