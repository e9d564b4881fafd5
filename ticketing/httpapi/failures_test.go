package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/outage"
	"fairgate/ticketing/outage/outagetest"
)

func TestADatabaseAwayIsAFewLines(t *testing.T) {
	b := outagetest.New()
	m, err := newMetrics(nil)
	require.NoError(t, err)
	a := &api{
		opts: Options{}.withDefaults(), metrics: m,
		failures: outage.New(b.Logger(), b.Now, slog.LevelError, "request failed", "requests are answered again"),
	}
	answer := error(nil)
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ErrorHandler: a.handleError})
	app.Use(a.observe)
	app.Get(aliveRoute, func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/pools", func(c *fiber.Ctx) error {
		if answer != nil {
			return answer
		}
		return c.SendString("[]")
	})
	get := func(path string, status int) {
		t.Helper()
		r, err := app.Test(httptest.NewRequest(http.MethodGet, path, http.NoBody), -1)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		require.Equal(t, status, r.StatusCode)
	}
	answer = errors.New("database is away")
	for range 90 {
		get("/pools", http.StatusInternalServerError)
		b.Add(time.Second)
	}
	assert.Equal(t, 2, b.Count("request failed"))
	assert.Equal(t, "/pools", b.Last("request failed")["route"])
	b.Add(outage.Settle)
	get(aliveRoute, http.StatusOK)
	answer = &ticketing.Error{Code: ticketing.CodeInvalidField}
	get("/pools", status(ticketing.CodeInvalidField))
	assert.Zero(t, b.Count("requests are answered again"), "neither says that the database is back")
	answer = nil
	get("/pools", http.StatusOK)
	get("/pools", http.StatusOK)
	assert.Equal(t, 1, b.Count("requests are answered again"))
	assert.EqualValues(t, 90, b.Last("requests are answered again")["failures"])
}
