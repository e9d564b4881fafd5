package ingest

import "slices"

// Kind is the action a request asks for, in the vocabulary that rules are
// written in. The route table maps method and path to a Kind.
type Kind string

// The kinds that the shipped route table and rulesets know.
const (
	KindAccountRegister Kind = "account.register"
	KindAccountChange   Kind = "account.change" // phone, password, closing: no new account
	KindCodeRequest     Kind = "code.request"   // a text message with a code
	KindSessionCreate   Kind = "session.create"
	KindSessionDelete   Kind = "session.delete"
	KindPageRead        Kind = "page.read"
	KindDetailRead      Kind = "detail.read"
	KindStockRead       Kind = "stock.read"
	KindBeacon          Kind = "beacon"
	KindOrderRead       Kind = "order.read"
	KindOrderSubmit     Kind = "order.submit"
	KindOrderConfirm    Kind = "order.confirm"
	KindOrderPay        Kind = "order.pay"
	KindOrderCancel     Kind = "order.cancel"
	KindOrderChange     Kind = "order.change"
	KindOrderTransfer   Kind = "order.transfer"
)

// Kinds that no route has. KindRequestRefused is a request that the gateway
// refused for its form, a bounded part of them. KindChallengeFailed is a wrong
// answer to a challenge, the first few of each visitor. The booking system reports what
// happens to orders away from the gateway: see outcome.Event, which says whom
// each is about. KindAccountReview is the pipeline's: an account is looked at
// again because the group that it belongs to has grown.
const (
	KindRequestRefused   Kind = "request.refused"
	KindChallengeFailed  Kind = "challenge.failed"
	KindOrderGranted     Kind = "order.granted"
	KindHoldExpired      Kind = "hold.expired"
	KindOrderTransferred Kind = "order.transferred"
	KindOrderRefunded    Kind = "order.refunded"
	KindOrderCheckedIn   Kind = "order.checked_in"
	KindOrderNoShow      Kind = "order.no_show"
	KindAccountReview    Kind = "account.review"
)

// Kinds lists every Kind, in the order in which a visit usually meets them.
func Kinds() []Kind {
	return []Kind{
		KindAccountRegister, KindAccountChange, KindCodeRequest, KindSessionCreate, KindSessionDelete, KindPageRead,
		KindDetailRead, KindStockRead, KindBeacon, KindOrderRead, KindOrderSubmit, KindOrderConfirm, KindOrderPay,
		KindOrderCancel, KindOrderChange, KindOrderTransfer, KindRequestRefused, KindChallengeFailed, KindOrderGranted,
		KindHoldExpired, KindOrderTransferred, KindOrderRefunded, KindOrderCheckedIn, KindOrderNoShow, KindAccountReview,
	}
}

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool {
	return slices.Contains(Kinds(), k)
}

// Order reports whether k changes an order. The intent of such a request is
// on disk before the request is forwarded.
func (k Kind) Order() bool {
	switch k {
	case KindOrderSubmit, KindOrderConfirm, KindOrderPay, KindOrderCancel, KindOrderChange, KindOrderTransfer:
		return true
	default:
		return false
	}
}

// Told reports whether k is only told afterwards: no request asks for it, no
// gateway screens it, and only the asynchronous stage meets it. A kind of a
// site's own route is asked for.
func (k Kind) Told() bool { return k.Valid() && !k.Asked() }

// Asked reports whether a visitor's request asks for k: a route can have it,
// and it is screened. The others are only told, and scored asynchronously.
func (k Kind) Asked() bool {
	switch k {
	case KindRequestRefused, KindChallengeFailed, KindOrderGranted, KindHoldExpired, KindOrderTransferred, KindOrderRefunded,
		KindOrderCheckedIn, KindOrderNoShow, KindAccountReview:
		return false
	default:
		return k.Valid()
	}
}
