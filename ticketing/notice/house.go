package notice

import (
	"context"
	"errors"
	"time"

	"fairgate/ticketing"
)

// maxAhead bounds how far ahead something may be scheduled.
const maxAhead = 3 * 366 * 24 * time.Hour

// Create writes a draft. It fails with ticketing.ErrInvalidField, also for a
// pool that does not exist.
func (s *Service) Create(ctx context.Context, call ticketing.Call, c Content) (Announcement, error) {
	if err := c.validate(); err != nil {
		return Announcement{}, err
	}
	id, err := newID()
	if err != nil {
		return Announcement{}, err
	}
	return write(ctx, s, call, "create", func(ctx context.Context, tx Tx, by stamp) (Announcement, error) {
		if c.Pool != "" {
			if _, err := tx.Pool(ctx, c.Pool); errors.Is(err, ticketing.ErrNotFound) {
				return Announcement{}, invalidField("pool", "there is no such pool")
			} else if err != nil {
				return Announcement{}, err
			}
		}
		a := Announcement{ID: id, Content: c, Version: 1, CreatedAt: by.at, UpdatedAt: by.at, UpdatedBy: by.who}
		r, err := by.revision(a.Version, a)
		if err != nil {
			return Announcement{}, err
		}
		return a, tx.InsertAnnouncement(ctx, a, r)
	})
}

// Change writes an announcement anew; a published one is shown so from now on.
// Kind and pool must be what they are. Version is the one that the change was
// made to; 0 = whichever. It fails with ticketing.ErrNotFound,
// ticketing.ErrInvalidField, ErrVersionConflict, or ticketing.ErrInvalidState
// for a withdrawn one.
func (s *Service) Change(ctx context.Context, call ticketing.Call, id string, c Content, version int64) (Announcement, error) {
	if err := c.validate(); err != nil {
		return Announcement{}, err
	}
	return s.change(ctx, call, "change", id, func(_ context.Context, _ Tx, a *Announcement, _ time.Time) error {
		if version != 0 && version != a.Version {
			conflict := *ErrVersionConflict
			conflict.Version = a.Version
			return &conflict
		}
		if c.Kind != a.Kind {
			return invalidField("kind", "stays %s: make another announcement", a.Kind)
		}
		if c.Pool != a.Pool {
			return invalidField("pool", "stays as it was made: make another announcement")
		}
		a.Content = c
		return nil
	})
}

// Publish shows a draft or a scheduled announcement from now on; a moment at
// which it is to be withdrawn stays. A published one stays as it is. It fails
// with ticketing.ErrNotFound, ticketing.ErrInvalidState or ErrTooMany.
func (s *Service) Publish(ctx context.Context, call ticketing.Call, id string) (Announcement, error) {
	return s.change(ctx, call, "publish", id, func(ctx context.Context, tx Tx, a *Announcement, now time.Time) error {
		switch a.State(now) {
		case StatePublished:
			return errUnchanged
		case StateDraft:
			if err := room(ctx, tx, now); err != nil {
				return err
			}
		case StateScheduled, StateWithdrawn: // the one is counted already, the other was refused
		}
		a.From = now
		return nil
	})
}

// Schedule says from when an announcement is shown, and until when. A zero
// until means that it stays. Of a published one only until can be said: from
// must be zero. It fails with ticketing.ErrNotFound, ticketing.ErrInvalidField,
// ticketing.ErrInvalidState or ErrTooMany.
func (s *Service) Schedule(ctx context.Context, call ticketing.Call, id string, from, until time.Time) (Announcement, error) {
	from, until = from.UTC().Truncate(time.Millisecond), until.UTC().Truncate(time.Millisecond)
	return s.change(ctx, call, "schedule", id, func(ctx context.Context, tx Tx, a *Announcement, now time.Time) error {
		state := a.State(now)
		switch {
		case state == StatePublished && !from.IsZero():
			return invalidField("publish_at", "is published already: only withdraw_at can be said")
		case state == StatePublished:
			from = a.From
		case from.IsZero():
			return invalidField("publish_at", "is needed")
		case !from.After(now) || from.After(now.Add(maxAhead)):
			return invalidField("publish_at", "want a moment after now, at most %d days ahead", int(maxAhead.Hours()/24))
		}
		if !until.IsZero() && (!until.After(now) || !until.After(from) || until.After(now.Add(2*maxAhead))) {
			return invalidField("withdraw_at", "want a moment after now and after publish_at, at most %d days ahead", int(2*maxAhead.Hours()/24))
		}
		if a.From.Equal(from) && a.Until.Equal(until) {
			return errUnchanged
		}
		if state == StateDraft {
			if err := room(ctx, tx, now); err != nil {
				return err
			}
		}
		a.From, a.Until = from, until
		return nil
	})
}

// Withdraw takes an announcement back for good; one that was not published yet
// will not be. A withdrawn one stays as it is. It fails with
// ticketing.ErrNotFound.
func (s *Service) Withdraw(ctx context.Context, call ticketing.Call, id string) (Announcement, error) {
	return s.change(ctx, call, "withdraw", id, func(_ context.Context, _ Tx, a *Announcement, now time.Time) error {
		switch a.State(now) {
		case StateWithdrawn:
			return errUnchanged
		case StateDraft, StateScheduled:
			a.From = time.Time{}
		case StatePublished:
		}
		a.Until = now
		return nil
	})
}

