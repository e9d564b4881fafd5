package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// newHuma makes the API object. Nothing of it is served by itself: the document
// is for the house, not for visitors.
func newHuma(app *fiber.App) huma.API {
	config := huma.DefaultConfig("Fairgate ticketing", "1.0.0")
	config.Info.Description = documentText
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no links to schemas in answers
	config.Transformers = []huma.Transformer{asProblem}
	config.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[ticketing.Millis](), reflect.TypeFor[time.Time]())
	config.Components.SecuritySchemes = securitySchemes()
	config.Tags = []*huma.Tag{
		{Name: tagVisitors, Description: "What visitors do, through the gateway."},
		{Name: tagHouse, Description: "What the house does, and what stands guard for it."},
		{Name: tagTerminals, Description: "What the terminals at the gates do."},
		{Name: tagProcess, Description: "What looks after the process."},
	}
	return humafiber.New(app, config)
}

const documentText = `The booking system behind the gateway. Every refusal is an application/problem+json (RFC 9457) with a stable code and, ` +
	`where one is to blame, the field. Moments are RFC 3339 in UTC; days and times of slots are of the venue. Money is in fen. A write that ` +
	`bears an Idempotency-Key is done once: repeated with the same body it gets the same answer.`

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		schemeGateway: {
			Type: "apiKey", In: "header", Name: HeaderSignature,
			Description: `The gateway's signature, "v1=" and the hex of HMAC-SHA256(key, "v1\n" METHOD "\n" TARGET "\n" TIMESTAMP "\n" REQUEST-ID "\n" ` +
				`hex(SHA-256(body))), beside ` + HeaderTimestamp + ` (Unix milliseconds) and ` + HeaderRequestID + ` (accepted once).`,
		},
		schemeSession:     {Type: "http", Scheme: "bearer", Description: "A session token, from POST /api/v1/sessions."},
		schemeEnforcement: {Type: "http", Scheme: "bearer", Description: "A key of the enforcement role."},
		schemeChannel:     {Type: "http", Scheme: "bearer", Description: "The channel's own key."},
		schemeTerminal:    {Type: "http", Scheme: "bearer", Description: "A terminal's session token, from POST /terminal/v1/sessions."},
		schemeOperations:  {Type: "http", Scheme: "bearer", Description: "A key of the operations role."},
		schemePrivacy:     {Type: "http", Scheme: "bearer", Description: "A key of the privacy role, which sees personal data in full."},
	}
}

// asProblem gives huma's own refusals, of parameters, the form of all others.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := newProblem(model.Status, string(ticketing.CodeInvalidField), "", model.Detail)
	if len(model.Errors) > 0 { // the first is enough; its value is not repeated
		_, p.Field, _ = strings.Cut(model.Errors[0].Location, ".")
		p.Detail = model.Errors[0].Message
	}
	return p, nil
}

// ownCodes are those of every operation.
func ownCodes(op operation, hasBody bool) []string {
	codes := append([]string{codeInternal, string(ticketing.CodeUnavailable)}, op.access.codes...)
	if hasBody {
		codes = append(codes, codeInvalidJSON)
	}
	if hasBody || op.upload {
		codes = append(codes, codeTooLarge)
	}
	if hasBody || op.upload || strings.Contains(op.path, "{") {
		codes = append(codes, string(ticketing.CodeInvalidField))
	}
	if op.method != http.MethodGet && op.access.tag != tagTerminals {
		codes = append(codes, string(ticketing.CodeIdempotencyMismatch))
	}
	if op.rate != "" {
		codes = append(codes, string(ticketing.CodeRateLimited))
	}
	for _, code := range op.codes {
		codes = append(codes, string(code))
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// describeOperation says what the document says of an operation, less its
// parameters and its body.
func describeOperation[B, O any](a *api, op operation, status int) huma.Operation {
	registry := a.huma.OpenAPI().Components.Schemas
	described := huma.Operation{
		Method: op.method, Path: op.path, OperationID: op.id, Summary: op.summary, Description: op.describe,
		Tags: []string{op.access.tag}, Security: op.access.security, DefaultStatus: status,
		SkipValidateBody: true, Responses: map[string]*huma.Response{},
	}
	success := &huma.Response{Description: http.StatusText(status)}
	if !isNone[O]() {
		success.Content = map[string]*huma.MediaType{
			fiber.MIMEApplicationJSON: {Schema: registry.Schema(reflect.TypeFor[O](), true, op.id+"Answer")},
		}
	}
	described.Responses[strconv.Itoa(status)] = success
	for at, codes := range byStatus(ownCodes(op, !isNone[B]())) {
		described.Responses[strconv.Itoa(at)] = a.problemResponse(at, codes)
	}
	if op.versioned {
		documentVersion(&described, success)
	}
	if op.method != http.MethodGet && op.access.tag != tagTerminals { // terminals have nonces
		described.Parameters = append(described.Parameters, headerParam("Idempotency-Key", "Makes the write happen once; at most 200 bytes."))
		if op.access.tag == tagHouse {
			described.Parameters = append(described.Parameters, headerParam(HeaderOperator, "Who makes the change, for the audit; it grants nothing."))
		}
	}
	return described
}

// problemResponse is a refusal with one of codes.
func (a *api) problemResponse(status int, codes []string) *huma.Response {
	enum := make([]any, len(codes))
	for i, code := range codes {
		enum[i] = code
	}
	return &huma.Response{
		Description: statusText(status) + ": `" + strings.Join(codes, "`, `") + "`.",
		Content: map[string]*huma.MediaType{problemMediaType: {Schema: &huma.Schema{AllOf: []*huma.Schema{
			a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem"),
			{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"code": {Type: huma.TypeString, Enum: enum}}},
		}}}},
	}
}

func headerParam(name, text string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: text, Schema: &huma.Schema{Type: huma.TypeString}}
}

