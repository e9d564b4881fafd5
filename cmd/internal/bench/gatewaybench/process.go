package gatewaybench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running part.
type process struct {
	name  string
	addr  string // host:port
	cmd   *exec.Cmd
	stdin io.Closer
}

// startPart starts the own binary in a role and waits for its announcement.
func startPart(ctx context.Context, exe string, name string, env []string, log io.Writer, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, exe, append([]string{"bench", "part"}, args...)...) //nolint:gosec // our own binary
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, stdin: stdin}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), announcement); ok {
			p.addr = addr
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("start %s: it ended before it listened", name), p.stop())
}

// stop ends the process in order and waits for it.
func (p *process) stop() error {
	_ = p.stdin.Close()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	late := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	// How it ended is of no interest: it was told to.
	_ = p.cmd.Wait()
	return nil
}

// toggleProfile begins or ends the CPU profile of a gateway.
func (p *process) toggleProfile() error { return p.cmd.Process.Signal(syscall.SIGUSR1) }

// ticksPerSecond is the unit of /proc/PID/stat on every Linux (USER_HZ).
const ticksPerSecond = 100

// cpu is the time that the process has spent on CPUs, user and system.
func (p *process) cpu() (time.Duration, error) {
	spent, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return 0, fmt.Errorf("CPU time of %s: %w", p.name, err)
	}
	return spent, nil
}

func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	return parseStat(string(stat))
}

// parseStat reads utime and stime, fields 14 and 15 of proc(5)'s stat. The
// second field is a name in parentheses that may itself hold anything.
func parseStat(stat string) (time.Duration, error) {
	end := strings.LastIndexByte(stat, ')')
	fields := strings.Fields(stat[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("CPU time: %.60q is not a line of /proc/PID/stat", stat)
	}
	user, uerr := strconv.ParseUint(fields[11], 10, 63)
	system, serr := strconv.ParseUint(fields[12], 10, 63)
	if err := errors.Join(uerr, serr); err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	return time.Duration(user+system) * (time.Second / ticksPerSecond), nil //nolint:gosec // parsed to fit
}
