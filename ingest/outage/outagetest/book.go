// Package outagetest lets tests read what was said about an outage, under a
// clock that they set. It stands beside the tests and is in no program.
package outagetest

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Book keeps the lines of a logger, and a clock that stands still until Add.
// It is safe for concurrent use.
type Book struct {
	mu    sync.Mutex
	now   time.Time
	lines []slog.Record
}

// New returns an empty Book.
func New() *Book { return &Book{now: time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)} }

// Logger writes into the book.
func (b *Book) Logger() *slog.Logger { return slog.New(handler{b}) }

// Now is the book's clock.
func (b *Book) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// Add moves the clock on.
func (b *Book) Add(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// Count is how many lines have the message.
func (b *Book) Count(message string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, line := range b.lines {
		if line.Message == message {
			n++
		}
	}
	return n
}

// Last returns the attributes of the latest line with the message.
func (b *Book) Last(message string) map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	attrs := map[string]any{}
	for _, line := range b.lines {
		if line.Message == message {
			clear(attrs)
			line.Attrs(func(a slog.Attr) bool { attrs[a.Key] = a.Value.Any(); return true })
		}
	}
	return attrs
}

// handler is a Book as a slog.Handler; groups and shared attributes are left
// out.
type handler struct{ book *Book }

// Enabled takes every level.
func (handler) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps the line.
func (h handler) Handle(_ context.Context, r slog.Record) error {
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	h.book.lines = append(h.book.lines, r.Clone())
	return nil
}

// WithAttrs returns the same handler.
func (h handler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup returns the same handler.
func (h handler) WithGroup(string) slog.Handler { return h }
