package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger"
)

// Erase deletes all that the ledger keeps of one account of a site, and
// returns when no query can read it any more; ClickHouse removes the bytes
// from its files with the next merges. Figures of past periods change by that
// account. A record that arrives afterwards is kept: stop the account's events
// first.
func (a *Archive) Erase(ctx context.Context, site, account string) error {
	if account == "" {
		return errors.New("erase from the ledger: account is empty")
	}
	// The deletion is to be complete when the call returns, on every replica.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"lightweight_deletes_sync": 2}))
	for _, kind := range ledger.Kinds() {
		owner := "account = {account:String}"
		if kind == ledger.KindAction {
			owner = "entity = 'account' AND key = {account:String}"
		}
		err := a.conn.Exec(ctx, "DELETE FROM "+string(kind)+" WHERE site = {site:String} AND "+owner,
			clickhouse.Named("site", site), clickhouse.Named("account", account))
		if err != nil {
			return fmt.Errorf("erase from %s: %w", kind, err)
		}
	}
	return nil
}