// errUnchanged leaves an announcement as it is, without a new version.
var errUnchanged = errors.New("unchanged")

// change makes a new version of an announcement. A withdrawn one can only be
// withdrawn.
func (s *Service) change(ctx context.Context, call ticketing.Call, what, id string, fn func(ctx context.Context, tx Tx, a *Announcement, now time.Time) error) (Announcement, error) {
	return write(ctx, s, call, what, func(ctx context.Context, tx Tx, by stamp) (Announcement, error) {
		old, err := tx.Announcement(ctx, id)
		if err != nil {
			return Announcement{}, err
		}
		if old.State(by.at) == StateWithdrawn && what != "withdraw" {
			return Announcement{}, &ticketing.Error{Code: ticketing.CodeInvalidState, Detail: "a withdrawn announcement stays withdrawn: make another one"}
		}
		next := old
		if err := fn(ctx, tx, &next, by.at); errors.Is(err, errUnchanged) {
			return old, nil
		} else if err != nil {
			return Announcement{}, err
		}
		next.Version, next.UpdatedAt, next.UpdatedBy = old.Version+1, by.at, by.who
		next.settle(old, by.at)
		r, err := by.revision(next.Version, next)
		if err != nil {
			return Announcement{}, err
		}
		return next, tx.UpdateAnnouncement(ctx, next, r)
	})
}

// room refuses one more announcement than can be shown.
func room(ctx context.Context, tx Tx, now time.Time) error {
	n, err := tx.CountShown(ctx, now)
	if err != nil {
		return err
	}
	if n >= MaxShown {
		return ErrTooMany
	}
	return nil
}

// PutVenue writes the venue's page. Version is the one that the change was made
// to; 0 = whichever. It fails with ticketing.ErrInvalidField or
// ErrVersionConflict.
func (s *Service) PutVenue(ctx context.Context, call ticketing.Call, v Venue) (Venue, error) {
	if err := v.validate(); err != nil {
		return Venue{}, err
	}
	return write(ctx, s, call, "venue", func(ctx context.Context, tx Tx, by stamp) (Venue, error) {
		old, err := tx.Venue(ctx)
		if err != nil {
			return Venue{}, err
		}
		if v.Version != 0 && v.Version != old.Version {
			conflict := *ErrVersionConflict
			conflict.Version = old.Version
			return Venue{}, &conflict
		}
		next := v
		next.Version, next.UpdatedAt, next.UpdatedBy = old.Version+1, by.at, by.who
		r, err := by.revision(next.Version, next)
		if err != nil {
			return Venue{}, err
		}
		return next, tx.InsertVenue(ctx, next, r)
	})
}

// maxListed bounds one page of what the house lists.
const maxListed = 200

// Get finds an announcement, or ticketing.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (Announcement, error) {
	var a Announcement
	err := s.store.ViewNotices(ctx, func(ctx context.Context, r Reader) (err error) {
		a, err = r.Announcement(ctx, id)
		return err
	})
	return a, err
}

// StateOf is where an announcement stands now.
func (s *Service) StateOf(a Announcement) State { return a.State(s.now()) }

// List lists announcements, the newest first, in the states they have now.
func (s *Service) List(ctx context.Context, f Filter) ([]Announcement, error) {
	if f.State != "" && !f.State.Valid() {
		return nil, invalidField("state", "want draft, scheduled, published or withdrawn")
	}
	if f.Kind != "" && !f.Kind.Valid() {
		return nil, invalidField("kind", "want notice, rules or closure")
	}
	if err := limited(f.Limit); err != nil {
		return nil, err
	}
	var found []Announcement
	err := s.store.ViewNotices(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.Announcements(ctx, f, s.now())
		return err
	})
	return found, err
}

// History lists the versions of an announcement in order, beginning after one.
// It fails with ticketing.ErrNotFound.
func (s *Service) History(ctx context.Context, id string, after int64, limit int) ([]Revision, error) {
	if err := limited(limit); err != nil {
		return nil, err
	}
	var found []Revision
	err := s.store.ViewNotices(ctx, func(ctx context.Context, r Reader) error {
		if _, err := r.Announcement(ctx, id); err != nil {
			return err
		}
		var err error
		found, err = r.Revisions(ctx, id, after, limit)
		return err
	})
	return found, err
}

// VenueHistory lists the versions of the venue's page in order, beginning after
// one.
func (s *Service) VenueHistory(ctx context.Context, after int64, limit int) ([]Revision, error) {
	if err := limited(limit); err != nil {
		return nil, err
	}
	var found []Revision
	err := s.store.ViewNotices(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.VenueRevisions(ctx, after, limit)
		return err
	})
	return found, err
}

func limited(limit int) error {
	if limit < 1 || limit > maxListed {
		return invalidField("limit", "want 1 to %d, got %d", maxListed, limit)
	}
	return nil
}
