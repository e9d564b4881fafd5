package checkin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"fairgate/ticketing"
)

// maxTerminals bounds the terminals of a house, revoked ones included.
const maxTerminals = 10_000

// Registered is a new terminal with the key that is shown this once; Key is
// empty where an idempotency key was repeated.
type Registered struct {
	Terminal Terminal
	Key      string
}

// Register makes a terminal and its key, and audits it. An idempotency key
// seen again with the same setting gives the same terminal without its key,
// which is stored nowhere: Rekey makes another. It fails with ErrInvalidField,
// ErrNameTaken or ErrIdempotencyMismatch.
func (s *Service) Register(ctx context.Context, actor, idempotencyKey string, setting Setting) (Registered, error) {
	if err := setting.validate(); err != nil {
		return Registered{}, err
	}
	id, err := s.terminalID(idempotencyKey)
	if err != nil {
		return Registered{}, err
	}
	key := NewKey()
	sign, seal, err := key.public()
	if err != nil {
		return Registered{}, err
	}
	var out Registered
	err = s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		known, err := terminal(ctx, tx, id)
		if err == nil {
			if !sameSetting(known.Setting(), setting) {
				return ticketing.ErrIdempotencyMismatch
			}
			out = Registered{Terminal: known}
			return nil
		}
		if !errors.Is(err, ticketing.ErrNotFound) {
			return err
		}
		if err := poolsExist(ctx, tx, setting.Pools); err != nil {
			return err
		}
		all, err := tx.AllTerminals(ctx)
		if err != nil {
			return err
		}
		if len(all) >= maxTerminals {
			return invalidField("name", "there are %d terminals, no more can be made", maxTerminals)
		}
		out = Registered{Key: key.Text(), Terminal: Terminal{
			ID: id, Name: setting.Name, Kind: setting.Kind, Gate: setting.Gate, Pools: setting.Pools,
			CreatedAt: s.now(), SignPublic: sign, SealPublic: seal,
		}}
		if err := tx.InsertTerminal(ctx, out.Terminal); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, id, "register", nil, setting)
	})
	if err != nil {
		return Registered{}, err
	}
	return out, nil
}

// maxIdempotencyKey bounds a key, in bytes.
const maxIdempotencyKey = 200

// terminalID makes an id; the same one for the same idempotency key.
func (s *Service) terminalID(idempotencyKey string) (string, error) {
	if idempotencyKey == "" {
		return newID()
	}
	if len(idempotencyKey) > maxIdempotencyKey {
		return "", invalidField("Idempotency-Key", "want at most %d bytes", maxIdempotencyKey)
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, s.vault.Key("terminal", idempotencyKey)).String(), nil
}

func sameSetting(a, b Setting) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Gate == b.Gate && slices.Equal(a.Pools, b.Pools)
}

func poolsExist(ctx context.Context, r GateReader, ids []string) error {
	pools, err := r.PoolsByID(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if !slices.ContainsFunc(pools, func(p ticketing.Pool) bool { return p.ID == id }) {
			return invalidField(fmt.Sprintf("pools[%d]", i), "there is no pool %q", shorten(id))
		}
	}
	return nil
}

// ChangeTerminal sets what the house decides about a terminal, in force from
// its next scan on, and audits it. It fails with ErrInvalidField, ErrNotFound,
// ErrNameTaken or ErrRevoked.
func (s *Service) ChangeTerminal(ctx context.Context, actor, id string, setting Setting) (Terminal, error) {
	if err := setting.validate(); err != nil {
		return Terminal{}, err
	}
	return s.change(ctx, id, func(ctx context.Context, tx Tx, t *Terminal) error {
		if !t.RevokedAt.IsZero() {
			return ErrRevoked
		}
		if err := poolsExist(ctx, tx, setting.Pools); err != nil {
			return err
		}
		before := t.Setting()
		t.Name, t.Kind, t.Gate, t.Pools = setting.Name, setting.Kind, setting.Gate, setting.Pools
		return s.record(ctx, tx, actor, id, "change", before, setting)
	})
}

