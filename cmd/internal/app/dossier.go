package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/console/httpapi"
	"fairgate/enforcement/ledger/dossier"
)

// openDossier opens what is read of accounts in the ledger, or says why it
// cannot be read.
func openDossier(s *Stack, e Env, noAnalytics error) (httpapi.Dossier, error) {
	if noAnalytics != nil {
		return noDossier{noAnalytics}, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := dossier.Open(client, e.Now)
	if err != nil {
		return nil, fmt.Errorf("dossiers: %w", err)
	}
	s.Defer("dossier reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}

// noDossier answers for a ledger that is not there.
type noDossier struct{ why error }

func (n noDossier) err() error { return errors.Join(ErrNoAnalytics, n.why) }

// Timeline says why there is none.
func (n noDossier) Timeline(context.Context, string, string, time.Time, int) ([]dossier.Moment, error) {
	return nil, n.err()
}

// Links says why none can be looked for.
func (n noDossier) Links(context.Context, string, []string, int) (dossier.Graph, error) {
	return dossier.Graph{}, n.err()
}

// Fingerprint says why it cannot be read.
func (n noDossier) Fingerprint(context.Context, string, string, int) (dossier.Fingerprint, error) {
	return dossier.Fingerprint{}, n.err()
}
