package gateway

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
)

// problem is the body of every answer that the gateway gives itself, after
// RFC 9457. Detail is for reading, code for machines.
type problem struct {
	Type         string        `json:"type"`
	Title        string        `json:"title"`
	Status       int           `json:"status"`
	Detail       string        `json:"detail,omitempty"`
	Code         string        `json:"code"`
	Field        string        `json:"field,omitempty"`
	Reason       ingest.Reason `json:"reason,omitempty"`
	Receipt      string        `json:"receipt,omitempty"`
	AppealURL    string        `json:"appeal_url,omitempty"`
	ChallengeURL string        `json:"challenge_url,omitempty"`
	Scope        *scope        `json:"scope,omitempty"`
}

// scope is what a challenge is for; a pass is good for that alone.
type scope struct {
	Kind ingest.Kind `json:"kind"`
	Pool string      `json:"pool,omitempty"`
	// Ticket says who was asked, sealed; the visitor gives it back unread.
	Ticket string `json:"ticket,omitempty"`
}

// problemType is the namespace of the problem types.
const problemType = "urn:fairgate:problem:"

// writeProblem answers c. No cache may keep it.
func writeProblem(c *fiber.Ctx, p problem) {
	p.Type = problemType + p.Code
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers only: it cannot fail
		p.Status = http.StatusInternalServerError
	}
	c.Status(p.Status)
	c.Set(fiber.HeaderContentType, "application/problem+json")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().SetBody(body)
}
