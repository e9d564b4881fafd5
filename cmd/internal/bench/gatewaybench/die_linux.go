package gatewaybench

import "syscall"

// dieWithParent has the kernel end a process that cannot watch for its parent.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
