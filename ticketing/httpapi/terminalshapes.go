package httpapi

import (
	"encoding/base64"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
)

type terminalSignIn struct {
	TerminalID string    `json:"terminal_id"`
	Nonce      string    `json:"nonce" doc:"8 to 64 of letters, digits, - and _; never used by this terminal before."`
	Clock      time.Time `json:"clock" doc:"The terminal's time."`
	AppVersion string    `json:"app_version" doc:"Like 2.10.3."`
	Signature  string    `json:"signature" doc:"In unpadded base64url."`
}

func (b terminalSignIn) signIn() (checkin.SignIn, error) {
	signature, err := base64.RawURLEncoding.DecodeString(b.Signature)
	if err != nil {
		return checkin.SignIn{}, &ticketing.Error{Code: ticketing.CodeInvalidField, Field: "signature", Detail: "want unpadded base64url"}
	}
	return checkin.SignIn{TerminalID: b.TerminalID, Nonce: b.Nonce, Clock: b.Clock, AppVersion: b.AppVersion, Signature: signature}, nil
}

type heartbeatBody struct {
	Clock      time.Time `json:"clock" doc:"The terminal's time."`
	AppVersion string    `json:"app_version"`
}

// terminalStatus is what a terminal must know.
type terminalStatus struct {
	TerminalID  string           `json:"terminal_id"`
	Name        string           `json:"name"`
	Kind        checkin.Kind     `json:"kind"`
	Gate        string           `json:"gate"`
	Pools       []string         `json:"pools"`
	ServerTime  ticketing.Millis `json:"server_time"`
	ClockSkewMS int64            `json:"clock_skew_ms" doc:"How far the terminal's clock is ahead."`
	Notices     []checkin.Notice `json:"notices"`
	Upgrade     *checkin.Upgrade `json:"upgrade" doc:"Null where there is none."`
}

type terminalSession struct {
	terminalStatus

	SessionToken string           `json:"session_token"`
	ExpiresAt    ticketing.Millis `json:"expires_at"`
}

func showStatus(s checkin.Status) terminalStatus {
	t := s.Terminal
	return terminalStatus{
		TerminalID: t.ID, Name: t.Name, Kind: t.Kind, Gate: t.Gate, Pools: t.Pools, ServerTime: ticketing.Millis{Time: s.ServerTime},
		ClockSkewMS: s.Skew.Milliseconds(), Notices: append([]checkin.Notice{}, s.Notices...), Upgrade: s.Upgrade,
	}
}

type scannedDocument struct {
	Type        document.Type `json:"type"`
	Number      string        `json:"number"`
	Nationality string        `json:"nationality" required:"false" doc:"ISO 3166 alpha-3, of passports."`
}

type scanBody struct {
	Nonce      string            `json:"nonce" doc:"The scan's name, of the terminal's choice: 8 to 64 of letters, digits, - and _."`
	Code       string            `json:"code" required:"false" doc:"What the QR code says …"`
	Document   *scannedDocument  `json:"document" required:"false" doc:"… or the document; with a code: that of whoever shows it, who must be the ticket's holder."`
	ScannedAt  time.Time         `json:"scanned_at" doc:"By the terminal's clock."`
	Direction  checkin.Direction `json:"direction" required:"false" enum:"entry,exit" doc:"Default entry."`
	WholeOrder bool              `json:"whole_order" required:"false" doc:"Also everybody of the order who is not in yet."`
}

func (b scanBody) attempt() checkin.Attempt {
	a := checkin.Attempt{Nonce: b.Nonce, Code: b.Code, ScannedAt: b.ScannedAt, Direction: b.Direction, WholeOrder: b.WholeOrder}
	if b.Document != nil {
		a.Document = &checkin.DocumentScan{Type: b.Document.Type, Number: b.Document.Number, Nationality: b.Document.Nationality}
	}
	return a
}

type uploadBody struct {
	Clock time.Time         `json:"clock" doc:"The terminal's time now."`
	Scans []offlineScanBody `json:"scans"`
}

type offlineScanBody struct {
	Nonce      string            `json:"nonce"`
	Code       string            `json:"code" required:"false" doc:"What the QR code said …"`
	PositionID string            `json:"position_id" required:"false" doc:"… or which ticket of the list the document was of."`
	ScannedAt  time.Time         `json:"scanned_at" doc:"By the terminal's clock."`
	Direction  checkin.Direction `json:"direction" required:"false" enum:"entry,exit" doc:"Default entry."`
	Receipt    string            `json:"receipt" doc:"Of the list that it was judged by."`
}

func (b uploadBody) upload() checkin.Upload {
	u := checkin.Upload{Clock: b.Clock, Scans: make([]checkin.OfflineScan, len(b.Scans))}
	for i, s := range b.Scans {
		u.Scans[i] = checkin.OfflineScan{
			Attempt: checkin.Attempt{Nonce: s.Nonce, Code: s.Code, Position: s.PositionID, ScannedAt: s.ScannedAt, Direction: s.Direction},
			Receipt: s.Receipt,
		}
	}
	return u
}

