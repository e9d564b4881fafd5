package app

import (
	"fmt"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"fairgate/console/front"
)

// addPages puts the operators' web application after the API: it answers what
// the API did not.
func addPages(app *fiber.App) error {
	pages, err := front.New()
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	serve := adaptor.HTTPHandler(pages)
	app.Use(func(c *fiber.Ctx) error {
		if !pages.Owns(c.Path()) {
			return c.Next()
		}
		return serve(c)
	})
	return nil
}
