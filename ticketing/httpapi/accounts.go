package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/sms"
)

// Inbox is where a sandbox keeps the messages it was given, newest first, by a
// number in E.164.
type Inbox interface {
	Inbox(phone string) []sms.Received
}

// accountOperations are what visitors do with their accounts.
func (a *api) accountOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/accounts", id: "register", access: a.access.visitor, status: http.StatusCreated,
		summary: "Register with a phone number and a password", codes: []ticketing.Code{ticketing.CodePhoneTaken},
	}, a.register)
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/accounts/me", id: "get-profile", access: a.access.signedIn,
		summary: "The visitor's account",
	}, a.me)
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/accounts/me/phone", id: "link-phone", access: a.access.signedIn,
		summary: "Give the account a phone number, proved by a code",
		codes:   []ticketing.Code{ticketing.CodeWrongCode, ticketing.CodePhoneTaken, ticketing.CodePhoneLinked, ticketing.CodeNotConfigured},
	}, a.linkPhone)
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/accounts/me/wechat", id: "link-wechat", access: a.access.signedIn,
		summary: "Let WeChat sign in to the account", codes: append(weChatCodes(), ticketing.CodeWeChatTaken, ticketing.CodeWeChatLinked),
	}, a.linkWeChat)
	handle(a, operation{
		method: http.MethodPut, path: "/api/v1/accounts/me/password", id: "set-password", access: a.access.signedIn,
		summary: "Set the password, proved by a code", codes: []ticketing.Code{ticketing.CodeWrongCode, ticketing.CodeNotConfigured},
	}, a.setPassword)
	handle(a, operation{
		method: http.MethodDelete, path: "/api/v1/accounts/me", id: "close-account", access: a.access.signedIn, bodyOptional: true,
		summary: "Erase the account, confirmed by its password or by a code made for close_account",
		describe: "An account with neither password nor phone needs no confirmation. What was booked, paid and visited stays, without persons; " +
			"orders that still stand must be cancelled first.",
		codes: []ticketing.Code{ticketing.CodeWrongCredentials, ticketing.CodeWrongCode, ticketing.CodeLiveOrders, ticketing.CodeNotConfigured},
	}, a.closeAccount)
	a.signInOperations()
}

// signInOperations are the ways to a session and out of it.
func (a *api) signInOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/codes", id: "request-code", access: a.access.visitor, status: http.StatusAccepted,
		summary: "Have a code sent to a phone number", describe: "The answer is the same whether the number has an account or not.",
		codes: []ticketing.Code{ticketing.CodeCodeLimit, ticketing.CodeNotConfigured},
	}, a.requestCode)
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/wechat/states", id: "begin-wechat", access: a.access.visitor, status: http.StatusCreated,
		summary:  "Begin a sign-in through WeChat on the web",
		describe: "Sets a cookie that binds the sign-in to this browser.", codes: []ticketing.Code{ticketing.CodeNotConfigured},
	}, a.beginWeChat)
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/sessions", id: "sign-in", access: a.access.visitor, status: http.StatusCreated,
		summary: "Sign in with phone and password, phone and code, or WeChat alone",
		codes:   append(weChatCodes(), ticketing.CodeWrongCredentials, ticketing.CodeWrongCode),
	}, a.signIn)
	handle(a, operation{
		method: http.MethodDelete, path: "/api/v1/sessions", id: "sign-out", access: a.access.signedIn,
		summary: "End the session",
	}, a.signOut)
}

// weChatCodes are refusals of whatever asks WeChat.
func weChatCodes() []ticketing.Code {
	return []ticketing.Code{
		ticketing.CodeWeChatRefused, ticketing.CodeWeChatBlocked, ticketing.CodeWeChatState, ticketing.CodeWeChatTooOften,
		ticketing.CodeNotConfigured,
	}
}

// credentials are the body of registration.
type credentials struct {
	Phone    string `json:"phone"`
	Password string `json:"password"`
}

