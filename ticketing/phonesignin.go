package ticketing

import (
	"context"
	"errors"
	"time"
)

// SignInWithCode opens a session for whoever has a number's code, and an
// account first if the number has none. It fails with ErrNotConfigured,
// ErrInvalidField or ErrWrongCode.
//
// An account whose number nobody had proved to have loses its password and its
// other sessions to the first who proves it, because whoever set them may have
// typed another's number.
func (s *Service) SignInWithCode(ctx context.Context, call Call, phone, code string) (SignedIn, error) {
	if s.opts.Codes == nil {
		return SignedIn{}, ErrNotConfigured
	}
	e164, err := normalisePhone("phone", phone)
	if err != nil {
		return SignedIn{}, err
	}
	if err := checkDigits(code); err != nil {
		return SignedIn{}, err
	}
	id, err := newID()
	if err != nil {
		return SignedIn{}, err
	}
	fresh := s.accountOf(id, e164)
	session, err := once(ctx, s, call, anonymousScope(fresh.PhoneKey), func(ctx context.Context, w *work) (tried[Session], error) {
		right, err := s.redeem(ctx, w, fresh.PhoneKey, PurposeSignIn, code)
		if err != nil {
			return tried[Session]{}, err
		}
		if !right {
			return tried[Session]{Refused: ErrWrongCode}, nil
		}
		account, err := proved(ctx, w, fresh)
		if err != nil {
			return tried[Session]{}, err
		}
		session, err := s.open(ctx, w, account.ID)
		return tried[Session]{Value: session}, err
	})
	opened, err := session.result(err)
	if err == nil && !s.now().Before(opened.CreatedAt.Add(s.opts.Codes.Life)) {
		// An answer remembered for an idempotency key must not make the code last longer.
		err = ErrWrongCode
	}
	return s.signedIn(opened, err)
}

// accountOf is the account that a number would get.
func (s *Service) accountOf(id, e164 string) Account {
	return Account{ID: id, PhoneMasked: maskPhone(e164), PhoneKey: s.vault.Key("phone", e164), PhoneSealed: s.vault.Seal("phone", e164)}
}

// proved finds or opens the account of a number that somebody has just proved
// to have.
func proved(ctx context.Context, w *work, fresh Account) (Account, error) {
	account, known, err := find(w.AccountByPhone(ctx, fresh.PhoneKey))
	if err != nil {
		return Account{}, err
	}
	if !known {
		fresh.CreatedAt, fresh.PhoneVerifiedAt = w.now, w.now
		return fresh, w.InsertAccount(ctx, fresh)
	}
	if !account.PhoneVerifiedAt.IsZero() {
		return account, nil
	}
	account.PhoneVerifiedAt, account.Password = w.now, ""
	if err := w.RevokeSessions(ctx, account.ID, w.now); err != nil {
		return Account{}, err
	}
	return account, w.UpdateAccount(ctx, account)
}

// open begins a session of a visitor who came through the website.
func (s *Service) open(ctx context.Context, w *work, account string) (Session, error) {
	return s.openThrough(ctx, w, account, ChannelWeb)
}

// openThrough begins a session of a visitor who came through a channel.
func (s *Service) openThrough(ctx context.Context, w *work, account string, channel ChannelKind) (Session, error) {
	id, err := newID()
	if err != nil {
		return Session{}, err
	}
	// Whole seconds, because the token's claims have no finer ones.
	started := w.now.Truncate(time.Second)
	session := Session{ID: id, AccountID: account, CreatedAt: started, ExpiresAt: started.Add(s.opts.SessionLife), Channel: string(channel)}
	return session, w.InsertSession(ctx, session)
}

// signedIn adds the token to a session and counts the attempt.
func (s *Service) signedIn(session Session, err error) (SignedIn, error) {
	if err != nil {
		if errors.Is(err, ErrWrongCredentials) || errors.Is(err, ErrWrongCode) || errors.Is(err, ErrWeChatRefused) {
			s.metrics.signIns.WithLabelValues("refused").Inc()
		}
		return SignedIn{}, err
	}
	token, err := signToken(s.session, session)
	if err != nil {
		return SignedIn{}, err
	}
	s.tokens.remember(token, verified{session.ID, session.AccountID, session.ExpiresAt.Truncate(time.Second)})
	s.metrics.signIns.WithLabelValues("ok").Inc()
	return SignedIn{Session: session, Token: token}, nil
}
