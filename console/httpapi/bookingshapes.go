package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// shapes are what the booking system's document says of its operations, as the
// console's document says it: below other paths, of other names, with the
// console's own ways of signing in.
type shapes struct {
	paths map[string]map[string]map[string]any
}

// schemaPrefix sets the booking system's schemas apart from the console's.
const schemaPrefix = "Ticketing"

// bookingShapes reads the booking system's document and adds the schemas that
// passages refer to. Without one the operations are described without shapes.
func bookingShapes(document []byte, schemas map[string]*huma.Schema) shapes {
	var d struct {
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas map[string]map[string]any }
	}
	if len(document) == 0 || json.Unmarshal(document, &d) != nil {
		return shapes{}
	}
	out := shapes{paths: d.Paths}
	wanted := map[string]bool{}
	for _, p := range passages() {
		out.refer(out.of(p), d.Components.Schemas, wanted)
	}
	for name := range wanted {
		schemas[schemaPrefix+name] = &huma.Schema{Extensions: d.Components.Schemas[name]}
	}
	return out
}

// of is what the booking system says of an operation; nil: nothing.
func (s shapes) of(p passage) map[string]any {
	return s.paths["/internal/v1/"+p.path][strings.ToLower(p.method)]
}

const schemaPath = "#/components/schemas/"

// refer finds the schemas that a part of the document refers to, those that they
// refer to, too, and gives the references their new names.
func (s shapes) refer(part any, schemas map[string]map[string]any, wanted map[string]bool) {
	switch v := part.(type) {
	case []any:
		for _, item := range v {
			s.refer(item, schemas, wanted)
		}
	case map[string]any:
		for key, item := range v {
			text, _ := item.(string)
			name, ok := strings.CutPrefix(text, schemaPath)
			if !ok || key != "$ref" {
				s.refer(item, schemas, wanted)
				continue
			}
			if strings.HasPrefix(name, schemaPrefix) && schemas[name] == nil {
				continue // has its new name
			}
			v[key] = schemaPath + schemaPrefix + name
			if !wanted[name] {
				wanted[name] = true
				s.refer(schemas[name], schemas, wanted)
			}
		}
	}
}

// describe says of an operation what the booking system's document does.
func (s shapes) describe(p passage) huma.Operation {
	op := huma.Operation{
		OperationID: "ticketing-" + p.id, Method: p.method, Path: ticketingPath + p.path, Tags: []string{"ticketing"},
		Summary: strings.ReplaceAll(p.id, "-", " "), Extensions: map[string]any{},
	}
	said := maps.Clone(s.of(p))
	if text, ok := said["summary"].(string); ok {
		op.Summary = text
	}
	if text, ok := said["description"].(string); ok {
		op.Description = text
	}
	parameters := []any{}
	given, _ := said["parameters"].([]any)
	for _, item := range given {
		if one, ok := item.(map[string]any); ok && one["name"] != "X-Operator" {
			parameters = append(parameters, one)
		}
	}
	if len(given) == 0 {
		for segment := range strings.SplitSeq(p.path, "/") {
			if name, ok := parameter(segment); ok {
				parameters = append(parameters, map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
			}
		}
	}
	if p.method != http.MethodGet {
		op.Description = strings.TrimSpace(op.Description + "\n\nThe change is made in the operator's name and audited, unless the body says dry_run.")
		parameters = append(parameters, map[string]any{
			"name": reasonHeader, "in": "header", "description": "Why, in 3 to 500 characters of percent-encoded UTF-8; not needed with dry_run.",
			"schema": map[string]any{"type": "string"},
		})
	}
	op.Extensions["parameters"] = parameters
	if answers, ok := said["responses"].(map[string]any); ok {
		delete(answers, "401") // is about the house's key, which operators have nothing to do with
	}
	for _, key := range []string{"requestBody", "responses"} {
		if v, ok := said[key]; ok {
			op.Extensions[key] = v
		}
	}
	return op
}
