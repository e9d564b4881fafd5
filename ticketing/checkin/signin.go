package checkin

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"fairgate/ticketing"
)

const (
	tokenPrefix = "FGTS1."
	maxNonce    = 64 // bytes
	// sessionAge is how long a session that was found good is not looked up
	// again. Scans look again in their transaction, so that a revoked terminal
	// lets nobody in.
	sessionAge = time.Second
)

// SignIn is a terminal's signed request for a session.
type SignIn struct {
	TerminalID string
	Nonce      string    // never used by this terminal before
	Clock      time.Time // the terminal's
	AppVersion string
	Signature  []byte // see Key.Sign
}

// Notice is something that a terminal should show to who stands at it.
type Notice struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Status is how a terminal stands: what it is set to, and what it must know.
type Status struct {
	Terminal   Terminal
	ServerTime time.Time
	Skew       time.Duration
	Notices    []Notice
	Upgrade    *Upgrade // nil = none
}

// Session is a terminal's session. Token is the credential of its requests.
type Session struct {
	Status

	Token     string
	ExpiresAt time.Time
}

func (in SignIn) validate() error {
	if len(in.TerminalID) > maxNonce || in.TerminalID == "" {
		return invalidField("terminal_id", "want the terminal's id")
	}
	if err := checkNonce(in.Nonce); err != nil {
		return err
	}
	if in.Clock.IsZero() || in.Clock.Year() < 1970 || in.Clock.Year() > 9999 {
		return invalidField("clock", "want the terminal's time")
	}
	if _, err := parseVersion(in.AppVersion); err != nil {
		return invalidField("app_version", "%v", err)
	}
	return nil
}

// checkNonce holds what terminals choose to a form: 8 to 64 of letters, digits,
// - and _, as of a UUID.
func checkNonce(nonce string) error {
	if len(nonce) < 8 || len(nonce) > maxNonce {
		return invalidField("nonce", "want 8 to %d of letters, digits, - and _, got %d", maxNonce, len(nonce))
	}
	for i := range len(nonce) {
		c := nonce[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return invalidField("nonce", "want letters, digits, - and _ only")
	}
	return nil
}

// SignIn opens a session for a terminal and ends the one before it, so that a
// key used in two places shows. It fails with ErrInvalidField, with
// ErrUnauthenticated for an unknown terminal or a wrong signature, ErrReplayed,
// ErrRevoked, or ErrTooOften after too many failures.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Session, error) {
	if err := in.validate(); err != nil {
		return Session{}, err
	}
	if err := s.tries.spare(in.TerminalID); err != nil {
		s.metrics.signIns.WithLabelValues("limited").Inc()
		return Session{}, err
	}
	session, err := s.signIn(ctx, in)
	switch {
	case err == nil:
		s.metrics.signIns.WithLabelValues("ok").Inc()
	case errors.Is(err, ErrUnauthenticated), errors.Is(err, ErrReplayed), errors.Is(err, ErrRevoked):
		s.metrics.signIns.WithLabelValues("refused").Inc()
		_ = s.tries.take(in.TerminalID) // a try is spent; the answer is why it failed
	}
	return session, err
}

