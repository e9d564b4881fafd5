package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"fairgate/enforcement/notify"
)

// webhook posts signed JSON as Standard Webhooks describes it
// (standardwebhooks.com): the id and the second of sending stand in headers and
// are signed with the body, so that a receiver can refuse forgeries, replays
// and repetitions.
type webhook struct{ client *client }

// Payload is a webhook's body.
type Payload struct {
	Type      string          `json:"type"` // the kind of message, such as alert_fired
	Timestamp time.Time       `json:"timestamp"`
	Data      PayloadContents `json:"data"`
}

// PayloadContents is what a webhook tells.
type PayloadContents struct {
	Severity notify.Severity `json:"severity"`
	Language notify.Language `json:"language"`
	Title    string          `json:"title"`
	Text     string          `json:"text"`
	Link     string          `json:"link,omitempty"`
}

func (w webhook) Send(ctx context.Context, o notify.Outgoing) error {
	key, err := notify.SigningKey(o.Target.Key)
	if err != nil {
		return fmt.Errorf("%w: key: %w", notify.ErrRefused, err)
	}
	body, err := json.Marshal(Payload{
		Type: string(o.Kind), Timestamp: o.Time.UTC(),
		Data: PayloadContents{Severity: o.Severity, Language: o.Language, Title: o.Text.Title, Text: o.Text.Body, Link: o.Link},
	})
	if err != nil {
		return fmt.Errorf("%w: encode: %w", notify.ErrRefused, err)
	}
	at := strconv.FormatInt(w.client.now().Unix(), 10)
	_, err = w.client.post(ctx, o.Target.URL, http.Header{
		"Webhook-Id": {o.ID}, "Webhook-Timestamp": {at}, "Webhook-Signature": {Signature(key, o.ID, at, body)},
	}, body)
	return err
}

// Signature is the value of the header webhook-signature: "v1," and base64 of
// HMAC-SHA256 over the id, the second of sending and the body, joined by dots.
func Signature(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
