package ticketing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"fairgate/ticketing/document"
)

// DocumentVerifier asks whoever issues documents whether one is real and its
// holder's: a number that is well formed need not be either. It is safe for
// concurrent use.
type DocumentVerifier interface {
	// Verify fails with ErrDocumentUnknown if the issuer knows no such document
	// of a person of this name. Any other error says that the issuer could not
	// be asked; it must not hold the number.
	Verify(ctx context.Context, name string, d document.Document) error
}

// How long the issuers of an order's documents are waited for, and how many are
// asked at once.
const (
	verifyWithin = 2 * time.Second
	verifyAtOnce = 8
)

// verify has the visitors' documents looked up, where that was set up. An
// issuer that cannot be asked keeps nobody from booking: the document is counted
// as unverified.
func (s *Service) verify(ctx context.Context, visitors []Visitor, positions []Position) error {
	if s.opts.Documents == nil {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, verifyWithin)
	defer cancel()
	asked, within := errgroup.WithContext(within)
	asked.SetLimit(verifyAtOnce)
	for i, p := range positions {
		asked.Go(func() error {
			err := s.opts.Documents.Verify(within, visitors[i].Name, p.document)
			if errors.Is(err, ErrDocumentUnknown) {
				refusal := *ErrDocumentUnknown
				refusal.Field = fmt.Sprintf("positions[%d].document.number", i)
				return &refusal
			}
			if err != nil {
				s.metrics.unverified.Inc()
				s.opts.Logger.WarnContext(ctx, "document not verified", slog.Any("error", err))
			}
			return nil
		})
	}
	return asked.Wait()
}
