package console

import (
	"errors"
	"time"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	Seq       int64     `json:"seq"`
	Time      time.Time `json:"time"`
	Actor     string    `json:"actor"`
	Role      Role      `json:"role"`
	Address   string    `json:"address"`
	RequestID string    `json:"request_id"`
	Action    string    `json:"action"` // e.g. account.unblock
	Object    string    `json:"object"`
	Reason    string    `json:"reason,omitempty"`
	Before    string    `json:"before,omitempty"` // JSON
	After     string    `json:"after,omitempty"`  // JSON
	// Hash chains the entry to all before it (hex SHA-256).
	Hash string `json:"hash"`
}

// AuditFilter picks entries of the audit log. The zero value picks all.
type AuditFilter struct {
	From, To time.Time // from From on, before To; zero: no bound
	Actor    string
	// Action is one action ("account.unblock"), or all of a kind ("account").
	Action string
	// Object is a part of what was acted on.
	Object string
}

// Verification is what walking the audit log's chain found.
type Verification struct {
	// Verified is the last entry up to which every hash fits; 0: none.
	Verified int64 `json:"verified_to" doc:"The last entry that the chain of hashes confirms"`
	// Head is the hash of that entry. Written down elsewhere, it shows later
	// whether the log's end was cut off, which the chain alone cannot.
	Head string `json:"head,omitempty" doc:"The hash of that entry; noted elsewhere, it shows later whether the end was cut off"`
	// Broken is the first entry that does not fit; 0: none.
	Broken int64 `json:"broken_at,omitempty" doc:"The first entry that does not fit, where one does not"`
}

// ErrChainBroken means that an entry of the audit log was changed or removed.
var ErrChainBroken = errors.New("the audit log was tampered with")
