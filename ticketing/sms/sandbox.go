package sms

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"fairgate/ticketing"
)

// Received is a message in a sandbox's inbox.
type Received struct {
	Key     string
	Phone   string // E.164
	Code    string
	Purpose ticketing.MessagePurpose
	ZH, EN  string // the words of a notice; empty for a code
	At      time.Time
}

// perPhone bounds the messages a sandbox keeps of one number, the newest.
const perPhone = 10

// Sandbox is a provider whose messages go nowhere but into an inbox in memory,
// bounded by numbers, the longest unused forgotten first. It is for one process
// and never for production: whoever reads the inbox can be anybody. It is safe
// for concurrent use.
type Sandbox struct {
	clock func() time.Time

	mu     sync.Mutex
	phones *lru.Cache[string, []Received]
}

var _ Sender = (*Sandbox)(nil)

// NewSandbox makes a sandbox that remembers so many numbers.
func NewSandbox(clock func() time.Time, phones int) (*Sandbox, error) {
	cache, err := lru.New[string, []Received](phones)
	if err != nil {
		return nil, fmt.Errorf("new message sandbox: %w", err)
	}
	return &Sandbox{clock: clock, phones: cache}, nil
}

// Send puts a message into the inbox.
func (s *Sandbox) Send(ctx context.Context, text Text) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	inbox, _ := s.phones.Get(text.Phone)
	received := Received{Key: text.Key, Phone: text.Phone, Code: text.Code, Purpose: text.Purpose, At: s.clock()}
	received.ZH, received.EN = Words(text.Purpose, text.Receipt)
	if text.Purpose == PurposeOperators {
		received.ZH, received.EN = text.Notice, text.Notice
	}
	inbox = append(slices.Clone(inbox), received)
	s.phones.Add(text.Phone, inbox[max(0, len(inbox)-perPhone):])
	return "sandbox", nil
}

// Receipt says whether a message is in the inbox.
func (s *Sandbox) Receipt(_ context.Context, text Text, _ string, _ time.Time) (Receipt, error) {
	for _, m := range s.Inbox(text.Phone) {
		if m.Key == text.Key {
			return ReceiptAccepted, nil
		}
	}
	return ReceiptAbsent, nil
}

// Inbox lists what came to a number, given as E.164, newest first.
func (s *Sandbox) Inbox(phone string) []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	inbox, _ := s.phones.Get(phone)
	inbox = slices.Clone(inbox)
	slices.Reverse(inbox)
	return inbox
}
