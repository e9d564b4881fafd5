package gatewaybench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/cmd/internal/bench"
)

// redisServer is the Redis of a run, the bench's own or a given one.
type redisServer struct {
	addr    string
	version string
	client  goredis.UniversalClient
	process *process // nil: a given one
}

// openRedis connects to addr or, without one, starts a server in dir.
func openRedis(ctx context.Context, addr, dir string, log io.Writer) (s *redisServer, err error) {
	s = &redisServer{addr: addr}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if addr == "" {
		if s.process, err = startRedis(ctx, dir, log); err != nil {
			return s, err
		}
		s.addr = s.process.addr
	}
	s.client = newRedis(s.addr)
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = s.client.Ping(wait).Err(); err == nil {
			break
		}
		select {
		case <-tick.C:
		case <-wait.Done():
			return s, fmt.Errorf("redis at %s does not answer: %w", s.addr, err)
		}
	}
	info, err := s.info(ctx, "server")
	s.version = info["redis_version"]
	return s, err
}

func startRedis(ctx context.Context, dir string, log io.Writer) (*process, error) {
	exe, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("no Redis server is installed: apt-get install redis-server, or give --redis HOST:PORT")
	}
	addr, err := bench.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(ctx, exe, "--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--appendonly", "no", //nolint:gosec // the installed server
		"--daemonize", "no", "--loglevel", "warning", "--logfile", filepath.Join(dir, "redis.log"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	return &process{name: "redis", addr: addr, cmd: cmd, stdin: io.NopCloser(nil)}, nil
}

func (s *redisServer) close() error {
	var errs []error
	if s.client != nil {
		errs = append(errs, s.client.Close())
	}
	if s.process != nil {
		errs = append(errs, s.process.stop())
	}
	return errors.Join(errs...)
}

// redisFigures are Redis's own at one moment.
type redisFigures struct {
	cpu      time.Duration
	commands int64
}

func (s *redisServer) figures(ctx context.Context) (redisFigures, error) {
	cpu, err := s.info(ctx, "cpu")
	if err != nil {
		return redisFigures{}, err
	}
	stats, err := s.info(ctx, "stats")
	if err != nil {
		return redisFigures{}, err
	}
	user, uerr := strconv.ParseFloat(cpu["used_cpu_user"], 64)
	system, serr := strconv.ParseFloat(cpu["used_cpu_sys"], 64)
	commands, cerr := strconv.ParseInt(stats["total_commands_processed"], 10, 64)
	if err := errors.Join(uerr, serr, cerr); err != nil {
		return redisFigures{}, fmt.Errorf("redis figures: %w", err)
	}
	return redisFigures{cpu: time.Duration((user + system) * float64(time.Second)), commands: commands}, nil
}

func (s *redisServer) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := s.client.Info(ctx, section).Result()
	if err != nil {
		return nil, fmt.Errorf("redis info: %w", err)
	}
	return parseInfo(text), nil
}

// parseInfo reads the lines "name:value" of INFO.
func parseInfo(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			out[name] = value
		}
	}
	return out
}
