package ticketing

import (
	"fmt"
	"time"
)

// Code is the stable, machine-readable name of a refusal.
type Code string

// The codes of every refusal a caller can meet.
const (
	CodeInvalidField        Code = "invalid_field"
	CodeWrongCredentials    Code = "wrong_credentials"
	CodeUnauthenticated     Code = "unauthenticated"
	CodeNotFound            Code = "not_found"
	CodePhoneTaken          Code = "phone_taken"
	CodeSoldOut             Code = "sold_out"
	CodeDocumentTaken       Code = "document_taken"
	CodeNotOpen             Code = "not_open"
	CodeDateUnavailable     Code = "date_unavailable"
	CodeSlotNeeded          Code = "slot_needed"
	CodeSlotUnavailable     Code = "slot_unavailable"
	CodeAdultNeeded         Code = "adult_needed"
	CodePersonLimit         Code = "person_limit"
	CodeIdentityLimit       Code = "identity_limit"
	CodeFrozen              Code = "booking_frozen"
	CodeTooLate             Code = "too_late"
	CodeDocumentUnknown     Code = "document_unknown"
	CodeTooYoung            Code = "too_young"
	CodeTooOld              Code = "too_old"
	CodeSignedUp            Code = "already_signed_up"
	CodeReleaseExceeds      Code = "release_exceeds_capacity"
	CodeDayStaged           Code = "day_staged"
	CodeInvalidState        Code = "invalid_state"
	CodeEntered             Code = "already_entered"
	CodeHoldExpired         Code = "hold_expired"
	CodePaymentRequired     Code = "payment_required"
	CodeNothingToPay        Code = "nothing_to_pay"
	CodePastCutoff          Code = "past_cutoff"
	CodeNoPlace             Code = "no_place"
	CodeRulesChanged        Code = "rules_changed"
	CodeCapacityBooked      Code = "capacity_below_booked"
	CodeCapacityReserved    Code = "capacity_below_reserved"
	CodeAllotmentExceeds    Code = "allotment_exceeds_capacity"
	CodeAllotmentTaken      Code = "allotment_below_taken"
	CodeChannelClosed       Code = "channel_closed"
	CodeRecipientUnknown    Code = "recipient_unknown"
	CodeLiveOrders          Code = "live_orders"
	CodeRevealLimit         Code = "reveal_limit"
	CodeIdempotencyMismatch Code = "idempotency_mismatch"
	CodeRateLimited         Code = "rate_limited"
	CodeUnavailable         Code = "unavailable"
)

// Error is a refusal: what the caller did cannot be done, and why. Detail is
// safe to show and never holds personal data.
type Error struct {
	Code   Code
	Field  string // the offending field, where there is one
	Detail string

	ReasonZH string `json:",omitempty"` // why a document is refused, in Chinese …
	ReasonEN string `json:",omitempty"` // … and in English

	Version int64 `json:",omitempty"` // the current version of what the caller has a stale one of

	RetryAfter time.Duration `json:",omitempty"` // when trying again may help; zero if unknown
}

