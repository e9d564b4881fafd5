package chdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is one running child.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	report chan childReport // the child's first line; closed without one when it had none
	ended  chan struct{}    // closed when the child is gone
	err    error            // how it ended; to be read after ended
}

// startProcess starts argv with the listening socket and its configuration. It
// must be called on an OS thread that lives as long as the child: on Linux the
// child is killed with that thread.
func startProcess(argv []string, listener *os.File, config childConfig, stderr io.Writer) (*process, error) {
	line, err := json.Marshal(config) //nolint:gosec // goes to the child's standard input and nowhere else
	if err != nil {
		return nil, fmt.Errorf("encode the child's configuration: %w", err)
	}
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // argv is this very program; it ends by stop
	cmd.Stderr = stderr
	cmd.ExtraFiles = []*os.File{listener} // becomes listenerFD
	cmd.SysProcAttr = processAttributes()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make the child's standard input: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make the child's standard output: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %q: %w", argv[0], err)
	}
	p := &process{cmd: cmd, stdin: stdin, report: make(chan childReport, 1), ended: make(chan struct{})}
	go p.watch(stdout)
	// A child that is gone already says so when its readiness is awaited.
	_, _ = stdin.Write(append(line, '\n'))
	return p, nil
}

// watch reads the child's report and collects its end.
func (p *process) watch(stdout io.Reader) {
	defer close(p.ended)
	lines := bufio.NewReader(stdout)
	var report childReport
	if line, err := lines.ReadBytes('\n'); err == nil && json.Unmarshal(line, &report) == nil {
		p.report <- report
	}
	close(p.report)
	_, _ = io.Copy(io.Discard, lines)
	p.err = p.cmd.Wait()
}

// awaitReady waits for the child's report.
func (p *process) awaitReady(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case report, ok := <-p.report:
		switch {
		case !ok:
			<-p.ended
			return fmt.Errorf("the child ended before it was ready: %w", p.exit())
		case report.Error != "":
			return errors.New(report.Error)
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("the child was not ready within %s", wait)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop asks the child to end by closing its standard input, and kills it when
// it has not within wait.
func (p *process) stop(wait time.Duration) error {
	_ = p.stdin.Close()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-p.ended:
		return p.err
	case <-timer.C:
		p.kill()
		return fmt.Errorf("the child did not end within %s and was killed", wait)
	}
}

// kill ends the child at once and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// exit tells how the child ended, also when it ended without an error.
func (p *process) exit() error {
	if p.err != nil {
		return p.err
	}
	return errors.New("exit status 0")
}
