//go:build !linux

package spool

import "os"

// syncData puts the file on the disk.
func syncData(f *os.File) error { return f.Sync() }
