package httpapi_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
)

// letters are the roles as the table below writes them.
func letters() map[rune]console.Role {
	return map[rune]console.Role{
		'a': console.Analyst, 's': console.Security, 'd': console.Administrator, 'b': console.BoxOffice, 'u': console.Auditor,
	}
}

// mayCall says of every operation, by its id, which roles may call it. It is
// written out, and not read from the permissions, so that a change of either is
// seen. "nobody" is who is not signed in.
func mayCall() map[string]string {
	return map[string]string{
		"nobody": `
			sign-in sign-in-code`,
		"asdbu": `
			change-password confirm-totp end-own-session end-own-sessions enrol-totp list-own-sessions
			read-live-history reauthenticate remove-totp renew-recovery-codes search sign-out
			ticketing-list-account-orders watch-live who-am-i`,
		"asdu": `
			alert-months check-rule compare-versions explain-event explain-event-with get-account get-case get-rule
			get-ruleset get-version list-accounts list-alerts list-block-budgets list-cases list-deny list-exception
			list-rule-hits list-rulesets list-tightenings list-undos list-versions preview-undo read-account-labels
			read-alert read-audit-sample read-cluster read-completeness read-engines read-fingerprint read-links
			read-mode read-normal read-quality read-quality-challenges read-quality-rules read-quality-series
			read-rule-text read-timeline read-undo read-vocabulary sample-events suggest-thresholds try-rule`,
		"asu": `
			list-silences`,
		"adu": `
			get-backtest list-backtests`,
		"au": `
			list-backfills list-features`,
		"ad": `
			check-version deny except lift-deny lift-exception reject-version`,
		"as": `
			change-rule loosen-rule return-to-version tighten-rule`,
		"a": `
			cancel-backfill cancel-backtest create-version edit-version propose-version publish-version start-backfill
			submit-backtest write-rule`,
		"s": `
			acknowledge-alert close-alert end-silence silence`,
		"sdu": `
			list-channels list-deliveries read-template`,
		"sd": `
			change-channel create-channel remove-channel reset-template send-again set-mode set-route-mode
			set-template test-channel`,
		"dbu": `
			ticketing-get-announcement ticketing-get-house-order ticketing-get-house-pool ticketing-get-house-stock
			ticketing-get-release ticketing-list-announcement-versions ticketing-list-channel-changes
			ticketing-list-channels ticketing-list-conflicts ticketing-list-findings
			ticketing-list-house-announcements ticketing-list-house-pools ticketing-list-jobs
			ticketing-list-pool-changes ticketing-list-sales ticketing-list-terminal-apps
			ticketing-list-terminal-changes ticketing-list-terminals ticketing-list-venue-versions
			ticketing-read-counts`,
		"du": `
			export-audit get-appeal get-audit-entry list-api-keys list-appeals list-sessions list-users read-audit
			verify-audit`,
		"d": `
			approve-version claim-case confirm-account create-api-key create-user decide-appeal decide-appeals
			decide-case decide-cases disable-user enable-user end-operator-sessions end-session erase-account
			import-labels judge-case lift-block-budget list-erasures preview-cases read-erasure reset-password
			reset-totp revoke-api-key set-role take-back-decision unblock-account undo`,
		"b": `
			ticketing-acknowledge-finding ticketing-change-announcement ticketing-change-stage
			ticketing-change-terminal ticketing-create-announcement ticketing-inspect ticketing-issue-channel-key
			ticketing-plan-month ticketing-publish-announcement ticketing-put-allotments ticketing-put-channel
			ticketing-put-pool ticketing-put-release ticketing-put-venue ticketing-register-terminal
			ticketing-rekey-terminal ticketing-revoke-terminal ticketing-schedule-announcement
			ticketing-set-terminal-app ticketing-take-back-no-show ticketing-withdraw-announcement`,
	}
}

type endpoint struct{ id, method, path string }

// endpoints are all operations of the document.
func endpoints(t *testing.T) []endpoint {
	t.Helper()
	text, err := httpapi.Document(nil)
	require.NoError(t, err)
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(text, &doc))
	var out []endpoint
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			out = append(out, endpoint{op.ID, strings.ToUpper(method), parameter.ReplaceAllString(path, "1")})
		}
	}
	slices.SortFunc(out, func(a, b endpoint) int { return strings.Compare(a.id, b.id) })
	return out
}

// session signs in somebody of a role who has a password of their own.
func (h *house) session(t *testing.T, role console.Role) string {
	t.Helper()
	name := "the-" + strings.ReplaceAll(string(role), "_", "-")
	_, once, err := h.users.CreateUser(t.Context(), name, role)
	require.NoError(t, err)
	const password = "correct horse battery"
	require.NoError(t, h.users.ChangePassword(t.Context(), name, "", once, password))
	grant, err := h.users.SignIn(t.Context(), console.Attempt{Name: name, Password: password, Credential: console.ByBearer})
	require.NoError(t, err)
	return grant.Token
}

// TestEveryRoleAtEveryOperation calls each operation as each role: who may is
// not refused for their role, whatever becomes of an empty request, and who may
// not gets 403 that says so. Who is not signed in gets 401.
func TestEveryRoleAtEveryOperation(t *testing.T) {
	h := build(t)
	may := map[string]string{}
	for roles, ids := range mayCall() {
		for id := range strings.FieldsSeq(ids) {
			require.NotContains(t, may, id)
			may[id] = roles
		}
	}
	// These end the session that calls them.
	ends := func(e endpoint) bool {
		return e.id == "sign-out" || e.id == "end-own-sessions" || e.id == "change-password"
	}
	all := endpoints(t)
	require.Greater(t, len(all), 150)
	for _, e := range all {
		require.Contains(t, may, e.id, "%s %s has no line in the table", e.method, e.path)
	}
	require.Len(t, may, len(all), "the table has operations that there are not")
	for letter, role := range letters() {
		t.Run(string(role), func(t *testing.T) {
			token := h.session(t, role)
			for _, e := range all {
				if ends(e) {
					continue
				}
				status, kind := h.refusal(t, token, e)
				switch {
				case may[e.id] == "nobody":
				case strings.ContainsRune(may[e.id], letter):
					assert.NotEqual(t, http.StatusUnauthorized, status, e.id)
					assert.NotEqual(t, http.StatusForbidden, status, "%s: %s", e.id, kind)
				default:
					assert.Equal(t, http.StatusForbidden, status, e.id)
					assert.Equal(t, "urn:fairgate:problem:role", kind, e.id)
				}
			}
		})
	}
	for _, e := range all {
		if may[e.id] != "nobody" {
			for _, token := range []string{"", "made-up", strings.Repeat("x", 400)} {
				status, _ := h.refusal(t, token, e)
				assert.Equal(t, http.StatusUnauthorized, status, "%s as nobody", e.id)
			}
		}
	}
}

// refusal is the status of an empty request and, of a problem, its type.
func (h *house) refusal(t *testing.T, token string, e endpoint) (status int, kind string) {
	t.Helper()
	body := ""
	if e.method != http.MethodGet {
		body = "{}"
	}
	req, err := http.NewRequestWithContext(t.Context(), e.method, e.path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := h.app.Test(req, 20_000)
	require.NoError(t, err, e.id)
	defer func() { require.NoError(t, res.Body.Close()) }()
	var problem struct{ Type string }
	if res.StatusCode >= http.StatusBadRequest {
		require.NoError(t, json.NewDecoder(res.Body).Decode(&problem), e.id)
	}
	return res.StatusCode, problem.Type
}
