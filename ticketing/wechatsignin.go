package ticketing

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// WeChatKind says through which of WeChat's doors a visitor comes.
type WeChatKind string

// WeChat's doors: a mini-program's wx.login, and OAuth on the web.
const (
	WeChatMiniProgram WeChatKind = "mini_program"
	WeChatWeb         WeChatKind = "web"
)

// Valid reports whether k is one of the known kinds.
func (k WeChatKind) Valid() bool { return k == WeChatMiniProgram || k == WeChatWeb }

// WeChatUser is who WeChat says a visitor is: the openid is of one app, the
// unionid of all apps of one owner and may be empty.
type WeChatUser struct {
	AppID   string
	OpenID  string
	UnionID string
}

// WeChat asks WeChat who a visitor is. Identify spends the code; it fails with
// ErrNotConfigured for a kind that is not set up, and with ErrWeChatRefused,
// ErrWeChatBlocked, ErrWeChatTooOften or ErrUnavailable. AuthorizeURL is where
// a browser is sent to begin, and fails with ErrNotConfigured.
type WeChat interface {
	Identify(ctx context.Context, kind WeChatKind, code string) (WeChatUser, error)
	AuthorizeURL(state string) (string, error)
}

// Identity is one way for a WeChat user to be an account. Scope is unionScope
// or an app id; Key is the keyed HMAC of the unionid or openid.
type Identity struct {
	Scope     string
	Key       []byte
	Sealed    []byte // the unionid or openid
	AccountID string
	LinkedAt  time.Time
}

// unionScope is no app id: those begin with wx.
const unionScope = "union"

// identities are a WeChat user's, the most telling first.
func (s *Service) identities(u WeChatUser) []Identity {
	var out []Identity
	if u.UnionID != "" {
		out = append(out, Identity{Scope: unionScope, Key: s.vault.Key("wechat "+unionScope, u.UnionID), Sealed: s.vault.Seal("wechat", u.UnionID)})
	}
	return append(out, Identity{Scope: u.AppID, Key: s.vault.Key("wechat "+u.AppID, u.OpenID), Sealed: s.vault.Seal("wechat", u.OpenID)})
}

// WeChatLogin is what a visitor's client sends after WeChat has given it a
// code. State and Browser are needed on the web only: what WeChat sent back,
// and what the browser kept since BeginWeChat.
type WeChatLogin struct {
	Kind    WeChatKind
	Code    string
	State   string
	Browser string
}

// maxWeChatCode bounds a code, in bytes; WeChat's have 32.
const maxWeChatCode = 128

// identify checks a login and asks WeChat whose it is.
func (s *Service) identify(ctx context.Context, login WeChatLogin) (WeChatUser, error) {
	if s.opts.WeChat == nil {
		return WeChatUser{}, ErrNotConfigured
	}
	if !login.Kind.Valid() {
		return WeChatUser{}, invalidField("wechat.kind", "want mini_program or web, got %q", shorten(string(login.Kind)))
	}
	if login.Code == "" || len(login.Code) > maxWeChatCode {
		return WeChatUser{}, invalidField("wechat.code", "want 1 to %d bytes", maxWeChatCode)
	}
	if login.Kind == WeChatWeb && !s.stateHolds(login.State, login.Browser) {
		return WeChatUser{}, ErrWeChatState
	}
	return s.opts.WeChat.Identify(ctx, login.Kind, login.Code)
}

// SignInWithWeChat opens a session for a WeChat user, and an account without a
// phone number first if the user has none. It fails with ErrNotConfigured,
// ErrInvalidField, ErrWeChatState, and as WeChat's Identify does. A code serves
// once, so a repetition with the same idempotency key needs the first answer,
// which is looked for before WeChat is asked.
func (s *Service) SignInWithWeChat(ctx context.Context, call Call, login WeChatLogin) (SignedIn, error) {
	scope := "wechat:" + base64.RawURLEncoding.EncodeToString(s.vault.Key("wechat code", login.Code)[:16])
	session, known, err := recall[Session](ctx, s, call, scope)
	if err != nil {
		return SignedIn{}, err
	}
	if !known {
		user, err := s.identify(ctx, login)
		if err != nil {
			return s.signedIn(Session{}, err)
		}
		id, err := newID()
		if err != nil {
			return SignedIn{}, err
		}
		session, err = once(ctx, s, call, scope, func(ctx context.Context, w *work) (Session, error) {
			account, err := adopt(ctx, w, id, s.identities(user))
			if err != nil {
				return Session{}, err
			}
			channel := ChannelWeb
			if login.Kind == WeChatMiniProgram {
				channel = ChannelMiniProgram
			}
			return s.openThrough(ctx, w, account, channel)
		})
		if err != nil {
			return SignedIn{}, err
		}
	}
	if !s.now().Before(session.CreatedAt.Add(stateLife)) {
		return s.signedIn(Session{}, ErrWeChatRefused)
	}
	return s.signedIn(session, nil)
}

// recall reads the answer to an idempotency key, if there is one.
func recall[T any](ctx context.Context, s *Service, call Call, scope string) (T, bool, error) {
	var none T
	if call.IdempotencyKey == "" {
		return none, false, nil
	}
	found, err := once(ctx, s, call, scope, func(context.Context, *work) (T, error) { return none, ErrNotFound })
	return find(found, err)
}

