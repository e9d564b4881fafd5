package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
)

// App is one app registered with WeChat.
type App struct {
	ID     string
	Secret string
}

// set reports whether the app is configured at all.
func (a App) set() bool { return a.ID != "" || a.Secret != "" }

// Options of a Client. An app that is not given is not configured; the zero
// value of any other field means its default.
type Options struct {
	MiniProgram App
	Web         App
	RedirectURL string        // of the booking front, to which WeChat sends a browser back; needed for Web
	BaseURL     string        // default https://api.weixin.qq.com
	OpenURL     string        // where browsers begin; default https://open.weixin.qq.com
	Timeout     time.Duration // of one call; default 3 s
	Attempts    int           // while WeChat says it is busy; default 3
	Backoff     time.Duration // before the second attempt, doubled for each further; default 100 ms
	Transport   http.RoundTripper
	Logger      *slog.Logger // default: discard
	Registerer  prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.BaseURL == "" {
		o.BaseURL = "https://api.weixin.qq.com"
	}
	if o.OpenURL == "" {
		o.OpenURL = "https://open.weixin.qq.com"
	}
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 3
	}
	if o.Backoff <= 0 {
		o.Backoff = 100 * time.Millisecond
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	var faults []error
	for name, app := range map[string]App{"mini-program": o.MiniProgram, "web": o.Web} {
		if app.set() && (app.ID == "" || app.Secret == "") {
			faults = append(faults, fmt.Errorf("%s app: want both an id and a secret", name))
		}
	}
	if !o.MiniProgram.set() && !o.Web.set() {
		faults = append(faults, errors.New("want a mini-program app, a web app, or both"))
	}
	urls := map[string]string{"base url": o.BaseURL, "open url": o.OpenURL}
	if o.Web.set() {
		urls["redirect url"] = o.RedirectURL
	}
	for name, text := range urls {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			faults = append(faults, fmt.Errorf("%s: want an http or https URL", name))
		}
	}
	return errors.Join(faults...)
}

// Client asks WeChat. It is safe for concurrent use.
type Client struct {
	opts    Options
	http    *http.Client
	metrics *metrics
}

var _ ticketing.WeChat = (*Client)(nil)

// New makes a Client; the error names every unusable option.
func New(opts Options) (*Client, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("new WeChat client: %w", err)
	}
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new WeChat client: %w", err)
	}
	return &Client{opts: opts, metrics: m, http: &http.Client{
		Transport: opts.Transport,
		// A redirect would carry the app's secret to an address nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// AuthorizeURL implements ticketing.WeChat: the page with WeChat's QR code.
func (c *Client) AuthorizeURL(state string) (string, error) {
	if !c.opts.Web.set() {
		return "", ticketing.ErrNotConfigured
	}
	query := url.Values{
		"appid": {c.opts.Web.ID}, "redirect_uri": {c.opts.RedirectURL}, "response_type": {"code"},
		"scope": {"snsapi_login"}, "state": {state},
	}
	return c.opts.OpenURL + "/connect/qrconnect?" + query.Encode() + "#wechat_redirect", nil
}

// Identify implements ticketing.WeChat. It asks again only while WeChat says
// that it is busy: a code serves once, and a broken connection may have spent
// it.
func (c *Client) Identify(ctx context.Context, kind ticketing.WeChatKind, code string) (ticketing.WeChatUser, error) {
	app, target := c.opts.MiniProgram, ""
	switch kind {
	case ticketing.WeChatMiniProgram:
		target = "/sns/jscode2session?" + url.Values{
			"appid": {app.ID}, "secret": {app.Secret}, "js_code": {code}, "grant_type": {"authorization_code"},
		}.Encode()
	case ticketing.WeChatWeb:
		app = c.opts.Web
		target = "/sns/oauth2/access_token?" + url.Values{
			"appid": {app.ID}, "secret": {app.Secret}, "code": {code}, "grant_type": {"authorization_code"},
		}.Encode()
	}
	if target == "" || !app.set() {
		return ticketing.WeChatUser{}, ticketing.ErrNotConfigured
	}
	wait := c.opts.Backoff
	for attempt := 1; ; attempt++ {
		got, err := c.ask(ctx, target)
		if err == nil {
			err = judge(got)
		}
		c.metrics.calls.WithLabelValues(string(kind), result(err)).Inc()
		if err == nil {
			return ticketing.WeChatUser{AppID: app.ID, OpenID: got.OpenID, UnionID: got.UnionID}, nil
		}
		if !errors.Is(err, errBusy) || attempt == c.opts.Attempts {
			return ticketing.WeChatUser{}, fmt.Errorf("ask WeChat (%s): %w", kind, err)
		}
		c.opts.Logger.DebugContext(ctx, "WeChat is busy", slog.String("kind", string(kind)), slog.Int("attempt", attempt))
		if err := pause(ctx, wait/2+rand.N(wait/2+1)); err != nil { //nolint:gosec // jitter is no secret
			return ticketing.WeChatUser{}, fmt.Errorf("ask WeChat (%s): %w", kind, err)
		}
		wait *= 2
	}
}

// answer is all that is read of WeChat's answers.
type answer struct {
	ErrCode int    `json:"errcode"`
	OpenID  string `json:"openid"`
	UnionID string `json:"unionid"`
}

// maxAnswer bounds an answer, in bytes; real ones have a few hundred.
const maxAnswer = 16 * 1024

func (c *Client) ask(ctx context.Context, target string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.opts.BaseURL+target, nil)
	if err != nil {
		return answer{}, unavailable(withoutAddress(err))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, unavailable(withoutAddress(err))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return answer{}, unavailable(fmt.Errorf("read answer: %w", err))
	}
	if resp.StatusCode != http.StatusOK {
		return answer{}, unavailable(fmt.Errorf("status %d", resp.StatusCode))
	}
	return decode(body)
}

// decode reads an answer; WeChat sends JSON as text/plain.
func decode(body []byte) (answer, error) {
	var got answer
	if err := json.Unmarshal(body, &got); err != nil {
		return answer{}, unavailable(errors.New("the answer is not the JSON expected"))
	}
	if got.ErrCode == 0 && (got.OpenID == "" || len(got.OpenID) > maxID || len(got.UnionID) > maxID) {
		return answer{}, unavailable(errors.New("the answer names nobody"))
	}
	return got, nil
}

// maxID bounds an openid or unionid, in bytes; real ones have 28.
const maxID = 128

// withoutAddress drops the request's address, which holds the app's secret.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
