package chdb

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// handler answers ClickHouse's HTTP interface: POST / with the statement in
// the body, or in the URL's `query` with an INSERT's rows in the body; `param_*`
// are the statement's parameters and other URL keys settings for it. GET /ping
// tells that the endpoint is up.
type handler struct {
	users       []user
	settings    map[string]string // what a setting goes back to after a request
	maxBody     int64             // bytes
	acquireWait time.Duration
	logger      *slog.Logger
}

// user is one name with its secret and its own connections.
type user struct {
	name   string
	secret [sha256.Size]byte
	pool   *pool
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		_, _ = io.WriteString(w, "Ok.\n")
		return
	}
	body, err := h.answer(w, r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil { //nolint:gosec // a database's result, never a page
		h.logger.DebugContext(r.Context(), "client left before the result was written", "error", err)
	}
}

// answer runs the request and returns the response's body.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	who, ok := h.authenticate(r)
	if !ok {
		return nil, refusal(http.StatusForbidden, codeAuthenticationFail, "Authentication failed: the user or its secret is wrong. (AUTHENTICATION_FAILED)")
	}
	request, err := h.read(w, r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.acquireWait)
	defer cancel()
	var out []byte
	err = who.pool.with(ctx, func(c *conn) (bool, error) {
		if err := c.use(request.database); err != nil {
			return true, err
		}
		if err := c.set(request.settings); err != nil {
			return false, err
		}
		var runErr error
		out, runErr = request.run(c)
		return h.restore(c, request.settings), runErr
	})
	if err != nil {
		return nil, err
	}
	return recode(out, request.revision)
}

// restore takes a request's settings back. It reports whether the connection
// can be used further.
func (h *handler) restore(c *conn, applied []setting) bool {
	if len(applied) == 0 {
		return true
	}
	clauses := make([]string, 0, len(applied))
	for _, s := range applied {
		value := "DEFAULT"
		if base, ok := h.settings[s.name]; ok {
			value = quote(base)
		}
		clauses = append(clauses, s.name+" = "+value)
	}
	_, err := c.query("SET "+strings.Join(clauses, ", "), "Null", nil)
	return err == nil
}

// authenticate finds the user by name and secret, given by header or by basic
// authentication. The comparison takes the same time whatever was sent.
func (h *handler) authenticate(r *http.Request) (user, bool) {
	name, key := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	if key == "" {
		if basicName, basicKey, ok := r.BasicAuth(); ok {
			name, key = basicName, basicKey
		}
	}
	given := sha256.Sum256([]byte(key))
	var found user
	matched := 0
	for _, u := range h.users {
		equal := subtle.ConstantTimeCompare(given[:], u.secret[:]) & subtle.ConstantTimeCompare([]byte(name), []byte(u.name))
		if equal == 1 {
			found = u
		}
		matched |= equal
	}
	return found, matched == 1
}

// request is one decoded request.
type request struct {
	statement string
	data      []byte // an INSERT's rows
	insert    bool
	format    string
	database  string
	revision  uint64 // of the client's protocol; 0 when it named none
	params    map[string]string
	settings  []setting
}

// run executes the request on a connection.
func (q *request) run(c *conn) ([]byte, error) {
	if q.insert {
		return nil, c.insertData(q.statement, q.format, q.data)
	}
	return c.query(q.statement, q.format, q.params)
}

// read decodes a request and checks what can be checked without the engine.
func (h *handler) read(w http.ResponseWriter, r *http.Request) (*request, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, refusal(http.StatusMethodNotAllowed, codeBadArguments, fmt.Sprintf("the method %q is not supported", r.Method))
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, refusal(http.StatusBadRequest, codeBadArguments, fmt.Sprintf("Content-Encoding %q is not supported: send the body as it is", encoding))
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, refusal(http.StatusBadRequest, codeBadArguments, "external tables are not supported")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBody))
	if err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, refusal(http.StatusRequestEntityTooLarge, codeTooManyBytes, fmt.Sprintf("the body is larger than %d bytes (TOO_MANY_BYTES)", tooLarge.Limit))
		}
		return nil, fmt.Errorf("read the request's body: %w", err)
	}
	q := &request{format: "TabSeparated", database: "default"}
	if err := q.readKeys(r.URL.Query()); err != nil {
		return nil, err
	}
	return q, q.readStatement(r.URL.Query().Get("query"), body)
}

// readStatement tells a statement in the body from one in the URL.
func (q *request) readStatement(inURL string, body []byte) error {
	if inURL == "" {
		q.statement = string(body)
	} else if len(body) == 0 {
		q.statement = inURL
	} else {
		bare, format, ok := splitInsert(inURL)
		if !ok {
			return refusal(http.StatusBadRequest, codeBadArguments, "a statement in the URL with a body beside it must be an INSERT that names its FORMAT")
		}
		q.insert, q.statement, q.format, q.data = true, bare, format, body
		if len(q.params) > 0 {
			return refusal(http.StatusBadRequest, codeBadArguments, "parameters in an INSERT with data are not supported")
		}
	}
	if strings.TrimSpace(q.statement) == "" {
		return refusal(http.StatusBadRequest, codeBadArguments, "the statement is empty")
	}
	return nil
}

// readKeys sorts the URL's keys into parameters, settings and those of the
// interface itself.
func (q *request) readKeys(keys url.Values) error {
	q.params = map[string]string{}
	for key := range keys {
		value := keys.Get(key)
		switch {
		case strings.HasPrefix(key, "param_"):
			q.params[strings.TrimPrefix(key, "param_")] = value
		case key == "default_format":
			q.format = value
		case key == "database":
			if value != "" {
				q.database = value
			}
		case key == "client_protocol_version":
			revision, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return refusal(http.StatusBadRequest, codeBadArguments, fmt.Sprintf("client_protocol_version %q is not a number", value))
			}
			q.revision = revision
		case key == "compress" || key == "decompress":
			if value != "0" && value != "" {
				return refusal(http.StatusBadRequest, codeBadArguments, "compression is not supported")
			}
		case interfaceKeys[key]:
		case settingName.MatchString(key):
			q.settings = append(q.settings, setting{key, value})
		default:
			return refusal(http.StatusBadRequest, codeBadArguments, fmt.Sprintf("the URL key %q is not known", key))
		}
	}
	if q.format != "Native" {
		q.revision = 0
	}
	return nil
}

// refuse writes an error as ClickHouse does: a status, the code in a header,
// and a text that starts with it.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *engineError
	switch {
	case errors.As(err, &known):
	case errors.Is(err, errBusy):
		known = refusal(http.StatusServiceUnavailable, codeTooManyQueries, "all connections are busy (TOO_MANY_SIMULTANEOUS_QUERIES)")
	default:
		known = newEngineError(err.Error())
	}
	h.logger.DebugContext(r.Context(), "request refused", "code", known.code, "status", known.status)
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.Header().Set(exceptionCodeHeader, strconv.Itoa(known.code))
	w.WriteHeader(known.status)
	_, _ = io.WriteString(w, known.text+"\n")
}

// interfaceKeys are URL keys of the HTTP interface that are neither settings
// nor of use here.
var interfaceKeys = map[string]bool{
	"query": true, "query_id": true, "quota_key": true, "session_id": true,
	"session_timeout": true, "session_check": true, "wait_end_of_query": true,
	"buffer_size": true, "network_compression_method": true, "role": true,
}
