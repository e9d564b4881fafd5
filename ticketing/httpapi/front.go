package httpapi

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
)

// Pages are web pages for visitors, served beside the API to whoever asks:
// nothing in them is secret, and what they do they do through the API.
type Pages interface {
	http.Handler
	// Owns reports whether a path is one of theirs.
	Owns(path string) bool
}

// showPages answers readings of the pages' own paths; everything else stays
// what it was without them.
func showPages(pages Pages) fiber.Handler {
	show := adaptor.HTTPHandler(pages)
	return func(c *fiber.Ctx) error {
		if method := c.Method(); (method != fiber.MethodGet && method != fiber.MethodHead) || !pages.Owns(c.Path()) {
			return c.Next()
		}
		return show(c)
	}
}
