//go:build !linux

package chdb

import "syscall"

// processAttributes keep a Ctrl-C at the terminal from the child: the parent
// ends it after its own writers. The child notices a dead parent by the end of
// its standard input.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