// Revoke ends a terminal's session and its key for good, and audits it.
// Repeated, it changes nothing.
func (s *Service) Revoke(ctx context.Context, actor, id string) (Terminal, error) {
	return s.change(ctx, id, func(ctx context.Context, tx Tx, t *Terminal) error {
		if !t.RevokedAt.IsZero() {
			return nil
		}
		t.RevokedAt, t.SessionHash = s.now(), nil
		return s.record(ctx, tx, actor, id, "revoke", t.Setting(), nil)
	})
}

// Rekey gives a terminal another key, shown this once; the former key and the
// session are worth nothing from now on.
func (s *Service) Rekey(ctx context.Context, actor, id string) (Registered, error) {
	key := NewKey()
	sign, seal, err := key.public()
	if err != nil {
		return Registered{}, err
	}
	t, err := s.change(ctx, id, func(ctx context.Context, tx Tx, t *Terminal) error {
		if !t.RevokedAt.IsZero() {
			return ErrRevoked
		}
		before := keyMark{t.SignPublic}
		t.SignPublic, t.SealPublic, t.SessionHash = sign, seal, nil
		return s.record(ctx, tx, actor, id, "key", before, keyMark{sign})
	})
	if err != nil {
		return Registered{}, err
	}
	return Registered{Terminal: t, Key: key.Text()}, nil
}

// keyMark is how the audit names a key.
type keyMark struct {
	SignPublic []byte `json:"sign_public"`
}

func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, tx Tx, t *Terminal) error) (Terminal, error) {
	var out Terminal
	err := s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		t, err := terminal(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, &t); err != nil {
			return err
		}
		out = t
		return tx.UpdateTerminal(ctx, t)
	})
	s.sessions.forget(id)
	if err != nil {
		return Terminal{}, err
	}
	return out, nil
}

// Terminals lists at most so many terminals, revoked ones too, in order of name,
// beginning behind the one with the id after; next is what to ask the following
// page with, empty at the end. It fails with ErrInvalidField.
func (s *Service) Terminals(ctx context.Context, after string, limit int) (page []Terminal, next string, err error) {
	if limit < 1 || limit > maxPage {
		return nil, "", invalidField("limit", "want 1 to %d, got %d", maxPage, limit)
	}
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		page, err = r.AllTerminals(ctx) // see maxTerminals
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if after != "" {
		at := slices.IndexFunc(page, func(t Terminal) bool { return t.ID == after })
		if at < 0 {
			return nil, "", invalidField("after", "want the id of a terminal")
		}
		page = page[at+1:]
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

// maxPage bounds one reading of the audit or the conflicts.
const maxPage = 1000

// TerminalChanges reads the audit of terminals after a sequence number.
func (s *Service) TerminalChanges(ctx context.Context, after int64, limit int) ([]Change, error) {
	if limit < 1 || limit > maxPage {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxPage, limit)
	}
	var changes []Change
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		changes, err = r.TerminalChanges(ctx, after, limit)
		return err
	})
	return changes, err
}

// maxActor bounds the name of who changes something, in bytes.
const maxActor = 128

// record writes to the audit, unless nothing changed.
func (s *Service) record(ctx context.Context, tx Tx, actor, subject, what string, before, after any) error {
	if actor == "" {
		actor = "operations"
	}
	if len(actor) > maxActor || !plain(actor) {
		return invalidField("X-Operator", "want at most %d bytes of text", maxActor)
	}
	was, err := json.Marshal(before)
	if err != nil {
		return fmt.Errorf("record change of %s: %w", what, err)
	}
	is, err := json.Marshal(after)
	if err != nil {
		return fmt.Errorf("record change of %s: %w", what, err)
	}
	if bytes.Equal(was, is) {
		return nil
	}
	return tx.RecordTerminalChange(ctx, Change{
		Subject: subject, At: ticketing.Millis{Time: s.now()}, Who: actor, What: what, Before: was, After: is,
	})
}
