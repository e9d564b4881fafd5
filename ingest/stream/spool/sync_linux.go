package spool

import (
	"errors"
	"os"
	"syscall"
)

// syncData puts the file's bytes on the disk, and of what the system knows about
// it only what is needed to find them again: not the time of the last change,
// which would cost a second write each time.
func syncData(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for {
			failed = syscall.Fdatasync(int(fd))
			if !errors.Is(failed, syscall.EINTR) {
				return
			}
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}