// Error implements error.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Field != "" {
		text += " (" + e.Field + ")"
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is makes errors.Is compare refusals by their code alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Sentinel refusals, to be compared with errors.Is.
var (
	ErrInvalidField        = &Error{Code: CodeInvalidField}
	ErrWrongCredentials    = &Error{Code: CodeWrongCredentials, Detail: "phone and password do not match an account"}
	ErrUnauthenticated     = &Error{Code: CodeUnauthenticated, Detail: "a valid session token is needed"}
	ErrNotFound            = &Error{Code: CodeNotFound, Detail: "there is no such thing, or it is not yours"}
	ErrPhoneTaken          = &Error{Code: CodePhoneTaken, Field: "phone", Detail: "the phone number has an account already"}
	ErrSoldOut             = &Error{Code: CodeSoldOut, Field: "date", Detail: "not enough places are left on this day"}
	ErrDocumentTaken       = &Error{Code: CodeDocumentTaken, Field: "positions", Detail: "a document is already booked in this pool on this day"}
	ErrNotOpen             = &Error{Code: CodeNotOpen, Field: "pool", Detail: "booking has not opened yet"}
	ErrDateUnavailable     = &Error{Code: CodeDateUnavailable, Field: "date", Detail: "the day is past or not offered"}
	ErrSlotNeeded          = &Error{Code: CodeSlotNeeded, Field: "slot", Detail: "the day is booked by slots: say which"}
	ErrSlotUnavailable     = &Error{Code: CodeSlotUnavailable, Field: "slot", Detail: "the slot is past or not offered on this day"}
	ErrDayHasSlots         = &Error{Code: CodeInvalidField, Field: "days", Detail: "the day has slots: set their capacities"}
	ErrAdultNeeded         = &Error{Code: CodeAdultNeeded, Field: "positions", Detail: "minors need an adult in the same order"}
	ErrPersonLimit         = &Error{Code: CodePersonLimit, Field: "positions", Detail: "too many places for one account"}
	ErrIdentityLimit       = &Error{Code: CodeIdentityLimit, Field: "positions", Detail: "too many visits for one document"}
	ErrFrozen              = &Error{Code: CodeFrozen, Field: "positions", Detail: "booking is frozen after no-shows"}
	ErrDocumentUnknown     = &Error{Code: CodeDocumentUnknown, Field: "positions", Detail: "no such document of a person of this name", ReasonZH: "证件与姓名核验不一致", ReasonEN: "no such document of a person of this name"}
	ErrTooYoung            = &Error{Code: CodeTooYoung, Field: "positions", Detail: "a visitor is younger than the pool admits"}
	ErrTooOld              = &Error{Code: CodeTooOld, Field: "positions", Detail: "a visitor is older than the pool admits"}
	ErrSignedUp            = &Error{Code: CodeSignedUp, Field: "positions", Detail: "a document has signed up on another day"}
	ErrEntered             = &Error{Code: CodeEntered, Field: "positions", Detail: "a visitor of the order has entered"}
	ErrTooLate             = &Error{Code: CodeTooLate, Detail: "the deadline has passed"}
	ErrReleaseExceeds      = &Error{Code: CodeReleaseExceeds, Field: "days", Detail: "the stages of the day promise more places than there would be"}
	ErrDayStaged           = &Error{Code: CodeDayStaged, Field: "days", Detail: "the day is released by stages: lift its release first"}
	ErrInvalidState        = &Error{Code: CodeInvalidState}
	ErrHoldExpired         = &Error{Code: CodeHoldExpired, Detail: "the hold has run out"}
	ErrPaymentRequired     = &Error{Code: CodePaymentRequired, Detail: "the order must be paid"}
	ErrNothingToPay        = &Error{Code: CodeNothingToPay, Detail: "the order costs nothing"}
	ErrPastCutoff          = &Error{Code: CodePastCutoff, Detail: "the order stands for good and only a person may withdraw it"}
	ErrNoPlace             = &Error{Code: CodeNoPlace, Detail: "no place is left to give back"}
	ErrRulesChanged        = &Error{Code: CodeRulesChanged, Field: "rules_version", Detail: "the booking rules have changed: read them again"}
	ErrCapacityBooked      = &Error{Code: CodeCapacityBooked, Field: "days", Detail: "booked places cannot be taken away"}
	ErrCapacityReserved    = &Error{Code: CodeCapacityReserved, Field: "days", Detail: "fewer places than are booked and kept for channels"}
	ErrAllotmentExceeds    = &Error{Code: CodeAllotmentExceeds, Field: "quantity", Detail: "not so many places are free: the others are booked, kept for channels or promised by stages"}
	ErrAllotmentTaken      = &Error{Code: CodeAllotmentTaken, Field: "quantity", Detail: "the channel has taken more than that"}
	ErrChannelClosed       = &Error{Code: CodeChannelClosed, Field: "channel", Detail: "the channel is closed"}
	ErrRecipientUnknown    = &Error{Code: CodeRecipientUnknown, Field: "to_account_id", Detail: "there is no such account to transfer to"}
	ErrLiveOrders          = &Error{Code: CodeLiveOrders, Detail: "the account has orders that stand"}
	ErrRevealLimit         = &Error{Code: CodeRevealLimit, Detail: "too many persons revealed within an hour"}
	ErrIdempotencyMismatch = &Error{Code: CodeIdempotencyMismatch, Field: "Idempotency-Key", Detail: "the key was used with another request"}
	ErrUnavailable         = &Error{Code: CodeUnavailable, Detail: "try again shortly"}
)

func invalidField(field, format string, args ...any) error {
	return &Error{Code: CodeInvalidField, Field: field, Detail: fmt.Sprintf(format, args...)}
}

func invalidState(s State) error {
	return &Error{Code: CodeInvalidState, Detail: fmt.Sprintf("not possible while the order is %s", s)}
}
