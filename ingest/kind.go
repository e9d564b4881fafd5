package ingest

import "slices"

// Kind is the action a request asks for, in the vocabulary that rules are
// written in. The route table maps method and path to a Kind.
type Kind string

// The kinds that the shipped route table and rulesets know.
const (
	KindAccountRegister Kind = "account.register"
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

// Kinds lists every Kind, in the order in which a visit usually meets them.
func Kinds() []Kind {
	return []Kind{
		KindAccountRegister, KindSessionCreate, KindSessionDelete, KindPageRead, KindDetailRead,
		KindStockRead, KindBeacon, KindOrderRead, KindOrderSubmit, KindOrderConfirm, KindOrderPay,
		KindOrderCancel, KindOrderChange, KindOrderTransfer,
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