func (s *Service) signIn(ctx context.Context, in SignIn) (Session, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // crypto/rand.Read never fails
	hash := sha256.Sum256(secret)
	var out Session
	err := s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		t, err := terminal(ctx, tx, in.TerminalID)
		if errors.Is(err, ticketing.ErrNotFound) {
			return ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		if !ed25519.Verify(t.SignPublic, signInText(in.TerminalID, in.Nonce, in.Clock, in.AppVersion), in.Signature) {
			return ErrUnauthenticated
		}
		if !t.RevokedAt.IsZero() {
			return ErrRevoked
		}
		now := s.now()
		if err := tx.RememberSignIn(ctx, t.ID, in.Nonce, now); err != nil {
			return err
		}
		t.SessionHash, t.SessionExpiresAt, t.SignedInAt = hash[:], now.Add(s.opts.SessionLife), now
		t.SeenAt, t.Skew, t.AppVersion = now, skewOf(in.Clock, now), in.AppVersion
		if err := tx.UpdateTerminal(ctx, t); err != nil {
			return err
		}
		status, err := s.status(ctx, tx, t, now)
		out = Session{
			Status: status, ExpiresAt: t.SessionExpiresAt,
			Token: tokenPrefix + t.ID + "." + base64.RawURLEncoding.EncodeToString(secret),
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	s.sessions.forget(in.TerminalID)
	return out, nil
}

// skewOf is how far a terminal's clock is ahead of the service's.
func skewOf(clock, now time.Time) time.Duration {
	return clock.Sub(now).Truncate(time.Millisecond)
}

// status gathers what a terminal must know.
func (s *Service) status(ctx context.Context, r TerminalReader, t Terminal, now time.Time) (Status, error) {
	app, err := appOf(ctx, r, t.Kind)
	if err != nil {
		return Status{}, err
	}
	out := Status{Terminal: t, ServerTime: now, Skew: t.Skew, Notices: s.notices(t.Skew)}
	if app != nil {
		out.Upgrade = app.upgrade(t.AppVersion)
	}
	return out, nil
}

// notices tells a terminal whose clock is off.
func (s *Service) notices(skew time.Duration) []Notice {
	if skew.Abs() <= s.opts.MaxSkew {
		return nil
	}
	return []Notice{{Code: "clock_skew", ZH: "设备时钟不准,请校准", EN: "This terminal's clock is wrong: please set it"}}
}

// credentials are what a token says, before anybody has looked whether it is
// good.
type credentials struct {
	terminalID string
	hash       [sha256.Size]byte
}

func parseToken(token string) (credentials, error) {
	text, known := strings.CutPrefix(token, tokenPrefix)
	id, coded, cut := strings.Cut(text, ".")
	secret, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if !known || !cut || err != nil || len(secret) != 32 || len(id) > maxNonce {
		return credentials{}, ErrUnauthenticated
	}
	return credentials{terminalID: id, hash: sha256.Sum256(secret)}, nil
}

// admits reports whether the credentials are of the terminal's session.
func (t Terminal) admits(c credentials, now time.Time) error {
	if !t.RevokedAt.IsZero() {
		return ErrRevoked
	}
	if len(t.SessionHash) != sha256.Size || subtle.ConstantTimeCompare(t.SessionHash, c.hash[:]) != 1 || !now.Before(t.SessionExpiresAt) {
		return ErrUnauthenticated
	}
	return nil
}

// Authenticate finds the terminal of a session's token. It fails with
// ErrUnauthenticated or ErrRevoked; both may come a second late.
func (s *Service) Authenticate(ctx context.Context, token string) (Terminal, error) {
	t, _, err := s.authenticate(ctx, token)
	return t, err
}

func (s *Service) authenticate(ctx context.Context, token string) (Terminal, credentials, error) {
	c, err := parseToken(token)
	if err != nil {
		return Terminal{}, c, err
	}
	now := s.now()
	if t, known := s.sessions.find(c, now); known {
		return t, c, t.admits(c, now)
	}
	var t Terminal
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		t, err = terminal(ctx, r, c.terminalID)
		return err
	})
	if errors.Is(err, ticketing.ErrNotFound) {
		return Terminal{}, c, ErrUnauthenticated
	}
	if err != nil {
		return Terminal{}, c, err
	}
	if err := t.admits(c, now); err != nil {
		return Terminal{}, c, err
	}
	s.sessions.keep(c, t, now)
	return t, c, nil
}

// SignOut ends the terminal's session. A session that is over stays over.
func (s *Service) SignOut(ctx context.Context, token string) error {
	c, err := parseToken(token)
	if err != nil {
		return err
	}
	err = s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		t, err := terminal(ctx, tx, c.terminalID)
		if errors.Is(err, ticketing.ErrNotFound) {
			return ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		if err := t.admits(c, s.now()); err != nil {
			return err
		}
		t.SessionHash, t.SessionExpiresAt = nil, time.Time{}
		return tx.UpdateTerminal(ctx, t)
	})
	s.sessions.forget(c.terminalID)
	return err
}

// Heartbeat notes that a terminal is there, what its clock shows and which
// version it runs, and says how it stands.
func (s *Service) Heartbeat(ctx context.Context, token string, clock time.Time, app string) (Status, error) {
	t, c, err := s.authenticate(ctx, token)
	if err != nil {
		return Status{}, err
	}
	if err := s.calls.take(t.ID); err != nil {
		return Status{}, err
	}
	if clock.IsZero() || clock.Year() < 1970 || clock.Year() > 9999 {
		return Status{}, invalidField("clock", "want the terminal's time")
	}
	if _, err := parseVersion(app); err != nil {
		return Status{}, invalidField("app_version", "%v", err)
	}
	var out Status
	err = s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		t, err := terminal(ctx, tx, c.terminalID)
		if err != nil {
			return err
		}
		now := s.now()
		if err := t.admits(c, now); err != nil {
			return err
		}
		t.SeenAt, t.Skew, t.AppVersion = now, skewOf(clock, now), app
		if err := tx.UpdateTerminal(ctx, t); err != nil {
			return err
		}
		out, err = s.status(ctx, tx, t, now)
		return err
	})
	if err != nil {
		return Status{}, err
	}
	return out, nil
}

// sessionCache remembers for a moment which sessions were found good.
type sessionCache struct {
	mu   sync.Mutex
	good map[string]cachedSession
}

type cachedSession struct {
	terminal Terminal
	until    time.Time
}

func newSessionCache() *sessionCache { return &sessionCache{good: map[string]cachedSession{}} }

// find gives what is remembered of the session itself, and nothing of another
// session of the same terminal.
func (c *sessionCache) find(of credentials, now time.Time) (Terminal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, known := c.good[of.terminalID]
	if !known || !now.Before(kept.until) || now.Before(kept.until.Add(-sessionAge)) ||
		subtle.ConstantTimeCompare(kept.terminal.SessionHash, of.hash[:]) != 1 {
		return Terminal{}, false
	}
	return kept.terminal, true
}

func (c *sessionCache) keep(of credentials, t Terminal, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.good) >= maxBuckets {
		clear(c.good)
	}
	c.good[of.terminalID] = cachedSession{terminal: t, until: now.Add(sessionAge)}
}

func (c *sessionCache) forget(terminal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.good, terminal)
}
