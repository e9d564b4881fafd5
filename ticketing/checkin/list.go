package checkin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// Bounds of a page of a list.
const (
	maxListPage    = 1000 // orders
	listPage       = 500
	maxListedAhead = 7 // days
)

// ListRequest asks for a page of the list of a pool's day: from its beginning,
// after a cursor, or what changed since a version.
type ListRequest struct {
	Pool   string
	Date   string
	Since  int64  // of List.Version; 0 = everything
	Cursor string // of List.Cursor; not together with Since
	Limit  int    // orders; 0 = 500
}

// List is a page of a list, sealed to the terminal (see Key.OpenList).
type List struct {
	Sealed    []byte
	Version   int64  // to ask for changes since, once there is no more
	Cursor    string // asks for the next page of a whole list; empty = that was the last
	More      bool   // more changes, or pages, can be had at once
	Receipt   string // to be given with every scan that is judged by the list
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Sheet is what is sealed in a page. An order stands for all its positions: it
// takes the place of what an earlier page said of it, and one without positions
// is to be dropped.
//
// A terminal finds a ticket by the first 16 bytes of HMAC-SHA256 under Salt of
// "ticket\n" and the secret in hexadecimal, and a document by that of
// "document\n", the type, "\n", the nationality (of passports), "\n" and the
// number, normalised and without what reissues change (document.Document.Key).
// Document numbers can be guessed: who can open the list can test guesses, which
// is why it is sealed to one terminal, and short-lived.
type Sheet struct {
	Pool       string                  `json:"pool"`
	Date       ticketing.Date          `json:"date"`
	Version    int64                   `json:"version"`
	ExpiresAt  ticketing.Millis        `json:"expires_at"`
	Salt       []byte                  `json:"salt"`
	Rules      *ticketing.CheckInRules `json:"rules,omitempty"`
	TicketKeys [][]byte                `json:"ticket_keys"` // Ed25519, to tell forgeries by
	Orders     []SheetOrder            `json:"orders"`
}

// SheetOrder is an order of a Sheet.
type SheetOrder struct {
	OrderID   string           `json:"order_id"`
	State     ticketing.State  `json:"state,omitempty"`
	Opens     ticketing.Millis `json:"opens"`  // when its visit may begin, grace included …
	Closes    ticketing.Millis `json:"closes"` // … and no more
	Positions []SheetPosition  `json:"positions"`
}

// SheetPosition is a ticket of a Sheet.
type SheetPosition struct {
	PositionID     string        `json:"position_id"`
	Ticket         []byte        `json:"ticket"`
	Document       []byte        `json:"document"`
	NameMasked     string        `json:"name_masked"`
	DocumentType   document.Type `json:"document_type"`
	DocumentMasked string        `json:"document_masked"`
	Product        string        `json:"product,omitempty"`
	Age            AgeClass      `json:"age,omitempty"`
	AdultID        string        `json:"adult_position_id,omitempty"`
	Unit           int           `json:"unit"`
	Entries        int           `json:"entries"`
	Inside         bool          `json:"inside"`
}

// List reads a page. Changes are complete up to Version: pages of a whole list
// are of different moments, and all carry the version of the first, from which
// on changes put them right. Re-entries and exits alone are no changes. It
// fails with ErrInvalidField, ErrUnauthenticated, ErrRevoked, ErrTooOften or,
// for a pool that the terminal does not admit to, ErrNotFound.
func (s *Service) List(ctx context.Context, token string, q ListRequest) (List, error) {
	t, _, err := s.authenticate(ctx, token)
	if err != nil {
		return List{}, err
	}
	if err := s.calls.take(t.ID); err != nil {
		return List{}, err
	}
	now := s.now()
	day, err := q.check(now)
	if err != nil {
		return List{}, err
	}
	if !slices.Contains(t.Pools, q.Pool) {
		return List{}, ticketing.ErrNotFound
	}
	out := List{IssuedAt: now, ExpiresAt: now.Add(s.opts.ListLife)}
	sheet := Sheet{
		Pool: q.Pool, Date: day, ExpiresAt: ticketing.Millis{Time: out.ExpiresAt},
		Salt: s.salt(t, q.Pool, day), Orders: []SheetOrder{},
	}
	for _, key := range s.TicketKeys() {
		sheet.TicketKeys = append(sheet.TicketKeys, key)
	}
	err = s.store.View(ctx, func(ctx context.Context, r Reader) error {
		pools, err := r.PoolsByID(ctx, []string{q.Pool})
		if err != nil {
			return err
		}
		if len(pools) == 0 {
			return ticketing.ErrNotFound
		}
		sheet.Rules = pools[0].Rules.CheckIn
		orders, err := out.page(ctx, r, q, day)
		if err != nil || len(orders) == 0 {
			return err
		}
		booked, err := r.Booked(ctx, Wanted{Orders: orders})
		if err != nil {
			return err
		}
		sheet.Orders, err = s.sheetOrders(orders, booked, pools[0], day, sheet.Salt)
		return err
	})
	if err != nil {
		return List{}, err
	}
	sheet.Version = out.Version
	text, err := json.Marshal(sheet)
	if err != nil {
		return List{}, fmt.Errorf("make list: %w", err)
	}
	if out.Sealed, err = sealList(t.SealPublic, text); err != nil {
		return List{}, err
	}
	out.Receipt = s.receipt(t, out.IssuedAt, out.ExpiresAt)
	return out, nil
}

// check names the first field that is wrong.
func (q *ListRequest) check(now time.Time) (ticketing.Date, error) {
	day, err := ticketing.ParseDate(q.Date)
	if err != nil {
		return "", invalidField("date", "%v", err)
	}
	// Grace may reach over midnight, so yesterday's list may be of use.
	if day < ticketing.DateOf(now.AddDate(0, 0, -1)) || day > ticketing.DateOf(now.AddDate(0, 0, maxListedAhead)) {
		return "", invalidField("date", "want yesterday to %d days ahead", maxListedAhead)
	}
	if q.Limit == 0 {
		q.Limit = listPage
	}
	if q.Limit < 1 || q.Limit > maxListPage {
		return "", invalidField("limit", "want 1 to %d, got %d", maxListPage, q.Limit)
	}
	if q.Since < 0 {
		return "", invalidField("since", "want a version, got %d", q.Since)
	}
	if q.Since > 0 && q.Cursor != "" {
		return "", invalidField("cursor", "want either a cursor or a version")
	}
	return day, nil
}

// page finds which orders the page is of.
func (l *List) page(ctx context.Context, r ListReader, q ListRequest, day ticketing.Date) (orders []string, err error) {
	if q.Since > 0 {
		orders, l.Version, err = r.ChangedOrders(ctx, q.Pool, q.Since, q.Limit)
		if err != nil {
			return nil, err
		}
		last, err := r.Version(ctx)
		l.More = l.Version < last
		return orders, err
	}
	after := ""
	if q.Cursor != "" {
		version, order, cut := strings.Cut(q.Cursor, ".")
		l.Version, err = strconv.ParseInt(version, 10, 64)
		if err != nil || !cut || l.Version < 0 || len(order) > maxNonce {
			return nil, invalidField("cursor", "not one that was given")
		}
		after = order
	} else if l.Version, err = r.Version(ctx); err != nil {
		return nil, err
	}
	orders, err = r.OrdersOn(ctx, q.Pool, day, after, q.Limit)
	if len(orders) == q.Limit {
		l.More, l.Cursor = true, strconv.FormatInt(l.Version, 10)+"."+orders[len(orders)-1]
	}
	return orders, err
}

// sheetOrders shows the orders as they stand on the day; those that are not on
// it, or have no places any more, without positions.
func (s *Service) sheetOrders(ids []string, booked []Booked, pool ticketing.Pool, day ticketing.Date, salt []byte) ([]SheetOrder, error) {
	out := make([]SheetOrder, len(ids))
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		out[i] = SheetOrder{OrderID: id, Positions: []SheetPosition{}}
		at[id] = i
	}
	for _, b := range booked {
		o := &out[at[b.OrderID]]
		o.State = b.State
		if b.Pool != pool.ID || b.Date != day || !b.State.Live() {
			continue
		}
		opens, closes := pool.Rules.CheckIn.Window(ticketing.Place{Pool: b.Pool, Date: b.Date, Slot: b.Slot}, b.SlotEnd)
		o.Opens, o.Closes = ticketing.Millis{Time: opens}, ticketing.Millis{Time: closes}
		p, err := s.sheetPosition(b, salt)
		if err != nil {
			return nil, err
		}
		o.Positions = append(o.Positions, p)
	}
	return out, nil
}

