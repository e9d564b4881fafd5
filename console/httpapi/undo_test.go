package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/undo"
)

func TestUndoIsPreviewedBegunAndAudited(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	h.block(t, "a2")
	var p undo.Preview
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodPost, "/api/v1/undo/preview", `{"rule":"rotation","ruleset":"abc","limit":1}`, &p))
	assert.Equal(t, []int{2, 2}, []int{p.Blocks.Entries, p.Blocks.Standing})
	require.Len(t, p.BlockList, 1)
	assert.NotEmpty(t, p.NextBlocks)
	require.Len(t, p.OrderList, 1)
	assert.Contains(t, p.OrderList[0].Keep, "past its cut-off")
	assert.Empty(t, h.audit(t), "nothing was changed")

	body := `{"rule":"rotation","ruleset":"abc","reason":"it misfires"}`
	for _, tt := range []struct {
		name, token, path, body string
		want                    int
	}{
		{"an analyst", keyOf("ana"), "/api/v1/undo", body, http.StatusForbidden},
		{"without a reason", h.admin, "/api/v1/undo", `{"rule":"rotation","ruleset":"abc"}`, http.StatusUnprocessableEntity},
		{"neither version nor period", h.admin, "/api/v1/undo", `{"rule":"rotation","reason":"it misfires"}`, http.StatusUnprocessableEntity},
		{"a page too large", h.admin, "/api/v1/undo/preview", `{"rule":"rotation","ruleset":"abc","limit":501}`, http.StatusUnprocessableEntity},
	} {
		assert.Equal(t, tt.want, h.call(t, tt.token, http.MethodPost, tt.path, tt.body, nil), tt.name)
	}
	assert.Empty(t, h.audit(t))
	var u undo.Undo
	require.Equal(t, http.StatusAccepted, h.call(t, h.admin, http.MethodPost, "/api/v1/undo", body, &u))
	assert.Equal(t, "root", u.Actor)
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/undo", body, nil), "it is under way")
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"rule.undo", "rotation", "root", "it misfires"}, []string{entry.Action, entry.Object, entry.Actor, entry.Reason})
	for worked := true; worked; {
		var err error
		worked, err = h.undo.Work(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/undo/"+u.ID, "", &u))
	assert.Equal(t, []any{undo.StepDone, 2}, []any{u.Step, u.Blocks.Lifted})
	var list struct{ Undos []undo.Undo }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/undo", "", &list))
	assert.Len(t, list.Undos, 1)
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodGet, "/api/v1/undo/nothing", "", nil))
}
