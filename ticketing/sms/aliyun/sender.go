package aliyun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"fairgate/ticketing"
	"fairgate/ticketing/sms"
)

// Account is what Alibaba Cloud knows the house by.
type Account struct {
	KeyID     string
	KeySecret string
	SignName  string // the approved signature, shown before the text
	// Approved templates: of every code, with one parameter named code; of
	// notices, which are refused without one, with the words of sms.Words, that of
	// a withdrawal with a parameter named receipt; of sms.PurposeOperators one
	// named notice.
	Templates map[ticketing.MessagePurpose]string
}

// Options of a Sender. The zero value of a field means its default.
type Options struct {
	BaseURL   string           // default https://dysmsapi.aliyuncs.com
	Clock     func() time.Time // default time.Now; the service refuses a clock 15 min off
	Transport http.RoundTripper
}

// Sender is Alibaba Cloud's message service. It is safe for concurrent use.
type Sender struct {
	account Account
	base    string
	clock   func() time.Time
	http    *http.Client
}

var _ sms.Sender = (*Sender)(nil)

// New makes a Sender; the error names everything that is missing.
func New(account Account, opts Options) (*Sender, error) {
	var faults []error
	for field, value := range map[string]string{"key id": account.KeyID, "key secret": account.KeySecret, "sign name": account.SignName} {
		if value == "" {
			faults = append(faults, fmt.Errorf("%s: want one", field))
		}
	}
	for _, purpose := range []ticketing.CodePurpose{ticketing.PurposeSignIn, ticketing.PurposeLinkPhone, ticketing.PurposeSetPassword, ticketing.PurposeCloseAccount, ticketing.PurposeStepUp} {
		if account.Templates[ticketing.MessagePurpose(purpose)] == "" {
			faults = append(faults, fmt.Errorf("templates[%s]: want a template code", purpose))
		}
	}
	if opts.BaseURL == "" {
		opts.BaseURL = "https://dysmsapi.aliyuncs.com"
	}
	u, err := url.Parse(opts.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		faults = append(faults, errors.New("base url: want an http or https URL"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("new Alibaba Cloud sender: %w", err)
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Transport == nil {
		opts.Transport = http.DefaultTransport
	}
	return &Sender{account: account, base: strings.TrimSuffix(opts.BaseURL, "/"), clock: opts.Clock, http: &http.Client{
		Transport:     opts.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements sms.Sender.
func (s *Sender) Send(ctx context.Context, text sms.Text) (string, error) {
	if s.account.Templates[text.Purpose] == "" {
		return "", fmt.Errorf("send message: %w: no template for %s", sms.ErrRefused, text.Purpose)
	}
	param, err := json.Marshal(parameters(text))
	if err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	var got struct {
		Code  string `json:"Code"`
		BizID string `json:"BizId"`
	}
	err = s.ask(ctx, "SendSms", url.Values{
		"PhoneNumbers": {national(text.Phone)}, "SignName": {s.account.SignName}, "TemplateCode": {s.account.Templates[text.Purpose]},
		"TemplateParam": {string(param)}, "OutId": {text.Key},
	}, &got)
	if err == nil {
		err = judge(got.Code)
	}
	if err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	return got.BizID, nil
}

// parameters are what the message's template is filled with.
func parameters(text sms.Text) map[string]string {
	switch {
	case text.Purpose == sms.PurposeOperators:
		return map[string]string{"notice": short(text.Notice)}
	case text.Purpose == ticketing.TellWithdrawn:
		return map[string]string{"receipt": text.Receipt}
	case text.Purpose.Notice():
		return map[string]string{}
	}
	return map[string]string{"code": text.Code}
}

// maxParameter is how many characters the service takes in a template's
// parameter.
const maxParameter = 35

// short cuts a text to what a template takes.
func short(text string) string {
	if runes := []rune(text); len(runes) > maxParameter {
		return string(runes[:maxParameter-1]) + "…"
	}
	return text
}

// Receipt implements sms.Sender: it looks for the key among what went to the
// number on that day, which is ten messages at most.
func (s *Sender) Receipt(ctx context.Context, text sms.Text, _ string, sent time.Time) (sms.Receipt, error) {
	var got struct {
		Code    string `json:"Code"`
		Details struct {
			List []struct {
				OutID  string `json:"OutId"`
				Status int    `json:"SendStatus"`
			} `json:"SmsSendDetailDTO"`
		} `json:"SmsSendDetailDTOs"`
	}
	day := strings.ReplaceAll(string(ticketing.DateOf(sent)), "-", "")
	err := s.ask(ctx, "QuerySendDetails", url.Values{
		"PhoneNumber": {national(text.Phone)}, "SendDate": {day}, "PageSize": {"50"}, "CurrentPage": {"1"},
	}, &got)
	if err == nil {
		err = judge(got.Code)
	}
	if err != nil {
		return "", fmt.Errorf("read receipt: %w", err)
	}
	for _, d := range got.Details.List {
		if d.OutID == text.Key {
			if d.Status == statusFailed {
				return sms.ReceiptRefused, nil
			}
			return sms.ReceiptAccepted, nil // waiting for the network, or delivered
		}
	}
	return sms.ReceiptAbsent, nil
}

// statusFailed is the SendStatus of what the network did not deliver; 1 waits
// for the network's answer, 3 is delivered.
const statusFailed = 2

// national writes a number as the service wants it.
func national(e164 string) string {
	if rest, mainland := strings.CutPrefix(e164, "+86"); mainland {
		return rest
	}
	return strings.TrimPrefix(e164, "+")
}

// errOpen is an answer that does not say whether the message was taken.
var errOpen = errors.New("the service's answer leaves it open")

// judge turns the service's code into a clear answer, if it is one. The
// service's word is repeated only where it is known, because it is not ours.
func judge(code string) error {
	switch {
	case code == "OK":
		return nil
	case strings.HasPrefix(code, "isv."): // the business: a number, a template, a limit
		return fmt.Errorf("%w: %s", sms.ErrRefused, word(code))
	case slices.ContainsFunc([]string{
		"Throttling", "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidTimeStamp", "Forbidden", "isp.RAM_PERMISSION_DENY",
	}, func(prefix string) bool { return strings.HasPrefix(code, prefix) }):
		return fmt.Errorf("%w: %s", sms.ErrBusy, word(code)) // turned away at the door
	}
	return fmt.Errorf("%w: %s", errOpen, word(code))
}

// word bounds what the service calls a fault.
func word(code string) string {
	return strings.Map(func(r rune) rune {
		if r < '!' || r > '~' {
			return -1
		}
		return r
	}, code[:min(len(code), 64)])
}

// maxAnswer bounds an answer, in bytes: 50 receipts of some hundred.
const maxAnswer = 256 * 1024

// ask sends a signed request and decodes its answer, whatever the status: the
// service puts codes into 4xx as well.
func (s *Sender) ask(ctx context.Context, action string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/?"+canonicalQuery(query), nil)
	if err != nil {
		return withoutAddress(err)
	}
	empty := sha256.Sum256(nil)
	for name, value := range map[string]string{
		"x-acs-action": action, "x-acs-version": "2017-05-25", "x-acs-signature-nonce": uuid.NewString(),
		"x-acs-date": s.clock().UTC().Format("2006-01-02T15:04:05Z"), "x-acs-content-sha256": hex.EncodeToString(empty[:]),
	} {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", authorization(req, s.account.KeyID, s.account.KeySecret))
	resp, err := s.http.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode >= http.StatusInternalServerError || json.Unmarshal(body, into) != nil {
		return fmt.Errorf("%w: status %d", errOpen, resp.StatusCode)
	}
	return nil
}

// withoutAddress drops the request's address, which holds a number and a code.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