func (s *Service) sheetPosition(b Booked, salt []byte) (SheetPosition, error) {
	secret, err := ticketing.SecretOf(s.vault, b.Position)
	if err != nil {
		return SheetPosition{}, fmt.Errorf("list position %q: %w", b.ID, err)
	}
	var mark []byte // none where the key of the document is gone: then only the code is known
	if doc, err := s.documentOf(b.Position); err == nil {
		mark = ListMark(salt, "document", doc.Key())
	}
	return SheetPosition{
		PositionID: b.ID, Ticket: ListMark(salt, "ticket", secret.String()), Document: mark,
		NameMasked: b.NameMasked, DocumentType: b.DocumentType, DocumentMasked: b.DocumentMasked, Product: b.Product,
		Age: s.ageOf(b.Position, b.Date), AdultID: b.AdultID, Unit: b.Unit, Entries: b.Entry.Entries, Inside: b.Entry.Inside,
	}, nil
}

// ListMark is how a list names a ticket or a document without saying it.
func ListMark(salt []byte, what, text string) []byte {
	mac := hmac.New(sha256.New, salt)
	_, _ = mac.Write([]byte(what + "\n" + text)) // hash.Hash never fails
	return mac.Sum(nil)[:16]
}

// salt is of one terminal's list of a pool's day, so that pages and changes of
// it go together and nothing else does.
func (s *Service) salt(t Terminal, pool string, day ticketing.Date) []byte {
	return s.vault.Key("list salt", t.ID+"\n"+pool+"\n"+string(day))
}

// listed is what a receipt says.
type listed struct{ issued, expires time.Time }

var errReceipt = errors.New("not a receipt of this terminal")

// receipt is what a terminal shows to prove which list it judged by: two
// moments and their keyed HMAC.
func (s *Service) receipt(t Terminal, issued, expires time.Time) string {
	text := strconv.FormatInt(issued.UnixMilli(), 10) + "." + strconv.FormatInt(expires.UnixMilli(), 10)
	return text + "." + base64.RawURLEncoding.EncodeToString(s.vault.Key("list receipt", t.ID+"\n"+text))
}

func (s *Service) openReceipt(t Terminal, receipt string) (listed, error) {
	parts := strings.Split(receipt, ".")
	if len(parts) != 3 {
		return listed{}, errReceipt
	}
	issued, err := strconv.ParseInt(parts[0], 10, 64)
	expires, eerr := strconv.ParseInt(parts[1], 10, 64)
	if err := errors.Join(err, eerr); err != nil {
		return listed{}, errReceipt
	}
	l := listed{issued: time.UnixMilli(issued).UTC(), expires: time.UnixMilli(expires).UTC()}
	if !hmac.Equal([]byte(receipt), []byte(s.receipt(t, l.issued, l.expires))) {
		return listed{}, errReceipt
	}
	return l, nil
}
