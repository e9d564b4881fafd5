package app

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"fairgate/enforcement"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/cases"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// openReceipts opens the key of the receipts.
func openReceipts(e Env) (*enforcement.Receipts, error) {
	keys, err := rotated("keys.receipt", e.Config.Keys.Receipt, e.Config.Keys.ReceiptPrevious)
	if err != nil {
		return nil, err
	}
	return enforcement.NewReceipts(keys)
}

// openAppeals opens the operators' side of appeals.
func openAppeals(ctx context.Context, db *sqldb.DB, queue *cases.Service, e Env) (*appeals.Service, error) {
	return appeals.New(ctx, db, queue, appeals.Options{
		Now: e.Now, Keep: time.Duration(e.Config.Ledger.RetentionDays) * 24 * time.Hour, Logger: e.Log, Registry: e.Registry,
	})
}

// appealMount puts the visitors' desk under the gateway, which tells it who
// calls. SQL may be away: then appeals have to wait, and booking does not.
func appealMount(db *sqldb.DB, receipts *enforcement.Receipts, e Env, keyer *fingerprint.Keyer) fiber.Handler {
	desk := appeals.NewDesk(db, e.Config.Site, receipts, appeals.DeskOptions{
		Answer: time.Duration(e.Config.Gateway.AppealHours) * time.Hour, Now: e.Now, Registry: e.Registry,
	})
	identify := func(r *http.Request) (appeals.Visitor, error) {
		visitor, _ := gateway.VisitorFrom(r.Context())
		out := appeals.Visitor{Subnet: visitor.Client.Subnet}
		if visitor.Subject.Account != "" {
			out.Owners = append(out.Owners, enforcement.Target{Entity: rules.EntityAccount, Key: visitor.Subject.Account})
		}
		if visitor.Subject.Device != "" {
			out.Owners = append(out.Owners, enforcement.Target{Entity: rules.EntityDevice, Key: visitor.Subject.Device})
		}
		return out, nil
	}
	documents := func(number string) []string { return keyer.Keys(fingerprint.PurposeDocument, number) }
	return adaptor.HTTPHandler(appeals.NewHandler(desk, identify, documents, appeals.HandlerOptions{Now: e.Now, Logger: e.Log}))
}
