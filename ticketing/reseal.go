package ticketing

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
)

// SealedKind names a column of sealed values.
type SealedKind string

// What is sealed for longer than a message lives.
const (
	SealedAccountPhone     SealedKind = "account_phone"
	SealedPositionName     SealedKind = "position_name"
	SealedPositionDocument SealedKind = "position_document"
	SealedPositionPhone    SealedKind = "position_phone"
	SealedLeaderName       SealedKind = "leader_name"
	SealedLeaderPhone      SealedKind = "leader_phone"
	SealedIdentity         SealedKind = "wechat_identity"
	SealedAnswer           SealedKind = "answer"
)

// sealedKinds lists every kind with the purpose it is sealed for.
func sealedKinds() [][2]string {
	return [][2]string{
		{string(SealedAccountPhone), "phone"},
		{string(SealedPositionName), "name"},
		{string(SealedPositionDocument), "document"},
		{string(SealedPositionPhone), "phone"},
		{string(SealedLeaderName), "name"},
		{string(SealedLeaderPhone), "phone"},
		{string(SealedIdentity), "wechat"},
		{string(SealedAnswer), "answer"},
	}
}

// Sealed is one sealed value, and what it was before it was sealed anew.
type Sealed struct {
	ID     string
	Value  []byte
	Keyed  bool // the value can be found by its HMAC, or need not be
	Former []byte
}

// SealReader pages through sealed values in order of id, those that are not
// sealed with the key of the given identifier, or cannot be found by their HMAC.
type SealReader interface {
	SealedOtherwise(ctx context.Context, kind SealedKind, current byte, after string, limit int) ([]Sealed, error)
	CountSealedOtherwise(ctx context.Context, kind SealedKind, current byte) (int, error)
}

// SealWriter puts a value sealed anew in the place of Former, unless that has
// changed meanwhile; with a key, that is kept beside it.
type SealWriter interface {
	Reseal(ctx context.Context, kind SealedKind, v Sealed, key []byte) error
}

// Bounds of one run of the job.
const (
	resealAtOnce  = 200
	resealBatches = 50
)

// reseal seals anew, with the first key, what an earlier one sealed, so that
// the earlier one can be retired. Its progress is the kind and the id it came
// to; its report says what is left.
func (s *Service) reseal(ctx context.Context, progress string) (JobResult, error) {
	kinds := sealedKinds()
	kind, after, _ := strings.Cut(progress, ":")
	at := max(0, slices.IndexFunc(kinds, func(k [2]string) bool { return k[0] == kind }))
	changed := 0
	for range resealBatches {
		if at == len(kinds) {
			break
		}
		n, last, err := s.resealBatch(ctx, SealedKind(kinds[at][0]), kinds[at][1], after)
		changed += n
		if err != nil {
			return JobResult{Changed: changed, Progress: kinds[at][0] + ":" + after}, fmt.Errorf("reseal %s: %w", kinds[at][0], err)
		}
		if after = last; last == "" {
			at++
		}
	}
	if at < len(kinds) {
		return JobResult{Changed: changed, Progress: kinds[at][0] + ":" + after, Report: "at work on " + kinds[at][0], More: true}, nil
	}
	left, err := s.SealedOtherwise(ctx)
	if err != nil {
		return JobResult{Changed: changed}, err
	}
	return JobResult{Changed: changed, Report: fmt.Sprintf("%d values are still under a former key", left)}, s.scrub(ctx, changed)
}

// resealBatch seals some values anew and says where it came to; empty: it is
// done with the kind.
func (s *Service) resealBatch(ctx context.Context, kind SealedKind, purpose, after string) (n int, last string, err error) {
	err = s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		n, last = 0, ""
		batch, err := w.SealedOtherwise(ctx, kind, s.vault.Current(), after, resealAtOnce)
		if err != nil {
			return err
		}
		for _, v := range batch {
			text, err := s.vault.Open(purpose, v.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", v.ID, err)
			}
			v.Former = bytes.Clone(v.Value)
			v.Value = s.vault.Seal(purpose, text)
			var key []byte
			if !v.Keyed {
				key = s.vault.Key(purpose, text)
			}
			if err := w.Reseal(ctx, kind, v, key); err != nil {
				return err
			}
		}
		if n = len(batch); n == resealAtOnce {
			last = batch[n-1].ID
		}
		return nil
	})
	return n, last, err
}

// SealedOtherwise counts the values that the first key did not seal: with none,
// the former keys can go.
func (s *Service) SealedOtherwise(ctx context.Context) (int, error) {
	total := 0
	err := s.store.View(ctx, func(ctx context.Context, r Reader) error {
		total = 0
		for _, kind := range sealedKinds() {
			n, err := r.CountSealedOtherwise(ctx, SealedKind(kind[0]), s.vault.Current())
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, err
}