// scanAnswer is what a terminal shows to who stands at it.
type scanAnswer struct {
	Accepted    bool              `json:"accepted"`
	Reason      checkin.Reason    `json:"reason"`
	ReasonZH    string            `json:"reason_zh"`
	ReasonEN    string            `json:"reason_en"`
	Conflict    checkin.Reason    `json:"conflict,omitempty" doc:"Of a scan made off line: why on line it would have been refused."`
	Direction   checkin.Direction `json:"direction"`
	At          ticketing.Millis  `json:"at" doc:"When the answer was given first."`
	Repeated    bool              `json:"repeated" doc:"The nonce was known: this is the earlier answer."`
	OrderID     string            `json:"order_id,omitempty"`
	OrderSize   int               `json:"order_size" doc:"How many tickets the order has."`
	Pool        string            `json:"pool,omitempty"`
	Outcomes    []scanOutcome     `json:"outcomes" doc:"One for each person; that of the scanned ticket first."`
	ServerTime  ticketing.Millis  `json:"server_time"`
	ClockSkewMS int64             `json:"clock_skew_ms"`
	Notices     []checkin.Notice  `json:"notices"`
}

type scanOutcome struct {
	PositionID string         `json:"position_id"`
	Accepted   bool           `json:"accepted"`
	Reason     checkin.Reason `json:"reason"`
	ReasonZH   string         `json:"reason_zh"`
	ReasonEN   string         `json:"reason_en"`
	Person     *scanPerson    `json:"person" doc:"Null where the ticket is not this person's any more."`
	Prior      *scanPrior     `json:"prior" doc:"When and where the ticket was used last, where it was used already."`
}

type scanPerson struct {
	NameMasked     string           `json:"name_masked"`
	DocumentType   document.Type    `json:"document_type"`
	DocumentMasked string           `json:"document_masked"`
	Age            checkin.AgeClass `json:"age,omitempty" doc:"child or adult, where the document tells it."`
	Product        string           `json:"product,omitempty"`
	ProductName    string           `json:"product_name,omitempty"`
}

type scanPrior struct {
	At       ticketing.Millis `json:"at"`
	Gate     string           `json:"gate"`
	Terminal string           `json:"terminal"`
}

func (a *api) showScan(s checkin.Answer) scanAnswer {
	out := scanAnswer{
		Accepted: s.Accepted, Reason: s.Reason, ReasonZH: s.Reason.ZH(), ReasonEN: s.Reason.EN(), Conflict: s.Conflict, Direction: s.Direction,
		At: ticketing.Millis{Time: s.At}, Repeated: s.Repeated, OrderID: s.OrderID, OrderSize: s.OrderSize, Pool: s.Pool,
		Outcomes: make([]scanOutcome, len(s.Outcomes)), ServerTime: a.serverTime(), ClockSkewMS: s.Skew.Milliseconds(),
		Notices: append([]checkin.Notice{}, s.Notices...),
	}
	for i, o := range s.Outcomes {
		shown := scanOutcome{PositionID: o.PositionID, Accepted: o.Accepted, Reason: o.Reason, ReasonZH: o.Reason.ZH(), ReasonEN: o.Reason.EN()}
		if p := o.Person; p != nil {
			shown.Person = &scanPerson{
				NameMasked: p.NameMasked, DocumentType: p.DocumentType, DocumentMasked: p.DocumentMasked, Age: p.Age,
				Product: p.Product, ProductName: p.ProductName,
			}
		}
		if o.Prior != nil {
			shown.Prior = &scanPrior{At: ticketing.Millis{Time: o.Prior.At}, Gate: o.Prior.Gate, Terminal: o.Prior.Terminal}
		}
		out.Outcomes[i] = shown
	}
	return out
}

type uploadAnswer struct {
	ServerTime ticketing.Millis `json:"server_time"`
	Results    []uploadResult   `json:"results" doc:"In the order of the scans."`
}

type uploadResult struct {
	Nonce string      `json:"nonce"`
	Scan  *scanAnswer `json:"scan" doc:"Null where the scan could not be read …"`
	Error *problem    `json:"error" doc:"… and then this says why. The others stand."`
}

type listPage struct {
	Sealed     []byte           `json:"sealed" doc:"In base64."`
	Version    int64            `json:"version" doc:"To ask for changes since."`
	Cursor     string           `json:"cursor,omitempty" doc:"Asks for the next page; absent on the last."`
	More       bool             `json:"more" doc:"There is a next page, or there are more changes."`
	Receipt    string           `json:"receipt" doc:"Goes with every scan that is judged by the list."`
	IssuedAt   ticketing.Millis `json:"issued_at"`
	ExpiresAt  ticketing.Millis `json:"expires_at"`
	ServerTime ticketing.Millis `json:"server_time"`
}

// tally is what the scans of a terminal, a gate, a pool or all of them come to.
type tally struct {
	Name      string                 `json:"name" doc:"The terminal's id, the gate or the pool; empty for all."`
	Entries   int                    `json:"entries"`
	Exits     int                    `json:"exits"`
	People    int                    `json:"people" doc:"Who entered, each once."`
	Inside    int                    `json:"inside" doc:"Of whom an entry was the last scan. Who came by one gate and left by another is a minus at the latter."`
	Refused   int                    `json:"refused"`
	Reasons   map[checkin.Reason]int `json:"refused_by_reason"`
	Conflicts int                    `json:"conflicts"`
	LastAt    *ticketing.Millis      `json:"last_scan_at"`
}

func showTally(t checkin.Tally) tally {
	return tally{
		Name: t.Name, Entries: t.Entries, Exits: t.Exits, People: t.People, Inside: t.Inside, Refused: t.Refused,
		Reasons: t.Reasons, Conflicts: t.Conflicts, LastAt: optional(t.LastAt),
	}
}

func showTallies(all []checkin.Tally) []tally {
	out := make([]tally, len(all))
	for i, t := range all {
		out[i] = showTally(t)
	}
	return out
}

type gateCounts struct {
	At         ticketing.Millis `json:"at"`
	ServerTime ticketing.Millis `json:"server_time"`
	Gate       tally            `json:"gate"`
}
