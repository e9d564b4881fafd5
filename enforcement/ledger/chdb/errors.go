package chdb

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// Codes of ClickHouse's errors that the endpoint answers with by itself. Their
// numbers are ClickHouse's (src/Common/ErrorCodes.cpp).
const (
	codeBadArguments       = 36
	codeTooManyQueries     = 202
	codeTooManyBytes       = 307
	codeAuthenticationFail = 516
	codeUnknown            = 1002
)

// exceptionCodeHeader is where a client reads the code of a failed request.
const exceptionCodeHeader = "X-ClickHouse-Exception-Code"

// engineError is a failure in ClickHouse's terms: a code and a text that
// starts "Code: N.".
type engineError struct {
	status int // HTTP status
	code   int
	text   string
}

// Error returns the text as ClickHouse words it.
func (e *engineError) Error() string { return e.text }

var codePrefix = regexp.MustCompile(`^Code:\s*(\d+)\.`)

// newEngineError reads the code from the engine's text, and puts one before it
// where the engine gave none.
func newEngineError(text string) *engineError {
	if match := codePrefix.FindStringSubmatch(text); match != nil {
		if code, err := strconv.Atoi(match[1]); err == nil {
			return &engineError{status: http.StatusInternalServerError, code: code, text: text}
		}
	}
	return refusal(http.StatusInternalServerError, codeUnknown, text)
}

// refusal is an error of the endpoint itself, worded as ClickHouse does.
func refusal(status, code int, text string) *engineError {
	return &engineError{status: status, code: code, text: fmt.Sprintf("Code: %d. DB::Exception: %s", code, text)}
}
