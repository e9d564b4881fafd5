package chdb

import "syscall"

// processAttributes have the kernel kill the child with its parent, and keep a
// Ctrl-C at the terminal from it: the parent ends it after its own writers.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
