//go:build !linux

package gatewaybench

import "syscall"

// dieWithParent keeps a Ctrl-C at the terminal from the process, which the
// bench ends itself; no system but Linux ends it with its parent.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
