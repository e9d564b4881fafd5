package app

import (
	"context"

	goredis "github.com/redis/go-redis/v9"
)

// HushDrivers keeps go-redis from writing to standard error by itself, one
// unstructured line for each connection it fails to open: callers get the same
// as errors and log them once. It is a setting of the whole process; call it
// before anything starts.
func HushDrivers() { goredis.SetLogger(hushed{}) }

// hushed is a go-redis logger that says nothing.
type hushed struct{}

// Printf drops the line.
func (hushed) Printf(context.Context, string, ...any) {}