// signInBody is the body of a sign-in: a phone number with a password or with a
// code, or WeChat alone.
type signInBody struct {
	Phone    string      `json:"phone" required:"false"`
	Password string      `json:"password" required:"false"`
	Code     string      `json:"code" required:"false"`
	WeChat   *weChatBody `json:"wechat" required:"false"`
}

// weChatBody is what WeChat gave the visitor's client. State is for the web.
type weChatBody struct {
	Kind  ticketing.WeChatKind `json:"kind"`
	Code  string               `json:"code"`
	State string               `json:"state" required:"false" doc:"For the web: what POST /api/v1/wechat/states gave."`
}

// stateCookie holds what binds a sign-in through WeChat to the browser that
// began it.
const stateCookie = "wechat_state"

func (b weChatBody) login(e exchange) ticketing.WeChatLogin {
	return ticketing.WeChatLogin{Kind: b.Kind, Code: b.Code, State: b.State, Browser: e.fiber.Cookies(stateCookie)}
}

type registered struct {
	AccountID string `json:"account_id"`
}

func (a *api) register(ctx context.Context, r *request[none, credentials]) (registered, error) {
	account, err := a.service.Register(ctx, r.call(), r.body.Phone, r.body.Password)
	return registered{AccountID: account.ID}, err
}

type signedIn struct {
	Token     string           `json:"session_token" doc:"The bearer of the Authorization header."`
	AccountID string           `json:"account_id"`
	ExpiresAt ticketing.Millis `json:"expires_at"`
}

func (a *api) signIn(ctx context.Context, r *request[none, signInBody]) (signedIn, error) {
	var (
		in   ticketing.SignedIn
		err  error
		body = r.body
	)
	switch {
	case body.WeChat != nil && body.Phone+body.Password+body.Code != "", body.Password != "" && body.Code != "":
		return signedIn{}, refuse(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), "", "sign in with phone and password, phone and code, or wechat")
	case body.WeChat != nil:
		in, err = a.service.SignInWithWeChat(ctx, r.call(), body.WeChat.login(r.exchange))
	case body.Code != "":
		in, err = a.service.SignInWithCode(ctx, r.call(), body.Phone, body.Code)
	default:
		in, err = a.service.SignIn(ctx, r.call(), body.Phone, body.Password)
	}
	r.secret()
	return signedIn{Token: in.Token, AccountID: in.AccountID, ExpiresAt: ticketing.Millis{Time: in.ExpiresAt}}, err
}

func (a *api) signOut(ctx context.Context, r *request[none, none]) (none, error) {
	return none{}, a.service.SignOut(ctx, r.session())
}

type codeBody struct {
	Phone   string                `json:"phone"`
	Purpose ticketing.CodePurpose `json:"purpose"`
}

type codeSent struct {
	Purpose ticketing.CodePurpose `json:"purpose"`
}

// requestCode answers the same whether the number has an account or not.
func (a *api) requestCode(ctx context.Context, r *request[none, codeBody]) (codeSent, error) {
	return codeSent{Purpose: r.body.Purpose}, a.service.RequestCode(ctx, r.call(), r.body.Phone, r.body.Purpose)
}

type weChatBegun struct {
	URL       string           `json:"authorize_url"`
	State     string           `json:"state"`
	ExpiresAt ticketing.Millis `json:"expires_at"`
}

func (a *api) beginWeChat(_ context.Context, r *request[none, none]) (weChatBegun, error) {
	begin, err := a.service.BeginWeChat()
	if err != nil {
		return weChatBegun{}, err
	}
	r.fiber.Cookie(&fiber.Cookie{
		Name: stateCookie, Value: begin.Browser, Path: "/api/v1", Expires: begin.ExpiresAt,
		HTTPOnly: true, Secure: !a.opts.InsecureCookies, SameSite: fiber.CookieSameSiteLaxMode,
	})
	r.secret()
	return weChatBegun{URL: begin.URL, State: begin.State, ExpiresAt: ticketing.Millis{Time: begin.ExpiresAt}}, nil
}

