package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// engine is the loaded library: the part of libchdb's C interface (chdb.h)
// that the endpoint uses. It is safe for concurrent use; a conn is not.
type engine struct {
	connect        func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn      func(conn unsafe.Pointer)
	queryParams    func(conn, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	insert         func(conn, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr) unsafe.Pointer
	insertAppend   func(stream, data unsafe.Pointer, size uintptr) int32
	insertDone     func(stream unsafe.Pointer) unsafe.Pointer
	insertCancel   func(stream unsafe.Pointer)
	insertError    func(stream unsafe.Pointer) string
	insertDestroy  func(stream unsafe.Pointer)
	resultBuffer   func(result unsafe.Pointer) unsafe.Pointer
	resultLength   func(result unsafe.Pointer) uintptr
	resultError    func(result unsafe.Pointer) string
	destroyResult  func(result unsafe.Pointer)
	signalHandlers func(enabled int32)
}

// loadEngine opens the library at path and binds its functions. The engine's
// own signal handlers are switched off before any connection exists: with them
// a nil dereference in Go hangs the process for minutes. The library resets
// the fatal signals to their defaults instead, so a nil dereference here ends
// the process, which the supervisor then restarts.
func loadEngine(path string) (*engine, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load libchdb %q: %w", path, err)
	}
	e := &engine{}
	for name, target := range map[string]any{
		"chdb_connect":                     &e.connect,
		"chdb_close_conn":                  &e.closeConn,
		"chdb_query_with_params_n":         &e.queryParams,
		"chdb_stream_insert_n":             &e.insert,
		"chdb_stream_append":               &e.insertAppend,
		"chdb_stream_done":                 &e.insertDone,
		"chdb_stream_cancel_insert":        &e.insertCancel,
		"chdb_stream_insert_error":         &e.insertError,
		"chdb_destroy_insert_stream":       &e.insertDestroy,
		"chdb_result_buffer":               &e.resultBuffer,
		"chdb_result_length":               &e.resultLength,
		"chdb_result_error":                &e.resultError,
		"chdb_destroy_query_result":        &e.destroyResult,
		"chdb_set_signal_handlers_enabled": &e.signalHandlers,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load libchdb %q: %s is missing (version %s is expected): %w", path, name, PackageVersion, err)
		}
		purego.RegisterFunc(target, symbol)
	}
	e.signalHandlers(0)
	return e, nil
}

// errNotOpened is the library's only answer when a path cannot be opened,
// for instance because another process has it.
var errNotOpened = errors.New("libchdb refused to open the data directory (another process may have it)")

// conn is one connection. The engine serialises the queries of a connection;
// several connections on one path run in parallel.
type conn struct {
	engine   *engine
	handle   unsafe.Pointer // chdb_connection*, owned
	database string         // the database in use, "" before the first USE
}

// open makes a connection to the data directory at path.
func (e *engine) open(path string) (*conn, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	args := []string{"clickhouse", "--path=" + path}
	argv := make([]unsafe.Pointer, len(args)+1)
	for i, arg := range args {
		text := append([]byte(arg), 0)
		pin.Pin(&text[0])
		argv[i] = unsafe.Pointer(&text[0])
	}
	handle := e.connect(int32(len(args)), unsafe.Pointer(&argv[0])) //nolint:gosec // two
	runtime.KeepAlive(argv)
	if handle == nil || *(*unsafe.Pointer)(handle) == nil {
		return nil, fmt.Errorf("open %q: %w", path, errNotOpened)
	}
	return &conn{engine: e, handle: handle}, nil
}

// close ends the connection. The last one to close stops the engine.
func (c *conn) close() {
	c.engine.closeConn(c.handle)
	c.handle = nil
}

// inner is the chdb_connection that the query functions take.
func (c *conn) inner() unsafe.Pointer { return *(*unsafe.Pointer)(c.handle) }

// query runs one statement with its named parameters and returns the result in
// the given format, copied out of the engine's memory. A failure in the engine
// is an *engineError.
func (c *conn) query(statement, format string, params map[string]string) ([]byte, error) {
	var names, values stringArray
	for name, value := range params {
		names.add(name)
		values.add(value)
	}
	defer names.release()
	defer values.release()
	text, form := []byte(statement), []byte(format)
	result := c.engine.queryParams(c.inner(),
		bytesPointer(text), uintptr(len(text)), bytesPointer(form), uintptr(len(form)),
		names.pointers(), names.lengths(), values.pointers(), values.lengths(), uintptr(len(params)))
	runtime.KeepAlive(text)
	runtime.KeepAlive(form)
	return c.engine.take(result)
}

// insertData sends data, rows in the given format, into an INSERT statement
// without its FORMAT clause. The rows are stored when it returns nil.
func (c *conn) insertData(statement, format string, data []byte) error {
	text, form := []byte(statement), []byte(format)
	stream := c.engine.insert(c.inner(), bytesPointer(text), uintptr(len(text)), bytesPointer(form), uintptr(len(form)))
	runtime.KeepAlive(text)
	runtime.KeepAlive(form)
	defer c.engine.insertDestroy(stream)
	if message := c.engine.insertError(stream); message != "" {
		return newEngineError(message)
	}
	status := c.engine.insertAppend(stream, bytesPointer(data), uintptr(len(data)))
	runtime.KeepAlive(data)
	if status != 0 {
		message := c.engine.insertError(stream)
		c.engine.insertCancel(stream)
		return newEngineError(message)
	}
	_, err := c.engine.take(c.engine.insertDone(stream))
	return err
}

// take copies a result's bytes out and destroys it; error results too, or half
// a megabyte leaks with each.
func (e *engine) take(result unsafe.Pointer) ([]byte, error) {
	if result == nil {
		return nil, newEngineError("the engine gave no result")
	}
	defer e.destroyResult(result)
	if message := e.resultError(result); message != "" {
		return nil, newEngineError(message)
	}
	length := e.resultLength(result)
	if length == 0 {
		return nil, nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(e.resultBuffer(result)), length)...), nil
}

// stringArray is a C array of strings with explicit lengths, pinned while the
// engine may read it.
type stringArray struct {
	pin   runtime.Pinner
	texts []unsafe.Pointer
	sizes []uintptr
}

func (a *stringArray) add(text string) {
	data := append([]byte(text), 0)
	a.pin.Pin(&data[0])
	a.texts = append(a.texts, unsafe.Pointer(&data[0]))
	a.sizes = append(a.sizes, uintptr(len(text)))
}

func (a *stringArray) pointers() unsafe.Pointer {
	if len(a.texts) == 0 {
		return nil
	}
	return unsafe.Pointer(&a.texts[0])
}

func (a *stringArray) lengths() unsafe.Pointer {
	if len(a.sizes) == 0 {
		return nil
	}
	return unsafe.Pointer(&a.sizes[0])
}

func (a *stringArray) release() {
	runtime.KeepAlive(a.texts)
	runtime.KeepAlive(a.sizes)
	a.pin.Unpin()
}

func bytesPointer(data []byte) unsafe.Pointer {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Pointer(&data[0])
}
