package ticketing

import (
	"errors"
	"strings"
	"time"
)

// MessageState says how far a message to a phone has come.
type MessageState string

// The states of a message. Only queued ones are sent. Sending means that the
// provider is being asked; unknown, that it may or may not have the message,
// which its receipt must settle before anything is sent again.
const (
	MessageQueued  MessageState = "queued"
	MessageSending MessageState = "sending"
	MessageUnknown MessageState = "unknown"
	MessageSent    MessageState = "sent"
	MessageFailed  MessageState = "failed"
)

// Valid reports whether s is one of the known states.
func (s MessageState) Valid() bool {
	switch s {
	case MessageQueued, MessageSending, MessageUnknown, MessageSent, MessageFailed:
		return true
	}
	return false
}

// Settled reports whether nothing more happens to the message.
func (s MessageState) Settled() bool { return s == MessageSent || s == MessageFailed }

// Message is one message to a phone in the outbox of messages. It was written
// in the transaction that made its code or changed its order, so that none is
// lost and none is sent for what did not happen.
type Message struct {
	ID          string // UUIDv7; the provider gets it as our own key
	Purpose     MessagePurpose
	State       MessageState
	Attempts    int       // how often the provider was asked to send it
	CreatedAt   time.Time // when it was queued
	AttemptedAt time.Time // of the last attempt; zero before the first
	NextAt      time.Time // when somebody must look at it again
	ExpiresAt   time.Time // after which it is useless and not sent
	Reference   string    // the provider's own, once it gave one
	Reason      string    // why it failed or is unknown: a word, never the provider's text

	PhoneKey []byte
	Sealed   []byte // phone number and code, or receipt; empty once settled
}

// sealMessage hides a number and the code that goes to it.
func (s *Service) sealMessage(e164, code string) []byte { return s.vault.Seal("sms", e164+"\n"+code) }

// OpenMessage reads the phone number, as E.164, and the code of a message that
// is not settled; of a notice, the receipt.
func (s *Service) OpenMessage(m Message) (phone, code string, err error) {
	text, err := s.vault.Open("sms", m.Sealed)
	if err != nil {
		return "", "", err
	}
	phone, code, found := strings.Cut(text, "\n")
	if !found {
		return "", "", errors.New("open message: want a phone number and a code")
	}
	return phone, code, nil
}

// CanonicalPhone brings a number as people type it to E.164; eleven digits
// starting with 1 are taken for a mainland mobile number. It fails with
// ErrInvalidField.
func CanonicalPhone(typed string) (string, error) { return normalisePhone("phone", typed) }