func (a *api) me(ctx context.Context, r *request[none, none]) (profile, error) {
	p, err := a.service.Me(ctx, r.session().AccountID)
	return showProfile(r.exchange, p), err
}

type phoneBody struct {
	Phone string `json:"phone"`
	Code  string `json:"code"`
}

func (a *api) linkPhone(ctx context.Context, r *request[none, phoneBody]) (profile, error) {
	p, err := a.service.LinkPhone(ctx, r.call(), r.session().AccountID, r.body.Phone, r.body.Code)
	return showProfile(r.exchange, p), err
}

func (a *api) linkWeChat(ctx context.Context, r *request[none, weChatBody]) (profile, error) {
	p, err := a.service.LinkWeChat(ctx, r.call(), r.session().AccountID, r.body.login(r.exchange))
	return showProfile(r.exchange, p), err
}

type passwordBody struct {
	Password string `json:"password"`
	Code     string `json:"code" required:"false"`
}

func (a *api) setPassword(ctx context.Context, r *request[none, passwordBody]) (profile, error) {
	p, err := a.service.SetPassword(ctx, r.call(), r.session(), r.body.Password, r.body.Code)
	return showProfile(r.exchange, p), err
}

// profile is an account as its owner sees it.
type profile struct {
	AccountID     string           `json:"account_id"`
	PhoneMasked   string           `json:"phone_masked"`
	PhoneVerified bool             `json:"phone_verified"`
	PasswordSet   bool             `json:"password_set"`
	WeChatLinked  bool             `json:"wechat_linked"`
	CreatedAt     ticketing.Millis `json:"created_at"`
}

func showProfile(e exchange, p ticketing.Profile) profile {
	e.secret()
	return profile{
		AccountID: p.ID, PhoneMasked: p.PhoneMasked, PhoneVerified: !p.PhoneVerifiedAt.IsZero(),
		PasswordSet: p.HasPassword, WeChatLinked: p.WeChat, CreatedAt: ticketing.Millis{Time: p.CreatedAt},
	}
}

type inInbox struct {
	Phone string `query:"phone" doc:"The number, in any form that visitors may type."`
}

type sentMessage struct {
	ID         string           `json:"message_id"`
	Phone      string           `json:"phone"`
	Purpose    string           `json:"purpose"`
	Code       string           `json:"code"`
	TextZH     string           `json:"text_zh,omitempty"` // of a notice
	TextEN     string           `json:"text_en,omitempty"`
	ReceivedAt ticketing.Millis `json:"received_at"`
}

type inbox struct {
	Messages []sentMessage `json:"messages"`
}

// sandboxInbox shows what a sandbox was to send to a number, with its codes.
func (a *api) sandboxInbox(_ context.Context, r *request[inInbox, none]) (inbox, error) {
	if a.opts.Sandbox == nil {
		return inbox{}, refuse(fiber.StatusNotFound, string(ticketing.CodeNotConfigured), "", "messages are readable in a sandbox only")
	}
	typed := r.params.Phone
	if strings.HasPrefix(typed, " ") { // a + that was not escaped
		typed = "+" + typed[1:]
	}
	phone, err := ticketing.CanonicalPhone(typed)
	if err != nil {
		return inbox{}, err
	}
	shown := inbox{Messages: []sentMessage{}}
	for _, m := range a.opts.Sandbox.Inbox(phone) {
		shown.Messages = append(shown.Messages, sentMessage{
			ID: m.Key, Phone: m.Phone, Purpose: string(m.Purpose), Code: m.Code, TextZH: m.ZH, TextEN: m.EN, ReceivedAt: ticketing.Millis{Time: m.At},
		})
	}
	r.secret()
	return shown, nil
}
