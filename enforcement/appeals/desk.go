package appeals

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// DeskOptions tune a Desk. The zero value is usable.
type DeskOptions struct {
	// Answer is within what time an appeal is answered. Default 24 h.
	Answer   time.Duration
	Now      func() time.Time
	Registry prometheus.Registerer
}

// Desk is where visitors file appeals and ask about them. It needs no table of
// its own to be there when it starts. It is safe for concurrent use.
type Desk struct {
	db       *sqldb.DB
	site     string
	receipts *enforcement.Receipts
	o        DeskOptions
	tries    *prometheus.CounterVec
}

// NewDesk opens the desk of a site.
func NewDesk(db *sqldb.DB, site string, receipts *enforcement.Receipts, o DeskOptions) *Desk {
	if o.Answer <= 0 {
		o.Answer = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{db: db, site: site, receipts: receipts, o: o, tries: promauto.With(o.Registry).NewCounterVec(prometheus.CounterOpts{
		Name: "fairgate_appeals_tries_total", Help: "What came of receipts that were presented: filed, open, asked, forged, foreign, expired, crowded, invalid, limited.",
	}, []string{"result"})}
}

// Filing is what a visitor presents. Owners are what was proved: the account
// that is signed in, the device, documents that were typed in full.
type Filing struct {
	Receipt  string
	Owners   []enforcement.Target
	Text     string
	Language string // zh or en
	Subnet   string
}

// File takes an appeal in. Where the subject has an open one, that is answered
// and nothing is added. It fails with enforcement.ErrReceipt or ErrReceiptOver,
// ErrBadInput, ErrCrowded, or when the database is away.
func (d *Desk) File(ctx context.Context, f Filing) (Status, error) {
	claim, err := d.open(f)
	if err != nil {
		return Status{}, err
	}
	text, err := cleanText(f.Text)
	if err != nil {
		d.tries.WithLabelValues("invalid").Inc()
		return Status{}, err
	}
	language := "zh"
	if f.Language == "en" {
		language = "en"
	}
	now := d.o.Now().UTC().Truncate(time.Millisecond)
	id, err := uuid.NewV7()
	if err != nil {
		return Status{}, fmt.Errorf("make an appeal id: %w", err)
	}
	a, result := Appeal{}, "filed"
	err = d.db.InTx(ctx, func(tx *sql.Tx) error {
		a, err = d.openOne(ctx, tx, claim.Owner)
		if err == nil {
			result = "open"
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		var n int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM appeals WHERE site = $1 AND subnet = $2 AND state = 'received'`,
			d.site, f.Subnet).Scan(&n)
		if err != nil {
			return fmt.Errorf("count open appeals: %w", err)
		}
		if n >= maxSubnet {
			return ErrCrowded
		}
		a = Appeal{State: Received, Received: now, Due: now.Add(d.o.Answer)}
		_, err = tx.ExecContext(ctx, `INSERT INTO appeals (id, site, receipt, entity, key, subnet, bunch, sorted, body, language, state,
 received, due, escalated, decided, decided_by, reason)
 VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 'received', $10, $11, 0, 0, '', '') ON CONFLICT DO NOTHING`,
			id.String(), d.site, strings.TrimSpace(f.Receipt), string(claim.Owner.Entity), claim.Owner.Key, f.Subnet, bunchOfSubnet(f.Subnet),
			text, language, sqldb.Millis(now), sqldb.Millis(a.Due))
		if err != nil {
			return fmt.Errorf("keep an appeal: %w", err)
		}
		return nil
	})
	if errors.Is(err, ErrCrowded) {
		d.tries.WithLabelValues("crowded").Inc()
	}
	if err != nil {
		return Status{}, err
	}
	d.tries.WithLabelValues(result).Inc()
	return a.status(), nil
}

func bunchOfSubnet(subnet string) string { return "subnet:" + subnet }

// Ask tells how the latest appeal of the receipt's owner stands. It fails with
// ErrNotFound where there is none.
func (d *Desk) Ask(ctx context.Context, f Filing) (Status, error) {
	claim, err := d.open(f)
	if err != nil {
		return Status{}, err
	}
	d.tries.WithLabelValues("asked").Inc()
	a, err := scan(d.db.Read.QueryRowContext(ctx, `SELECT `+columns+` FROM appeals WHERE site = $1 AND entity = $2 AND key = $3
 ORDER BY id DESC LIMIT 1`, d.site, string(claim.Owner.Entity), claim.Owner.Key))
	if err != nil {
		return Status{}, err
	}
	return a.status(), nil
}

// open reads a receipt and counts what came of it.
func (d *Desk) open(f Filing) (enforcement.Claim, error) {
	claim, forged, err := d.receipts.Open(f.Receipt, f.Owners, d.o.Now())
	switch {
	case errors.Is(err, enforcement.ErrReceiptOver):
		d.tries.WithLabelValues("expired").Inc()
	case forged:
		d.tries.WithLabelValues("forged").Inc()
	case err != nil:
		d.tries.WithLabelValues("foreign").Inc()
	}
	return claim, err
}

func (d *Desk) openOne(ctx context.Context, tx *sql.Tx, owner enforcement.Target) (Appeal, error) {
	return scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM appeals
 WHERE site = $1 AND entity = $2 AND key = $3 AND state = 'received'`, d.site, string(owner.Entity), owner.Key))
}

// cleanText holds a text to its bounds: characters that only steer a screen, or
// turn its writing round, are taken out.
func cleanText(text string) (string, error) {
	if len(text) > 4*MaxText || !utf8.ValidString(text) {
		return "", fmt.Errorf("%w: text has %d bytes, at most %d characters of UTF-8", ErrBadInput, len(text), MaxText)
	}
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text))
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxText {
		return "", fmt.Errorf("%w: text has %d characters, want 1 to %d", ErrBadInput, n, MaxText)
	}
	return text, nil
}
