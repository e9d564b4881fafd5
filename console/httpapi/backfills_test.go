package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backfill"
	"fairgate/scoring/warmup"
)

// filling takes one feature and refuses the others.
type filling struct{}

func (filling) Start(_ context.Context, feature, actor, reason string) (backfill.Job, error) {
	switch feature {
	case "looks":
		return backfill.Job{Feature: feature, State: backfill.Queued, Actor: actor, Reason: reason}, nil
	case "warm":
		return backfill.Job{}, backfill.ErrWarm
	default:
		return backfill.Job{}, fmt.Errorf("%w: %q", warmup.ErrUnknownFeature, feature)
	}
}

func (filling) Cancel(_ context.Context, feature string) error {
	if feature == "looks" {
		return nil
	}
	return backfill.ErrNoJob
}

func (filling) Jobs(context.Context) ([]backfill.Job, error) {
	return []backfill.Job{{Feature: "looks", State: backfill.Running, Progress: 0.5}}, nil
}

func TestBackfills(t *testing.T) {
	h := build(t)
	const looks, reason = "/api/v1/features/looks/backfill", `{"reason":"a new rule"}`
	var j backfill.Job
	require.Equal(t, http.StatusAccepted, h.call(t, keyOf("ana"), http.MethodPost, looks, reason, &j))
	assert.Equal(t, "ana", j.Actor)
	require.Equal(t, http.StatusNoContent, h.call(t, keyOf("ana"), http.MethodPost, looks+"/cancel", reason, nil))
	entries := h.audit(t)
	require.Len(t, entries, 2)
	assert.Equal(t, []string{"feature.backfill_cancel", "feature.backfill"}, []string{entries[0].Action, entries[1].Action})
	assert.Equal(t, "a new rule", entries[1].Reason)

	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("ana"), http.MethodPost, looks, `{}`, nil), "a reason is needed")
	assert.Equal(t, http.StatusConflict, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/features/warm/backfill", reason, nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/features/none/backfill", reason, nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/features/none/backfill/cancel", reason, nil))
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("audrey"), http.MethodPost, looks, reason, nil))
	require.Len(t, h.audit(t), 2, "a refusal changes nothing")

	var list struct{ Backfills []backfill.Job }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/backfills", "", &list))
	assert.InDelta(t, 0.5, list.Backfills[0].Progress, 0)
}
