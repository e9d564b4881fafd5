package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/notice"
)

// problem is an error as callers see it (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`

	ReasonZH string `json:"reason_zh,omitempty"` // why a document is refused
	ReasonEN string `json:"reason_en,omitempty"`

	Faults []listFault `json:"faults,omitempty" doc:"What is wrong with a list of names, cell by cell, the first twenty at most."`

	CurrentVersion int64 `json:"current_version,omitempty"` // of what the caller has a stale version of
}

// Codes of refusals that are the HTTP surface's own.
const (
	codeUnsigned     = "unsigned_request"
	codeBadKey       = "wrong_key"
	codeInvalidJSON  = "invalid_json"
	codeInternal     = "internal_error"
	codeHTTPPrefix   = "http_error"
	codeTooLarge     = "body_too_large"
	codeNoSuchRoute  = "no_such_route"
	problemMediaType = "application/problem+json"
)

// status maps every refusal to its HTTP status, once.
func status(code ticketing.Code) int {
	switch code {
	case ticketing.CodeInvalidField, ticketing.CodeDocumentUnknown, ticketing.CodeSlotNeeded, ticketing.CodeAdultNeeded,
		ticketing.CodeRecipientUnknown, ticketing.CodeIdempotencyMismatch, checkin.CodeNonceReused:
		return fiber.StatusUnprocessableEntity
	case ticketing.CodeWrongCredentials, ticketing.CodeUnauthenticated, ticketing.CodeWrongCode, ticketing.CodeWeChatRefused,
		ticketing.CodeWeChatState, checkin.CodeSignInReplayed:
		return fiber.StatusUnauthorized
	case ticketing.CodeNotFound:
		return fiber.StatusNotFound
	case ticketing.CodePhoneTaken, ticketing.CodeSoldOut, ticketing.CodeDocumentTaken, ticketing.CodeNotOpen,
		ticketing.CodeDateUnavailable, ticketing.CodeSlotUnavailable, ticketing.CodePersonLimit, ticketing.CodeIdentityLimit,
		ticketing.CodeFrozen, ticketing.CodeTooLate, ticketing.CodeReleaseExceeds, ticketing.CodeDayStaged,
		ticketing.CodeInvalidState, ticketing.CodeEntered, ticketing.CodeHoldExpired, ticketing.CodePaymentRequired,
		ticketing.CodeNothingToPay, ticketing.CodePastCutoff, ticketing.CodeLiveOrders, ticketing.CodeNoPlace, ticketing.CodeCapacityBooked,
		ticketing.CodePhoneLinked, ticketing.CodeUnverified, ticketing.CodeWeChatTaken, ticketing.CodeWeChatLinked,
		ticketing.CodeCapacityReserved, ticketing.CodeAllotmentExceeds, ticketing.CodeAllotmentTaken, ticketing.CodeChannelClosed,
		ticketing.CodeTooYoung, ticketing.CodeTooOld, ticketing.CodeSignedUp,
		ticketing.CodeRulesChanged, notice.CodeVersionConflict, notice.CodeTooMany, checkin.CodeTerminalName:
		return fiber.StatusConflict
	case ticketing.CodeWeChatBlocked, checkin.CodeTerminalRevoked:
		return fiber.StatusForbidden
	case ticketing.CodeRateLimited, ticketing.CodeCodeLimit, ticketing.CodeWeChatTooOften, ticketing.CodeRevealLimit, checkin.CodeTooOften:
		return fiber.StatusTooManyRequests
	case ticketing.CodeNotConfigured:
		return fiber.StatusNotImplemented
	case ticketing.CodeUnavailable:
		return fiber.StatusServiceUnavailable
	}
	return fiber.StatusInternalServerError
}

// ownStatus is the status of a code that is the surface's own; 0 for others.
func ownStatus(code string) int {
	switch code {
	case codeUnsigned, codeBadKey:
		return fiber.StatusUnauthorized
	case codeInvalidJSON:
		return fiber.StatusBadRequest
	case codeTooLarge:
		return fiber.StatusRequestEntityTooLarge
	case codeNoSuchRoute:
		return fiber.StatusNotFound
	case codeInternal:
		return fiber.StatusInternalServerError
	}
	return 0
}

// describe turns any error into a problem; causes stay inside.
func describe(err error) problem {
	if refusal, ok := errors.AsType[*ticketing.Error](err); ok {
		p := newProblem(status(refusal.Code), string(refusal.Code), refusal.Field, refusal.Detail)
		p.ReasonZH, p.ReasonEN = refusal.ReasonZH, refusal.ReasonEN
		p.CurrentVersion = refusal.Version
		return p
	}
	if own, ok := errors.AsType[*problemError](err); ok {
		return own.problem
	}
	if router, ok := errors.AsType[*fiber.Error](err); ok {
		code := codeHTTPPrefix
		switch router.Code {
		case fiber.StatusRequestEntityTooLarge:
			code = codeTooLarge
		case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
			code = codeNoSuchRoute
		}
		return newProblem(router.Code, code, "", "")
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return newProblem(fiber.StatusServiceUnavailable, string(ticketing.CodeUnavailable), "", ticketing.ErrUnavailable.Detail)
	}
	return newProblem(fiber.StatusInternalServerError, codeInternal, "", "")
}

func newProblem(status int, code, field, detail string) problem {
	return problem{Type: "about:blank", Title: statusText(status), Status: status, Detail: detail, Code: code, Field: field}
}

func statusText(status int) string { return fiber.NewError(status).Message }

// problemError carries a problem of the surface's own through Fiber.
type problemError struct{ problem problem }

func (e *problemError) Error() string { return e.problem.Code + ": " + e.problem.Detail }

func refuse(status int, code, field, detail string) error {
	return &problemError{newProblem(status, code, field, detail)}
}

// handleError is Fiber's ErrorHandler: it answers, and logs what is our fault.
func (a *api) handleError(c *fiber.Ctx, err error) error {
	p := describe(err)
	if refusal, ok := errors.AsType[*ticketing.Error](err); ok && refusal.RetryAfter > 0 {
		// Rounded up: too early would be refused again.
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((refusal.RetryAfter+time.Second-1)/time.Second), 10))
	}
	if p.Status >= fiber.StatusInternalServerError && p.Status != fiber.StatusNotImplemented {
		a.failures.Report(c.UserContext(), err, slog.String("method", c.Method()),
			slog.String("route", c.Route().Path), slog.Int("status", p.Status))
	}
	return c.Status(p.Status).JSON(p, problemMediaType)
}
