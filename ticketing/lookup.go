package ticketing

import (
	"context"
	"errors"

	"fairgate/ticketing/document"
)

// Lookup names a person by a document or by a phone number, and why somebody
// looks for their orders. Before is where a page begins: the id of the last
// order of the page before.
type Lookup struct {
	Type        document.Type
	Number      string
	Nationality string
	Phone       string
	Reason      string
	Before      string
	Limit       int
}

// maxLookup bounds one page of a look-up.
const maxLookup = 200

// Lookup finds the orders, newest first, of whoever has a document or a phone
// number, which may be the account's, a leader's or a visitor's. The orders are
// masked; that somebody looked is audited and counted like a reveal of one
// person. It fails with ErrInvalidField or ErrRevealLimit.
func (s *Service) Lookup(ctx context.Context, call Call, l Lookup) ([]Order, error) {
	who, err := call.namedActor()
	if err != nil {
		return nil, err
	}
	reason, err := checkReason(l.Reason)
	if err != nil {
		return nil, err
	}
	if l.Limit < 1 || l.Limit > maxLookup {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxLookup, l.Limit)
	}
	if (l.Number == "") == (l.Phone == "") {
		return nil, invalidField("document", "want either a document or a phone")
	}
	entry := Reveal{Who: who, Role: RolePrivacy, Persons: 1, Reason: reason, RequestID: call.RequestID}
	var key []byte
	if l.Phone != "" {
		e164, err := normalisePhone("phone", l.Phone)
		if err != nil {
			return nil, err
		}
		entry.Kind, entry.Fields, key = RevealLookupPhone, []RevealField{RevealPhone}, s.vault.Key("phone", e164)
	} else {
		doc, err := document.Parse(l.Type, l.Number, l.Nationality, s.now())
		if refused, ok := errors.AsType[*document.Error](err); ok {
			return nil, &Error{
				Code: CodeInvalidField, Field: "document." + refused.Field, Detail: refused.Reason, ReasonZH: refused.ReasonZH, ReasonEN: refused.Reason,
			}
		}
		if err != nil {
			return nil, err
		}
		entry.Kind, entry.Fields, key = RevealLookupDocument, []RevealField{RevealDocument}, s.vault.Key("document", doc.Key())
	}
	var found []Order
	err = s.update(ctx, call, func(ctx context.Context, w *work) (err error) {
		if err := s.spend(ctx, w, entry); err != nil {
			return err
		}
		if entry.Kind == RevealLookupPhone {
			found, err = w.OrdersByPhone(ctx, key, l.Before, l.Limit)
		} else {
			found, err = w.OrdersByDocument(ctx, key, l.Before, l.Limit)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
