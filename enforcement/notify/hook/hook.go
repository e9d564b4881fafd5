// Package hook speaks to channels over HTTP: signed webhooks, and the group
// robots of WeCom, DingTalk and Feishu.
//
// An operator types the address, so the package guards the house's own network:
// redirects are not followed, no proxy is used, and addresses that are not
// public are reached only where Options.Private names them.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"fairgate/enforcement/notify"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// Options of the senders. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Private lists the networks of the house that channels may lead to; only
	// there plain http is allowed.
	Private []netip.Prefix
}

// client posts to addresses that operators gave.
type client struct {
	now        func() time.Time
	tls, plain *http.Client
}

// Senders returns a sender for each kind of channel that is spoken to over
// HTTP. They are safe for concurrent use.
func Senders(o Options) map[notify.ChannelKind]notify.Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &client{now: o.Now, tls: guarded(o.Private, true), plain: guarded(o.Private, false)}
	return map[notify.ChannelKind]notify.Sender{
		notify.Webhook:  webhook{c},
		notify.WeCom:    wecom{c},
		notify.DingTalk: dingtalk{c},
		notify.Feishu:   feishu{c},
	}
}

func guarded(private []netip.Prefix, public bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: address %q", notify.ErrRefused, address)
		}
		ip := at.Addr().Unmap()
		for _, p := range private {
			if p.Contains(ip) {
				return nil
			}
		}
		if !public {
			return fmt.Errorf("%w: plain http only reaches networks named in notify.private_networks, and %s is in none", notify.ErrRefused, ip)
		}
		if !isPublic(ip) {
			return fmt.Errorf("%w: %s is not a public address and in none of notify.private_networks", notify.ErrRefused, ip)
		}
		return nil
	}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// shared is the address space between carriers and customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

func isPublic(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// post sends one JSON body and returns the answer of a success. Errors are as
// notify.Sender wants them, and show no part of the address but its host.
func (c *client) post(ctx context.Context, target string, header http.Header, body []byte) ([]byte, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be read", notify.ErrRefused)
	}
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be used", notify.ErrRefused)
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Fairgate-Notify")
	client := c.tls
	if u.Scheme == "http" {
		client = c.plain
	}
	res, err := client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // its text would show the whole address
		}
		if wrote.Load() {
			return nil, fmt.Errorf("%s: %w: %w", u.Host, notify.ErrUnanswered, err)
		}
		return nil, fmt.Errorf("%s: %w", u.Host, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if fault := judge(u.Host, res); fault != nil {
		return nil, fault
	}
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w: %w", u.Host, notify.ErrUnanswered, err)
	}
	return answer, nil
}

// judge tells success from what may be tried again and what may not.
func judge(host string, res *http.Response) error {
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		after, _ := strconv.Atoi(res.Header.Get("Retry-After")) // a date or nothing: the usual pause
		return &notify.Busy{After: time.Duration(after) * time.Second, Err: fmt.Errorf("%s answered %d", host, code)}
	case code >= 500 || code == http.StatusRequestTimeout || code == http.StatusTooEarly:
		return fmt.Errorf("%s answered %d", host, code)
	case code >= 300 && code < 400:
		return fmt.Errorf("%w: %s redirects (%d), which is not followed; give the final address", notify.ErrRefused, host, code)
	default:
		return fmt.Errorf("%w: %s answered %d", notify.ErrRefused, host, code)
	}
}

// plainText is a message for a robot: its title, its text and the link, as text
// without markup, so that nothing that a visitor chose is taken for some.
func plainText(o notify.Outgoing, limit int) string {
	lines := []string{o.Text.Title, o.Text.Body}
	if o.Link != "" {
		lines = append(lines, o.Link)
	}
	text := strings.Join(lines, "\n")
	if len(text) <= limit {
		return text
	}
	end := "…\n" + o.Link
	return strings.ToValidUTF8(text[:limit-len(end)], "") + end
}

// robotAnswer is how all three robots answer, with status 200 also on failure.
type robotAnswer struct {
	ErrCode *int   `json:"errcode"` // WeCom, DingTalk
	Code    *int   `json:"code"`    // Feishu
	ErrMsg  string `json:"errmsg"`
	Msg     string `json:"msg"`
}

// tooFast holds the robots' codes for "later": WeCom 45009; DingTalk 130101,
// -1 (system busy); Feishu 11232 and 9499.
var tooFast = map[int]bool{45009: true, 130101: true, -1: true, 11232: true, 9499: true}

func judgeRobot(answer []byte) error {
	var a robotAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("%w: the answer is no JSON; is this a robot's address?", notify.ErrRefused)
	}
	code, text := a.ErrCode, a.ErrMsg
	if code == nil {
		code, text = a.Code, a.Msg
	}
	switch {
	case code == nil:
		return fmt.Errorf("%w: the answer has no code; is this a robot's address?", notify.ErrRefused)
	case *code == 0:
		return nil
	case tooFast[*code]:
		return &notify.Busy{After: time.Minute, Err: fmt.Errorf("the robot answered %d: %s", *code, text)}
	default:
		return fmt.Errorf("%w: the robot answered %d: %s", notify.ErrRefused, *code, text)
	}
}
