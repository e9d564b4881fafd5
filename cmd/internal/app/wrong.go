package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"fairgate/enforcement/challenge"
	"fairgate/ingest"
)

// tellWrong makes events of wrong answers to challenges. The same answer makes
// the same event; one that cannot be recorded is only missing among the hints.
func tellWrong(e Env, to ingest.Recorder) func(context.Context, challenge.Wrong) {
	return func(ctx context.Context, w challenge.Wrong) {
		who := w.Visitor.Subject
		at := w.Time.UTC().Truncate(time.Millisecond)
		sum := sha256.Sum256(fmt.Appendf(nil, "challenge\x00%s\x00%s\x00%s\x00%s\x00%d\x00%d",
			e.Config.Site, who.Account, who.Session, who.Device, at.UnixMilli(), w.Nth))
		err := to.Complete(ctx, &ingest.Event{
			ID: hex.EncodeToString(sum[:16]), Time: at, Site: e.Config.Site, Gateway: e.Config.Gateway.Name,
			Kind: ingest.KindChallengeFailed, Subject: who, Client: ingest.Client{Subnet: w.Visitor.Subnet},
			Order: ingest.Order{Pool: w.Scope.Pool},
		})
		if err != nil {
			e.Log.WarnContext(ctx, "a wrong answer to a challenge not recorded", "error", err)
		}
	}
}
