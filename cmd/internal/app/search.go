package app

import (
	"context"
	"errors"
	"fmt"

	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/ingest/fingerprint"
)

// openTimeline opens the reader of events by whom they are about.
func openTimeline(s *Stack, e Env, noAnalytics error) (httpapi.Ledger, error) {
	if noAnalytics != nil {
		return noTimeline{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := lookup.Open(client)
	if err != nil {
		return nil, fmt.Errorf("timelines: %w", err)
	}
	s.Defer("timeline reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}

// noTimeline answers for a ledger that is not there.
type noTimeline struct{ why error }

// Timeline says why there is none.
func (n noTimeline) Timeline(context.Context, string, lookup.Search) ([]lookup.Seen, error) {
	return nil, errors.Join(ErrNoAnalytics, n.why)
}

// openPeople gives what hashes phones and documents as the gateway does. A
// console need not be given that key; then nobody is found by them.
func openPeople(ctx context.Context, e Env) httpapi.People {
	keys, err := rotated("keys.identity", e.Config.Keys.Identity, e.Config.Keys.IdentityPrevious)
	if err != nil {
		e.Log.InfoContext(ctx, "nobody is found by phone or document here", "error", err)
		return nil
	}
	keyer, err := fingerprint.NewKeyer(e.Config.Site, keys[0], second(keys))
	if err != nil {
		e.Log.WarnContext(ctx, "nobody is found by phone or document here", "error", err)
		return nil
	}
	return keyer
}
