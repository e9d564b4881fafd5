package app

import (
	"fmt"
	"os"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest/pulse"
	pulses "fairgate/ingest/pulse/redis"
)

// givePulse has the process say once a second that it lives, and what fill adds.
func givePulse(s *Stack, e Env, client goredis.UniversalClient, role pulse.Role, name string, fill func(*pulse.Record)) {
	p := pulse.NewPublisher(pulses.New(client, e.Config.Site, e.Now), pulse.Identity{Role: role, Name: name, Version: e.Version},
		pulse.Options{Fill: fill, Now: e.Now, Log: e.Log})
	s.Go(string(role)+" sign of life", p.Run)
}

// host names the processes of a role that have no name of their own: there may be
// several of a role on a machine.
func host() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "unnamed"
	}
	return fmt.Sprintf("%s-%d", name, os.Getpid())
}
