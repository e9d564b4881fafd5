package gateway

import "net/http"

// refusal is a request that the gateway answers itself because of its form.
// It is an error so that a step can return it.
type refusal struct {
	status int
	code   string // machine-readable; also the metric's label, so one of the constants below
	detail string // what was wrong and where
	field  string // the header, parameter or JSON path at fault, or empty
}

func (r *refusal) Error() string { return r.code + ": " + r.detail }

// Codes of malformed requests: the bounded label of refused_total.
const (
	codeBadTarget       = "bad_target"
	codeBadHeader       = "bad_header"
	codeDuplicateHeader = "duplicate_header"
	codeFraming         = "ambiguous_framing"
	codeMethodOverride  = "method_override"
	codeEncoding        = "unsupported_encoding"
	codeBadJSON         = "malformed_json"
	codeDuplicateKey    = "duplicate_key"
	codeBadForm         = "malformed_form"
	codeBodyTooLarge    = "body_too_large"
	codeTooManyDocs     = "too_many_documents"
	codeUnknownRoute    = "unknown_route"
	codeMethod          = "method_not_allowed"
	codeMalformed       = "malformed_request"
	codeBeacon          = "beacon"
)

func badRequest(code, field, detail string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, field: field, detail: detail}
}
