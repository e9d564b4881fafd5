package ticketing

import (
	"context"
	"errors"
	"time"
)

// ChannelKind says what a channel is.
type ChannelKind string

// The kinds of channel. The first two are visitors themselves; there is one
// channel of each, and it is always there.
const (
	ChannelWeb         ChannelKind = "web"
	ChannelMiniProgram ChannelKind = "miniprogram"
	ChannelOnsite      ChannelKind = "onsite"
	ChannelAgency      ChannelKind = "agency"
	ChannelPartner     ChannelKind = "partner"
)

// Valid reports whether k is one of the known kinds.
func (k ChannelKind) Valid() bool {
	switch k {
	case ChannelWeb, ChannelMiniProgram, ChannelOnsite, ChannelAgency, ChannelPartner:
		return true
	}
	return false
}

// Channel is a way for places to be sold. Its Allotments are places that nobody
// else can take.
type Channel struct {
	ID     string      `json:"channel"`
	Kind   ChannelKind `json:"kind"`
	Name   string      `json:"name"`
	NameEN string      `json:"name_en,omitempty"`
	Active bool        `json:"active"`
	Spill  bool        `json:"spill"` // may take of general sale too, when its own places do not suffice
	HasKey bool        `json:"has_key"`

	CreatedAt time.Time `json:"-"`
	Version   int64     `json:"-"`
	AccountID string    `json:"-"` // that its orders belong to; empty for visitors' channels
	KeyHash   string    `json:"-"` // keyed HMAC in hexadecimal
}

// visitors reports whether the channel is one of visitors' own. Their orders
// belong to their accounts, and in pools without allotments they simply take of
// general sale.
func visitorsChannel(id string) bool {
	return id == "" || id == string(ChannelWeb) || id == string(ChannelMiniProgram)
}

// ChannelChange makes a channel or changes it.
type ChannelChange struct {
	ID     string
	Kind   ChannelKind
	Name   string
	NameEN string
	Active bool
	Spill  bool
}

// ChannelReader reads channels, in order of id, and what was changed about one,
// in order of Seq, beginning after one. Channel fails with ErrNotFound.
type ChannelReader interface {
	Channels(ctx context.Context) ([]Channel, error)
	Channel(ctx context.Context, id string) (Channel, error)
	ChannelChanges(ctx context.Context, channel string, after int64, limit int) ([]Change, error)
}

// ChannelWriter keeps channels. PutChannel leaves the account of a known channel
// as it is; the audit assigns Seq, and nothing of it is ever changed.
type ChannelWriter interface {
	PutChannel(ctx context.Context, c Channel) error
	RecordChannelChange(ctx context.Context, channel string, c Change) error
}

// validate names the first field that is wrong.
func (c ChannelChange) validate() error {
	if !validPoolID(c.ID) {
		return invalidField("channel", "want 1 to 64 of a-z, 0-9, _ and -, got %q", shorten(c.ID))
	}
	if !c.Kind.Valid() {
		return invalidField("kind", "want web, miniprogram, onsite, agency or partner, got %q", shorten(string(c.Kind)))
	}
	if visitorsChannel(string(c.Kind)) != visitorsChannel(c.ID) || visitorsChannel(c.ID) && string(c.Kind) != c.ID {
		return invalidField("kind", "the channels web and miniprogram are of these kinds, and no others are")
	}
	if visitorsChannel(c.ID) && !c.Active {
		return invalidField("active", "the channels of visitors cannot be closed: close pools instead")
	}
	if c.Name == "" || len(c.Name) > maxPoolName {
		return invalidField("name", "want 1 to %d bytes, got %d", maxPoolName, len(c.Name))
	}
	if len(c.NameEN) > maxPoolName {
		return invalidField("name_en", "want at most %d bytes, got %d", maxPoolName, len(c.NameEN))
	}
	return nil
}

// maxChannels bounds how many channels there are.
const maxChannels = 200

// PutChannel makes a channel, with an account that its orders belong to, or
// changes it, and audits it. It fails with ErrInvalidField.
func (s *Service) PutChannel(ctx context.Context, call Call, change ChannelChange) (Channel, error) {
	if err := change.validate(); err != nil {
		return Channel{}, err
	}
	account, err := newID()
	if err != nil {
		return Channel{}, err
	}
	return once(ctx, s, call, "operations", func(ctx context.Context, w *work) (Channel, error) {
		old, err := w.Channel(ctx, change.ID)
		known := err == nil
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Channel{}, err
		}
		next := old
		if !known {
			if err := roomForChannel(ctx, w); err != nil {
				return Channel{}, err
			}
			next = Channel{ID: change.ID, CreatedAt: w.now, AccountID: account}
			if err := w.InsertAccount(ctx, Account{ID: account, CreatedAt: w.now}); err != nil {
				return Channel{}, err
			}
		}
		next.Kind, next.Name, next.NameEN, next.Active, next.Spill = change.Kind, change.Name, change.NameEN, change.Active, change.Spill
		return next, w.putChannel(ctx, "channel", known, old, next)
	})
}

func roomForChannel(ctx context.Context, w *work) error {
	have, err := w.Channels(ctx)
	if err == nil && len(have) >= maxChannels {
		return invalidField("channel", "there are %d channels already", len(have))
	}
	return err
}

// putChannel keeps a channel and writes to its audit what changed.
func (w *work) putChannel(ctx context.Context, what string, known bool, old, next Channel) error {
	if err := w.PutChannel(ctx, next); err != nil {
		return err
	}
	var before *Channel
	if known {
		before = &old
	}
	change, err := w.changeOf(what, before, next)
	if err != nil || change == nil {
		return err
	}
	return w.RecordChannelChange(ctx, next.ID, *change)
}

// Channels lists all channels in order of id.
func (s *Service) Channels(ctx context.Context) ([]Channel, error) {
	var channels []Channel
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		channels, err = r.Channels(ctx)
		return err
	})
	return channels, err
}

// ChannelChanges reads a channel's audit after a sequence number. It fails with
// ErrNotFound or ErrInvalidField.
func (s *Service) ChannelChanges(ctx context.Context, channel string, after int64, limit int) ([]Change, error) {
	if limit < 1 || limit > maxEvents {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxEvents, limit)
	}
	var changes []Change
	err := s.store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := r.Channel(ctx, channel); err != nil {
			return err
		}
		var err error
		changes, err = r.ChannelChanges(ctx, channel, after, limit)
		return err
	})
	return changes, err
}
