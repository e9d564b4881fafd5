package checkin

// Reason is the stable, machine-readable answer to a scan.
type Reason string

// Every answer that a scan can get.
const (
	OK                Reason = "ok"
	AlreadyRedeemed   Reason = "already_redeemed"
	NotATicket        Reason = "not_a_ticket"   // the code is something else
	Forged            Reason = "forged"         // it is like a ticket's, and not signed by this house
	UnknownTicket     Reason = "unknown_ticket" // no booking in force for it
	Superseded        Reason = "superseded"     // a newer ticket was made for the place, as in a transfer
	Cancelled         Reason = "cancelled"
	Withdrawn         Reason = "withdrawn"
	Unpaid            Reason = "unpaid"
	Expired           Reason = "expired" // it was never paid, and the hold ran out
	WrongPool         Reason = "wrong_pool"
	WrongGate         Reason = "wrong_gate"
	WrongDay          Reason = "wrong_day"
	TooEarly          Reason = "too_early"
	TooLate           Reason = "too_late"
	DocumentInvalid   Reason = "document_invalid"
	DocumentRefused   Reason = "document_type_not_accepted"
	DocumentMismatch  Reason = "document_mismatch" // of the ticket's holder is another
	AdultMissing      Reason = "adult_missing"
	NotInside         Reason = "not_inside" // an exit of somebody who is not inside
	TimeInFuture      Reason = "time_in_future"
	OlderThanList     Reason = "older_than_list"
	ListExpired       Reason = "list_expired"
	ListNotRecognised Reason = "list_not_recognised"
)

// Reasons lists every Reason.
func Reasons() []Reason {
	return []Reason{
		OK, AlreadyRedeemed, NotATicket, Forged, UnknownTicket, Superseded, Cancelled, Withdrawn, Unpaid, Expired, WrongPool,
		WrongGate, WrongDay, TooEarly, TooLate, DocumentInvalid, DocumentRefused, DocumentMismatch, AdultMissing, NotInside, TimeInFuture,
		OlderThanList, ListExpired, ListNotRecognised,
	}
}

// Valid reports whether r is one of Reasons.
func (r Reason) Valid() bool { return r.ZH() != "" }

// ZH says in Chinese what a steward tells the visitor; empty for what is no
// Reason.
func (r Reason) ZH() string { zh, _ := r.texts(); return zh }

// EN says the same in English.
func (r Reason) EN() string { _, en := r.texts(); return en }

func (r Reason) texts() (zh, en string) {
	switch r {
	case OK:
		return "请进", "Welcome"
	case AlreadyRedeemed:
		return "该票已使用", "This ticket has been used"
	case NotATicket:
		return "这不是本馆的票码", "This is not a ticket of this house"
	case Forged:
		return "票码无效,签名不符", "This code was not issued by this house"
	case UnknownTicket:
		return "没有查到今日的有效预约", "No booking in force was found"
	case Superseded:
		return "该票已转让或换发,请出示新票", "A newer ticket was issued: please show that one"
	case Cancelled:
		return "该预约已取消", "This booking was cancelled"
	case Withdrawn:
		return "该预约已被收回", "This booking was withdrawn"
	case Unpaid:
		return "该订单尚未支付", "This order has not been paid"
	case Expired:
		return "该订单超时未支付,已失效", "This order was not paid in time"
	case WrongPool:
		return "该票不适用于此处", "This ticket is for another exhibition"
	case WrongGate:
		return "请从其他入口进入", "Please use another gate"
	case WrongDay:
		return "参观日期不是今天", "This ticket is for another day"
	case TooEarly:
		return "未到入场时间", "Entry has not begun yet"
	case TooLate:
		return "已过入场时间", "Entry is over"
	case DocumentInvalid:
		return "证件号码有误", "The document's number is not valid"
	case DocumentRefused:
		return "此处不受理该类证件", "This kind of document is not accepted here"
	case DocumentMismatch:
		return "证件与票面信息不符", "This ticket is for another person"
	case AdultMissing:
		return "未成年人须由同行成人陪同入场", "A minor enters with the adult of the booking"
	case NotInside:
		return "没有该票的入场记录", "This ticket is not inside"
	case TimeInFuture:
		return "扫码时间在将来,请校准设备时钟", "The scan's time is in the future: set the clock"
	case OlderThanList:
		return "扫码时间早于离线名单", "The scan is older than its list"
	case ListExpired:
		return "离线名单已过期", "The list had expired"
	case ListNotRecognised:
		return "离线名单无法识别", "The list is not one of this terminal's"
	}
	return "", ""
}
