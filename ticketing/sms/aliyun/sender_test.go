package aliyun_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sms"
	"fairgate/ticketing/sms/aliyun"
)

func noon() time.Time { return time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC) }

const secret = "key-secret"

// cloud is a local message service that checks signatures, nonces and clocks,
// and remembers what it took by number and day.
type cloud struct {
	t *testing.T

	mu     sync.Mutex
	nonces map[string]bool
	taken  map[string][]url.Values
	code   string // answered instead of OK
	status int    // of what was sent, in receipts
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, status := c.answer(r), http.StatusOK
	if answer["Code"] != "OK" {
		status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	assert.NoError(c.t, json.NewEncoder(w).Encode(answer))
}

func (c *cloud) answer(r *http.Request) map[string]any {
	fault := func(code string) map[string]any {
		return map[string]any{"Code": code, "Message": "about " + r.URL.RawQuery, "RequestId": "R"}
	}
	nonce := r.Header.Get("x-acs-signature-nonce")
	when, err := time.Parse(time.RFC3339, r.Header.Get("x-acs-date"))
	switch {
	case r.Header.Get("Authorization") != c.sign(r):
		return fault("SignatureDoesNotMatch")
	case nonce == "" || c.nonces[nonce]:
		return fault("SignatureNonceUsed")
	case err != nil || when.Sub(noon()).Abs() > 15*time.Minute:
		return fault("InvalidTimeStamp.Expired")
	case r.Header.Get("x-acs-version") != "2017-05-25":
		return fault("InvalidVersion")
	case c.code != "":
		return fault(c.code)
	}
	c.nonces[nonce] = true
	query := r.URL.Query()
	switch r.Header.Get("x-acs-action") {
	case "SendSms":
		day := query.Get("PhoneNumbers") + " " + when.Add(8*time.Hour).Format("20060102")
		c.taken[day] = append(c.taken[day], query)
		return map[string]any{"Code": "OK", "Message": "OK", "BizId": "biz-1"}
	case "QuerySendDetails":
		list := []map[string]any{}
		for _, q := range c.taken[query.Get("PhoneNumber")+" "+query.Get("SendDate")] {
			list = append(list, map[string]any{"OutId": q.Get("OutId"), "SendStatus": c.status})
		}
		return map[string]any{"Code": "OK", "TotalCount": len(list), "SmsSendDetailDTOs": map[string]any{"SmsSendDetailDTO": list}}
	}
	return fault("InvalidAction.NotFound")
}

// sign follows the service's own description, apart from the code under test.
func (c *cloud) sign(r *http.Request) string {
	var pairs []string
	for name, values := range r.URL.Query() {
		pairs = append(pairs, strings.ReplaceAll(url.QueryEscape(name)+"="+url.QueryEscape(values[0]), "+", "%20"))
	}
	slices.Sort(pairs)
	names := []string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
	text := r.Method + "\n" + r.URL.Path + "\n" + strings.Join(pairs, "&") + "\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + strings.Join(names, ";") + "\n" + fmt.Sprintf("%x", sha256.Sum256(nil))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "ACS3-HMAC-SHA256\n%x", sha256.Sum256([]byte(text))) // hash.Hash never fails
	return "ACS3-HMAC-SHA256 Credential=key-id,SignedHeaders=" + strings.Join(names, ";") + ",Signature=" + hex.EncodeToString(mac.Sum(nil))
}

func account() aliyun.Account {
	return aliyun.Account{KeyID: "key-id", KeySecret: secret, SignName: "示例 博物馆", Templates: map[ticketing.MessagePurpose]string{
		ticketing.MessagePurpose(ticketing.PurposeSignIn): "SMS_1", ticketing.MessagePurpose(ticketing.PurposeLinkPhone): "SMS_2", ticketing.MessagePurpose(ticketing.PurposeSetPassword): "SMS_3", ticketing.MessagePurpose(ticketing.PurposeCloseAccount): "SMS_3", ticketing.MessagePurpose(ticketing.PurposeStepUp): "SMS_3",
	}}
}

func start(t *testing.T, a aliyun.Account) (*cloud, *aliyun.Sender) {
	t.Helper()
	c := &cloud{t: t, nonces: map[string]bool{}, taken: map[string][]url.Values{}, status: 1}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	s, err := aliyun.New(a, aliyun.Options{BaseURL: server.URL + "/", Clock: noon})
	require.NoError(t, err)
	return c, s
}

func text(key string) sms.Text {
	return sms.Text{Key: key, Phone: "+8613900000001", Code: "012345", Purpose: ticketing.MessagePurpose(ticketing.PurposeLinkPhone)}
}

func TestSendAndReceipt(t *testing.T) {
	t.Parallel()
	c, s := start(t, account())
	reference, err := s.Send(t.Context(), text("m-1"))
	require.NoError(t, err)
	assert.Equal(t, "biz-1", reference)
	assert.Equal(t, []url.Values{{
		"PhoneNumbers": {"13900000001"}, "SignName": {"示例 博物馆"}, "TemplateCode": {"SMS_2"}, "TemplateParam": {`{"code":"012345"}`}, "OutId": {"m-1"},
	}}, c.taken["13900000001 20260501"])
	for status, want := range map[int]sms.Receipt{1: sms.ReceiptAccepted, 2: sms.ReceiptRefused, 3: sms.ReceiptAccepted} {
		c.status = status
		got, err := s.Receipt(t.Context(), text("m-1"), "", noon())
		require.NoError(t, err)
		assert.Equal(t, want, got, status)
	}
	got, err := s.Receipt(t.Context(), text("m-2"), "", noon())
	require.NoError(t, err)
	assert.Equal(t, sms.ReceiptAbsent, got, "another message to the same number is not this one")
	got, err = s.Receipt(t.Context(), text("m-1"), "", noon().Add(12*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, sms.ReceiptAbsent, got, "asked by the day in China")
	abroad := text("m-3")
	abroad.Phone = "+85261234567"
	_, err = s.Send(t.Context(), abroad)
	require.NoError(t, err)
	assert.Len(t, c.taken["85261234567 20260501"], 1)
}

func TestCodesOfTheService(t *testing.T) {
	t.Parallel()
	c, s := start(t, account())
	for code, want := range map[string]error{
		"isv.BUSINESS_LIMIT_CONTROL": sms.ErrRefused, "isv.MOBILE_NUMBER_ILLEGAL": sms.ErrRefused,
		"Throttling.User": sms.ErrBusy, "isp.RAM_PERMISSION_DENY": sms.ErrBusy, "isp.SYSTEM_ERROR": nil, "ServiceUnavailable": nil,
	} {
		c.code = code
		_, err := s.Send(t.Context(), text("m"))
		require.Error(t, err)
		require.ErrorContains(t, err, code)
		for _, clear := range []error{sms.ErrRefused, sms.ErrBusy} {
			assert.Equal(t, errors.Is(want, clear), errors.Is(err, clear), code)
		}
		_, err = s.Receipt(t.Context(), text("m"), "", noon())
		require.Error(t, err, "no receipt, no verdict")
	}
	wrong := account()
	wrong.KeySecret = "another"
	_, s = start(t, wrong)
	_, err := s.Send(t.Context(), text("m"))
	require.ErrorIs(t, err, sms.ErrBusy)
	require.ErrorContains(t, err, "SignatureDoesNotMatch")
}

// TestOpenAnswersAndSecrets holds that what is not clear is neither refused nor
// busy, and that no error shows a number, a code or a secret.
func TestOpenAnswersAndSecrets(t *testing.T) {
	t.Parallel()
	c, _ := start(t, account())
	c.code = "isp.SYSTEM_ERROR"
	talkative := httptest.NewServer(c)
	t.Cleanup(talkative.Close)
	bases := []string{"http://127.0.0.1:1", talkative.URL}
	for _, handler := range []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.RawQuery)) },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
	} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		bases = append(bases, server.URL)
	}
	for _, base := range bases {
		s, err := aliyun.New(account(), aliyun.Options{BaseURL: base, Clock: noon})
		require.NoError(t, err)
		_, sent := s.Send(t.Context(), text("m"))
		_, asked := s.Receipt(t.Context(), text("m"), "", noon())
		for _, err := range []error{sent, asked} {
			require.Error(t, err, base)
			require.NotErrorIs(t, err, sms.ErrRefused)
			require.NotErrorIs(t, err, sms.ErrBusy)
			for _, hidden := range []string{"13900000001", "012345", secret} {
				assert.NotContains(t, err.Error(), hidden)
			}
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := aliyun.New(aliyun.Account{}, aliyun.Options{BaseURL: "dysmsapi"})
	for _, want := range []string{"key id", "key secret", "sign name", "templates[sign_in]", "templates[link_phone]", "templates[set_password]", "base url"} {
		require.ErrorContains(t, err, want)
	}
}

func TestOperatorsAreToldInWhatATemplateTakes(t *testing.T) {
	t.Parallel()
	a := account()
	a.Templates[sms.PurposeOperators] = "SMS_9"
	c, s := start(t, a)
	_, err := s.Send(t.Context(), sms.Text{Key: "d-0", Phone: "+8613900000001", Notice: strings.Repeat("异", 40), Purpose: sms.PurposeOperators})
	require.NoError(t, err)
	sent := c.taken["13900000001 20260501"]
	require.Len(t, sent, 1)
	assert.Equal(t, "SMS_9", sent[0].Get("TemplateCode"))
	assert.JSONEq(t, `{"notice":"`+strings.Repeat("异", 34)+`…"}`, sent[0].Get("TemplateParam"))
	delete(a.Templates, sms.PurposeOperators)
	_, s = start(t, a)
	_, err = s.Send(t.Context(), sms.Text{Key: "d-0", Phone: "+8613900000001", Notice: "x", Purpose: sms.PurposeOperators})
	require.ErrorIs(t, err, sms.ErrRefused, "no template")
}