// byStatus groups codes by the status that they are answered with.
func byStatus(codes []string) map[int][]string {
	out := map[int][]string{}
	for _, code := range codes {
		at := ownStatus(code)
		if at == 0 {
			at = status(ticketing.Code(code))
		}
		out[at] = append(out[at], code)
	}
	return out
}

// documentBody writes the body into the document. It comes after the operation
// is registered, because huma would read a body that it knows of itself.
func documentBody[B any](a *api, op operation) {
	if op.upload {
		a.documented(op).RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			fiber.MIMEMultipartForm: {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"file"},
				Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: fmt.Sprintf("At most %d bytes, the whole body.", op.limit)}},
			}},
		}}
		return
	}
	if isNone[B]() {
		return
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, op.id+"Body")
	a.documented(op).RequestBody = &huma.RequestBody{
		Required: !op.bodyOptional,
		Content:  map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: schema, Example: op.example}},
	}
}

// documented is the operation in the document.
func (a *api) documented(op operation) *huma.Operation {
	item := a.huma.OpenAPI().Paths[op.path]
	switch op.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	return item.Post
}

// documentOperations serves the document and writes what is not mounted with
// handle into it. It comes last.
func (a *api) documentOperations() {
	a.document = sync.OnceValues(a.marshalDocument)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/openapi.json", id: "get-openapi", access: a.access.operations,
		summary: "This document",
	}, func(context.Context, *request[none, none]) (json.RawMessage, error) { return a.document() })
	for path, summary := range map[string]string{
		aliveRoute: "Whether the process answers", readyRoute: "Whether the process can do its work",
	} {
		text := map[string]*huma.MediaType{fiber.MIMETextPlain: {Schema: &huma.Schema{Type: huma.TypeString}}}
		op := &huma.Operation{
			Method: http.MethodGet, Path: path, OperationID: "get-" + strings.TrimPrefix(path, "/"), Summary: summary, Tags: []string{tagProcess},
			Responses: map[string]*huma.Response{"200": {Description: "It does.", Content: text}},
		}
		if path == readyRoute {
			op.Responses["503"] = a.problemResponse(fiber.StatusServiceUnavailable, []string{string(ticketing.CodeUnavailable)})
		}
		a.huma.OpenAPI().AddOperation(op)
	}
}

// marshalDocument drops what huma adds of its own, and writes the document down.
func (a *api) marshalDocument() ([]byte, error) {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(schemas, name)
	}
	for _, schema := range schemas { // no list is ever null
		for _, property := range schema.Properties {
			if property.Type == huma.TypeArray {
				property.Nullable = false
			}
		}
	}
	document, err := a.huma.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("marshal the document: %w", err)
	}
	return document, nil
}

// Document gives the OpenAPI document, for generating clients.
func Document() ([]byte, error) {
	a, err := newAPI(nil, Options{GatewayKeys: [][]byte{make([]byte, minKey)}})
	if err != nil {
		return nil, err
	}
	return a.document()
}

// orderExample is a booking for two, with numbers made up for the purpose.
func orderExample() any {
	person := func(name, kind, number, nationality string) map[string]any {
		doc := map[string]any{"type": kind, "number": number}
		if nationality != "" {
			doc["nationality"] = nationality
		}
		return map[string]any{"name": name, "phone": "13800000000", "document": doc}
	}
	return map[string]any{"pool": "main", "date": "2026-05-10", "positions": []any{
		person("王小明", "prc_id", "11010519491231002X", ""), person("Ada Lovelace", "passport", "AB123456", "GBR"),
	}}
}
