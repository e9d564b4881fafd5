package httpapi

import (
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

// routeAccounts mounts what visitors do with their accounts.
func (a *api) routeAccounts(r fiber.Router) {
	r.Post("/accounts", a.register)
	r.Get("/accounts/me", a.requireSession, a.me)
	r.Post("/accounts/me/phone", a.requireSession, a.linkPhone)
	r.Post("/accounts/me/wechat", a.requireSession, a.linkWeChat)
	r.Put("/accounts/me/password", a.requireSession, a.setPassword)
	r.Post("/codes", a.requestCode)
	r.Post("/wechat/states", a.beginWeChat)
	r.Post("/sessions", a.signIn)
	r.Delete("/sessions", a.requireSession, a.signOut)
}

// credentials are the body of registration.
type credentials struct {
	Phone    string `json:"phone"`
	Password string `json:"password"`
}

// signInBody is the body of a sign-in: a phone number with a password or with a
// code, or WeChat alone.
type signInBody struct {
	credentials
	Code   string      `json:"code"`
	WeChat *weChatBody `json:"wechat"`
}

// weChatBody is what WeChat gave the visitor's client. State is for the web.
type weChatBody struct {
	Kind  ticketing.WeChatKind `json:"kind"`
	Code  string               `json:"code"`
	State string               `json:"state"`
}

// stateCookie holds what binds a sign-in through WeChat to the browser that
// began it.
const stateCookie = "wechat_state"

func (b weChatBody) login(c *fiber.Ctx) ticketing.WeChatLogin {
	return ticketing.WeChatLogin{Kind: b.Kind, Code: b.Code, State: b.State, Browser: c.Cookies(stateCookie)}
}

func (a *api) register(c *fiber.Ctx) error {
	var body credentials
	if err := decode(c, &body); err != nil {
		return err
	}
	account, err := a.service.Register(c.UserContext(), call(c), body.Phone, body.Password)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{"account_id": account.ID})
}

func (a *api) signIn(c *fiber.Ctx) error {
	var body signInBody
	if err := decode(c, &body); err != nil {
		return err
	}
	var (
		in  ticketing.SignedIn
		err error
	)
	switch {
	case body.WeChat != nil && (body.credentials != credentials{} || body.Code != ""), body.Password != "" && body.Code != "":
		return refuse(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), "", "sign in with phone and password, phone and code, or wechat")
	case body.WeChat != nil:
		in, err = a.service.SignInWithWeChat(c.UserContext(), call(c), body.WeChat.login(c))
	case body.Code != "":
		in, err = a.service.SignInWithCode(c.UserContext(), call(c), body.Phone, body.Code)
	default:
		in, err = a.service.SignIn(c.UserContext(), call(c), body.Phone, body.Password)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{
		"session_token": in.Token, "account_id": in.AccountID, "expires_at": ticketing.Millis{Time: in.ExpiresAt},
	})
}

func (a *api) signOut(c *fiber.Ctx) error {
	if err := a.service.SignOut(c.UserContext(), session(c)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// requestCode answers the same whether the number has an account or not.
func (a *api) requestCode(c *fiber.Ctx) error {
	var body struct {
		Phone   string                `json:"phone"`
		Purpose ticketing.CodePurpose `json:"purpose"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	if err := a.service.RequestCode(c.UserContext(), call(c), body.Phone, body.Purpose); err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).JSON(fiber.Map{"purpose": body.Purpose})
}

func (a *api) beginWeChat(c *fiber.Ctx) error {
	begin, err := a.service.BeginWeChat()
	if err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{
		Name: stateCookie, Value: begin.Browser, Path: "/api/v1", Expires: begin.ExpiresAt,
		HTTPOnly: true, Secure: !a.opts.InsecureCookies, SameSite: fiber.CookieSameSiteLaxMode,
	})
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{
		"authorize_url": begin.URL, "state": begin.State, "expires_at": ticketing.Millis{Time: begin.ExpiresAt},
	})
}

func (a *api) me(c *fiber.Ctx) error {
	return showProfile(c)(a.service.Me(c.UserContext(), session(c).AccountID))
}

func (a *api) linkPhone(c *fiber.Ctx) error {
	var body struct {
		Phone string `json:"phone"`
		Code  string `json:"code"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	return showProfile(c)(a.service.LinkPhone(c.UserContext(), call(c), session(c).AccountID, body.Phone, body.Code))
}

func (a *api) linkWeChat(c *fiber.Ctx) error {
	var body weChatBody
	if err := decode(c, &body); err != nil {
		return err
	}
	return showProfile(c)(a.service.LinkWeChat(c.UserContext(), call(c), session(c).AccountID, body.login(c)))
}

func (a *api) setPassword(c *fiber.Ctx) error {
	var body struct {
		Password string `json:"password"`
		Code     string `json:"code"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	return showProfile(c)(a.service.SetPassword(c.UserContext(), call(c), session(c), body.Password, body.Code))
}

// showProfile answers with an account as its owner sees it.
func showProfile(c *fiber.Ctx) func(p ticketing.Profile, err error) error {
	return func(p ticketing.Profile, err error) error {
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.JSON(fiber.Map{
			"account_id": p.ID, "phone_masked": p.PhoneMasked, "phone_verified": !p.PhoneVerifiedAt.IsZero(),
			"password_set": p.HasPassword, "wechat_linked": p.WeChat, "created_at": ticketing.Millis{Time: p.CreatedAt},
		})
	}
}

// sandboxInbox shows what a sandbox was to send to a number, with its codes.
func (a *api) sandboxInbox(c *fiber.Ctx) error {
	if a.opts.Sandbox == nil {
		return refuse(fiber.StatusNotFound, string(ticketing.CodeNotConfigured), "", "messages are readable in a sandbox only")
	}
	typed := c.Query("phone")
	if strings.HasPrefix(typed, " ") { // a + that was not escaped
		typed = "+" + typed[1:]
	}
	phone, err := ticketing.CanonicalPhone(typed)
	if err != nil {
		return err
	}
	shown := []fiber.Map{}
	for _, m := range a.opts.Sandbox.Inbox(phone) {
		shown = append(shown, fiber.Map{
			"message_id": m.Key, "phone": m.Phone, "purpose": m.Purpose, "code": m.Code, "received_at": ticketing.Millis{Time: m.At},
		})
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"messages": shown})
}