// adopt finds the account of the first identity that has one, or opens it under
// the given id, and gives it those identities that nobody has.
func adopt(ctx context.Context, w *work, id string, identities []Identity) (string, error) {
	var missing []Identity
	account := ""
	for _, identity := range identities {
		found, known, err := find(w.AccountByIdentity(ctx, identity.Scope, identity.Key))
		if err != nil {
			return "", err
		}
		if !known {
			missing = append(missing, identity)
		} else if account == "" {
			account = found.ID
		}
	}
	if account == "" {
		account = id
		if err := w.InsertAccount(ctx, Account{ID: id, CreatedAt: w.now}); err != nil {
			return "", err
		}
	}
	held, err := scopesOf(ctx, w, account)
	if err != nil {
		return "", err
	}
	for _, identity := range missing {
		if held[identity.Scope] {
			continue // the unionid has spoken; another openid of the same app stays unbound
		}
		identity.AccountID, identity.LinkedAt = account, w.now
		if err := w.PutIdentity(ctx, identity); err != nil {
			return "", err
		}
	}
	return account, nil
}

func scopesOf(ctx context.Context, w *work, account string) (map[string]bool, error) {
	identities, err := w.Identities(ctx, account)
	scopes := make(map[string]bool, len(identities))
	for _, i := range identities {
		scopes[i.Scope] = true
	}
	return scopes, err
}

// LinkWeChat lets a WeChat user sign in to an account that has its visitor's
// session. A WeChat user's account that has neither phone number nor orders is
// an empty shell from an earlier sign-in: its identities move over, and its
// sessions end. It fails as SignInWithWeChat does, with ErrWeChatTaken if the
// user's account is no shell, and with ErrWeChatLinked if this account belongs
// to another WeChat user.
func (s *Service) LinkWeChat(ctx context.Context, call Call, account string, login WeChatLogin) (Profile, error) {
	me, known, err := recall[Profile](ctx, s, call, account)
	if err != nil || known {
		return me, err
	}
	user, err := s.identify(ctx, login)
	if err != nil {
		return Profile{}, err
	}
	return once(ctx, s, call, account, func(ctx context.Context, w *work) (Profile, error) {
		held, err := w.Identities(ctx, account)
		if err != nil {
			return Profile{}, err
		}
		keys := make(map[string][]byte, len(held))
		for _, i := range held {
			keys[i.Scope] = i.Key
		}
		for _, identity := range s.identities(user) {
			if key, has := keys[identity.Scope]; has {
				if !hmac.Equal(key, identity.Key) {
					return Profile{}, ErrWeChatLinked
				}
				continue
			}
			moving, err := vacate(ctx, w, identity, account)
			if err != nil {
				return Profile{}, err
			}
			for _, i := range append(moving, identity) {
				if _, has := keys[i.Scope]; has {
					continue
				}
				keys[i.Scope], i.AccountID, i.LinkedAt = i.Key, account, w.now
				if err := w.PutIdentity(ctx, i); err != nil {
					return Profile{}, err
				}
			}
		}
		return profile(ctx, w, account)
	})
}

// vacate makes sure that an identity may move to the account: nobody has it, or
// an empty shell, whose sessions end and all of whose identities may move.
func vacate(ctx context.Context, w *work, identity Identity, account string) ([]Identity, error) {
	owner, known, err := find(w.AccountByIdentity(ctx, identity.Scope, identity.Key))
	if err != nil || !known || owner.ID == account {
		return nil, err
	}
	if len(owner.PhoneKey) > 0 {
		return nil, ErrWeChatTaken
	}
	orders, err := w.OrdersOf(ctx, owner.ID, nil, OrderCursor{}, 1)
	if err != nil {
		return nil, err
	}
	if len(orders) > 0 {
		return nil, ErrWeChatTaken
	}
	if err := w.RevokeSessions(ctx, owner.ID, w.now); err != nil {
		return nil, err
	}
	return w.Identities(ctx, owner.ID)
}

// stateLife is how long a sign-in through WeChat may take.
const stateLife = 10 * time.Minute

// WeChatStart is how a browser begins to sign in through WeChat: it keeps
// Browser where no other site can put one, and goes to URL, from which WeChat
// sends it back with a code and State.
type WeChatStart struct {
	URL       string
	State     string
	Browser   string
	ExpiresAt time.Time
}

// BeginWeChat begins a sign-in on the web. It fails with ErrNotConfigured.
func (s *Service) BeginWeChat() (WeChatStart, error) {
	if s.opts.WeChat == nil {
		return WeChatStart{}, ErrNotConfigured
	}
	browser := rand.Text()
	expires := s.now().Add(stateLife)
	state := s.state(browser, expires)
	url, err := s.opts.WeChat.AuthorizeURL(state)
	return WeChatStart{URL: url, State: state, Browser: browser, ExpiresAt: expires}, err
}

// state is an expiry and the HMAC of it and of what the browser keeps, so that
// nothing need be stored: 8 and 24 bytes in base64.
func (s *Service) state(browser string, expires time.Time) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(expires.UnixMilli()))
	mac := s.vault.Key("wechat state", string(raw)+browser)
	return base64.RawURLEncoding.EncodeToString(append(raw, mac[:24]...))
}

// stateHolds reports whether a state was made for this browser and is in time.
func (s *Service) stateHolds(state, browser string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(raw) != 32 || browser == "" {
		return false
	}
	expires := time.UnixMilli(int64(binary.BigEndian.Uint64(raw))) //nolint:gosec // a forged one fails below
	return hmac.Equal([]byte(state), []byte(s.state(browser, expires))) && s.now().Before(expires)
}
