package sms

import (
	"context"
	"errors"
	"time"

	"fairgate/ticketing"
)

// Text is a message as the provider gets it. It is never logged.
type Text struct {
	Key     string // our own, unique for the message; the same in every attempt
	Phone   string // E.164
	Code    string // empty in a notice
	Receipt string // of a notice: what the visitor appeals with
	Notice  string // of PurposeOperators: what is told, on one line
	Purpose ticketing.MessagePurpose
}

// PurposeOperators is a notice to the house's own people. It waits in no Queue
// of the booking system; who tells them has one of their own.
const PurposeOperators ticketing.MessagePurpose = "operators"

// Receipt is what a provider knows of a message.
type Receipt string

// What a receipt may say. Absent means that the provider has no trace of the
// message; pending, that it has it and knows no more yet.
const (
	ReceiptAccepted Receipt = "accepted"
	ReceiptRefused  Receipt = "refused"
	ReceiptPending  Receipt = "pending"
	ReceiptAbsent   Receipt = "absent"
)

// Valid reports whether r is one of the known receipts.
func (r Receipt) Valid() bool {
	switch r {
	case ReceiptAccepted, ReceiptRefused, ReceiptPending, ReceiptAbsent:
		return true
	}
	return false
}

// Clear answers of a provider. Every other error of Send means that the
// provider may or may not have the message.
var (
	ErrRefused = errors.New("the provider refused the message")              // it will never be sent
	ErrBusy    = errors.New("the provider did not take the message for now") // it can be sent later
)

// Sender is a provider of messages. Send returns the provider's own reference
// of a message it has taken, or fails with ErrRefused or ErrBusy, or with an
// error that leaves it open; it must not try again by itself. Receipt asks what
// became of a message that was sent at a moment. Both are safe for concurrent
// use, end with the context, and put neither number nor code into errors.
type Sender interface {
	Send(ctx context.Context, text Text) (reference string, err error)
	Receipt(ctx context.Context, text Text, reference string, sent time.Time) (Receipt, error)
}

// Queue is where messages wait. DueMessages reads unsettled messages whose time
// to be looked at has come, the longest due first; MoveMessage changes one that
// is still as it was read (state and attempts) and reports whether it was.
type Queue interface {
	DueMessages(ctx context.Context, now time.Time, limit int) ([]ticketing.Message, error)
	MoveMessage(ctx context.Context, before, after ticketing.Message) (bool, error)
}

// Opener reads the phone number and the code of a message.
type Opener interface {
	OpenMessage(m ticketing.Message) (phone, code string, err error)
}
