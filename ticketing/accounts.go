package ticketing

import (
	"context"
	"encoding/hex"
	"errors"
)

// SignedIn is a session with the token that proves it.
type SignedIn struct {
	Session
	Token string `json:"-"`
}

// Register opens an account for a phone number. It fails with ErrInvalidField
// or ErrPhoneTaken.
func (s *Service) Register(ctx context.Context, call Call, phone, password string) (Account, error) {
	e164, err := normalisePhone("phone", phone)
	if err != nil {
		return Account{}, err
	}
	if err := checkPassword(password); err != nil {
		return Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	id, err := newID()
	if err != nil {
		return Account{}, err
	}
	account := s.accountOf(id, e164)
	account.Password = hash
	return once(ctx, s, call, anonymousScope(account.PhoneKey), func(ctx context.Context, w *work) (Account, error) {
		account.CreatedAt = w.now
		return account, w.InsertAccount(ctx, account)
	})
}

// anonymousScope keeps idempotency keys of callers without an account apart by
// the phone number they name.
func anonymousScope(phoneKey []byte) string { return "phone:" + hex.EncodeToString(phoneKey[:16]) }

// SignIn opens a session. It fails with ErrWrongCredentials, as slowly for an
// unknown phone as for a wrong password.
func (s *Service) SignIn(ctx context.Context, call Call, phone, password string) (SignedIn, error) {
	e164, err := normalisePhone("phone", phone)
	if err != nil {
		return SignedIn{}, err
	}
	phoneKey := s.vault.Key("phone", e164)
	account, err := s.verified(ctx, phoneKey, password)
	if err != nil {
		return s.signedIn(Session{}, err)
	}
	session, err := once(ctx, s, call, anonymousScope(phoneKey), func(ctx context.Context, w *work) (Session, error) {
		return s.open(ctx, w, account.ID)
	})
	return s.signedIn(session, err)
}

// verified finds the account of a phone key if the password is its own.
func (s *Service) verified(ctx context.Context, phoneKey []byte, password string) (Account, error) {
	if len(password) > maxPassword {
		return Account{}, ErrWrongCredentials
	}
	var account Account
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		account, err = r.AccountByPhone(ctx, phoneKey)
		return err
	})
	known := err == nil && account.Password != "" // many have none
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Account{}, err
	}
	hash := s.hasher.decoy
	if known {
		hash = account.Password
	}
	same, err := s.hasher.matches(ctx, hash, password)
	if err != nil {
		return Account{}, err
	}
	if !known || !same {
		return Account{}, ErrWrongCredentials
	}
	return account, nil
}

// Authenticate finds the living session of a token. It fails with
// ErrUnauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string) (Session, error) {
	now := s.now()
	said, known := s.tokens.known(token, now)
	if !known {
		var err error
		if said, err = readToken(s.public, token, now); err != nil {
			return Session{}, err
		}
		s.tokens.remember(token, said)
	}
	var session Session
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		session, err = r.Session(ctx, said.session)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Session{}, ErrUnauthenticated
	}
	if err != nil {
		return Session{}, err
	}
	if session.AccountID != said.account || !session.RevokedAt.IsZero() || !now.Before(session.ExpiresAt) {
		return Session{}, ErrUnauthenticated
	}
	return session, nil
}

// SignOut ends a session at once; its token is refused from then on.
func (s *Service) SignOut(ctx context.Context, session Session) error {
	return s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		return w.RevokeSession(ctx, session.ID, w.now)
	})
}
