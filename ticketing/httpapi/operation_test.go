package httpapi

import (
	"context"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

// BenchmarkOperation is what an operation costs beside a handler of Fiber that
// does the same: decode an order of three, answer.
func BenchmarkOperation(b *testing.B) {
	a, err := newAPI(nil, Options{GatewayKeys: [][]byte{make([]byte, minKey)}})
	require.NoError(b, err)
	handle(a, operation{method: http.MethodPost, path: "/bench/operation", id: "bench", access: access{tag: tagProcess}},
		func(_ context.Context, r *request[none, orderBody]) (codeSent, error) {
			_ = visitors(r.body.Positions)
			return codeSent{}, nil
		})
	a.app.Post("/bench/fiber", func(c *fiber.Ctx) error {
		var body orderBody
		if err := decode(c, &body); err != nil {
			return err
		}
		_ = visitors(body.Positions)
		return c.Status(fiber.StatusOK).JSON(codeSent{})
	})
	const person = `{"name":"王小明","phone":"13800000000","document":{"type":"passport","number":"AB123456","nationality":"GBR"}}`
	handler := a.app.Handler()
	for _, name := range []string{"operation", "fiber"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var c fasthttp.RequestCtx
				c.Request.Header.SetMethod(http.MethodPost)
				c.Request.SetRequestURI("/bench/" + name)
				c.Request.SetBodyString(`{"pool":"main","date":"2026-05-10","positions":[` + person + `,` + person + `,` + person + `]}`)
				handler(&c)
				if c.Response.StatusCode() != fiber.StatusOK {
					b.Fatal(c.Response.StatusCode(), string(c.Response.Body()))
				}
			}
		})
	}
}
