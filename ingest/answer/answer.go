// Package answer writes the answers of what the gateway mounts for visitors:
// the collector, the challenge and the appeal desk. It knows nothing of what is
// answered. An error means that whoever asked has left; nobody else minds.
package answer

import (
	"encoding/json"
	"net/http"
)

// JSON answers with a body.
func JSON(w http.ResponseWriter, status int, body any) error {
	return write(w, status, "application/json", body)
}

// Problem refuses after RFC 9457; code names the kind of refusal.
func Problem(w http.ResponseWriter, status int, code, detail string) error {
	return write(w, status, "application/problem+json", map[string]any{
		"type": "urn:fairgate:problem:" + code, "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
}

func write(w http.ResponseWriter, status int, contentType string, body any) error {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}
