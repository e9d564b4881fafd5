package enforcement

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestWhatVerdictsTellOfChallenges(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		change func(v *scoring.Verdict)
		want   ChallengeResult
	}{
		"asked":                  {func(v *scoring.Verdict) { v.Decision = ingest.Challenge }, ChallengeUnmet},
		"passed":                 {func(*scoring.Verdict) {}, ChallengeMet},
		"passed and flagged":     {func(v *scoring.Verdict) { v.Decision = ingest.Flag }, ChallengeMet},
		"answered wrongly":       {func(v *scoring.Verdict) { v.Kind, v.Action, v.Decision = ingest.KindChallengeFailed, "", "" }, ChallengeWrong},
		"blocked":                {func(v *scoring.Verdict) { v.Decision = ingest.Block }, ""},
		"let through":            {func(v *scoring.Verdict) { v.Action = ingest.Allow }, ""},
		"asked for too late":     {func(v *scoring.Verdict) { v.Stage = rules.StageAsync }, ""},
		"nobody's":               {func(v *scoring.Verdict) { v.Subject.Account = "" }, ""},
		"while nothing is acted": {func(v *scoring.Verdict) { v.Observe = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := scoring.Verdict{
				EventID: "e", Stage: rules.StageInline, Time: at, Site: "museum", Kind: ingest.KindOrderSubmit,
				Subject: ingest.Subject{Account: "a"}, Action: ingest.Challenge, Decision: ingest.Allow,
			}
			tt.change(&v)
			p, err := planOf(v)
			require.NoError(t, err)
			got, ok := p.challenged()
			assert.Equal(t, tt.want != "", ok)
			if ok {
				assert.Equal(t, Challenged{Site: "museum", Account: "a", Time: at, Result: tt.want}, got)
			}
		})
	}
}
