package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
)

func TestAuditVerify(t *testing.T) {
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "sql", "fairgate.db"), sqldb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := store.Open(t.Context(), db, store.Options{})
	require.NoError(t, err)
	for range 1500 { // more than a page
		_, err = s.Append(t.Context(), console.AuditEntry{Actor: "admin", Action: "account.unblock", Object: "a1"})
		require.NoError(t, err)
	}
	verify := func(head string) (string, error) {
		var out bytes.Buffer
		err := (&auditVerifyCommand{Head: head}).verify(t.Context(), db, &out, &out)
		return out.String(), err
	}
	text, err := verify("")
	require.NoError(t, err)
	require.Contains(t, text, "1500 entries, all fit; head 1500:")
	head := strings.TrimSpace(text[strings.Index(text, "1500:"):])
	_, err = verify(head)
	require.NoError(t, err)
	for _, bad := range []string{"x", "12", "0:" + head[5:], "12:abc"} {
		_, err = verify(bad)
		require.ErrorContains(t, err, "--head", bad)
	}

	_, err = db.Write.ExecContext(t.Context(), `DELETE FROM console_audit WHERE seq = 1500`)
	require.NoError(t, err)
	_, err = verify("")
	require.NoError(t, err, "the chain alone does not show that its end is gone")
	text, err = verify(head)
	require.ErrorIs(t, err, exitCode(1))
	assert.Contains(t, text, "1500 is not the one that was noted")
	_, err = db.Write.ExecContext(t.Context(), `DELETE FROM console_audit WHERE seq = 1200`)
	require.NoError(t, err)
	text, err = verify("")
	require.ErrorIs(t, err, exitCode(1))
	assert.Equal(t, "1199 entries fit; entry 1200 was changed or removed\n", text)
}

func TestAuditVerifyNeedsALog(t *testing.T) {
	data := t.TempDir()
	err := (&auditVerifyCommand{Data: data}).Run(t.Context())
	require.ErrorContains(t, err, "no log to verify")
	assert.NoFileExists(t, filepath.Join(data, "sql", "fairgate.db"), "and none is made")
}
