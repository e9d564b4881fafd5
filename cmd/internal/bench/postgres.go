// Package bench measures the service as its users meet it: real engines, real
// HTTP, an open-loop load, and a kill in the middle.
//
// It owns the load and the arithmetic. What it measures runs as processes of
// its own, so that they can be killed and so that their cost is theirs.
package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
)

// Postgres is a server of the bench's own, with the defaults that matter for
// durability left on.
type Postgres struct {
	DSN string
	cmd *exec.Cmd
	dir string
}

// StartPostgres makes a cluster in a temporary directory and starts it on a
// free loopback port. As root it runs as the user postgres, which Debian's
// package makes, because the server refuses root. On an error nothing of it is
// left.
func StartPostgres(ctx context.Context) (p *Postgres, err error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fairgate-bench-pg-")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	p = &Postgres{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Stop())
		}
	}()
	credential, err := serverUser(dir)
	if err != nil {
		return p, err
	}
	addr, err := FreeAddress(ctx)
	if err != nil {
		return p, err
	}
	_, port, _ := net.SplitHostPort(addr)
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...) //nolint:gosec // the installed server
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
		return cmd
	}
	if out, err := run("initdb", "-D", data, "-U", "fairgate", "--auth=trust", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return p, fmt.Errorf("initdb: %w: %.300s", err, out)
	}
	p.cmd = run("postgres", "-D", data, "-p", port, "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "shared_buffers=256MB", "-c", "logging_collector=off")
	if err := p.cmd.Start(); err != nil {
		return p, fmt.Errorf("start postgres: %w", err)
	}
	p.DSN = "postgres://fairgate@" + addr + "/postgres?sslmode=disable"
	return p, p.ready(ctx)
}

// postgresBin finds the newest installed server.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.Sort(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed: apt-get install postgresql, or give --dsn")
	}
	return filepath.Dir(path), nil
}

// serverUser is who the server runs as, and gives them the directory; nil: as
// we do.
func serverUser(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("postgres does not run as root: %w", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uerr, gerr); err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, fmt.Errorf("give the directory to postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (p *Postgres) ready(ctx context.Context) error {
	db, err := sql.Open("pgx", p.DSN)
	if err != nil {
		return fmt.Errorf("open postgres: %w", err)
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("postgres did not come up: %w", err)
		}
	}
}

// Stop ends the server and removes its data.
func (p *Postgres) Stop() error {
	var err error
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = p.cmd.Wait()
	}
	if p.dir != "" {
		err = os.RemoveAll(p.dir)
	}
	return err
}

// FreeAddress asks the system for a loopback address that is free now.
func FreeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String(), nil
}
