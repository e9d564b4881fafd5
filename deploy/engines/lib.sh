# shellcheck shell=bash
# What the engines' scripts share: messages, Debian packages, free ports, waiting, stopping. Sourced by run.

say() { printf 'engines: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# need COMMAND PACKAGE: installs PACKAGE from Debian when COMMAND is absent.
need() { command -v "$1" >/dev/null || apt_install "$2"; }

# apt_install PACKAGE: only root can; the package lists are brought up to date once a run.
apt_updated=
apt_install() {
	local how="install $1 (a Debian package) and run this again" failed='' placed='' policy=/usr/sbin/policy-rc.d
	command -v apt-get >/dev/null || die "something is missing: $how"
	[[ $(id -u) == 0 ]] || die "something is missing that only root can install: $how"
	say "installing $1 ..."
	if [[ -z $apt_updated ]]; then
		apt-get update -q >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; die "apt-get update failed"; }
		apt_updated=yes
	fi
	# A package must not start a service of its own: the engines of a test run are this script's alone.
	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && placed=yes
	fi
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$1" >"$work/apt.log" 2>&1 || failed=yes
	[[ -z $placed ]] || rm -f "$policy"
	[[ -z $failed ]] || { tail -n 20 "$work/apt.log" >&2; die "apt-get install $1 failed (see above)"; }
}

# free_port: sets $port to a loopback port nobody listens on, below the kernel's ephemeral range so that
# a test that asks for port 0 never gets it, and low enough that Redis's bus port (+10000) is valid too.
declare -A ports_taken=()
free_port() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		port=$((20000 + RANDOM % 2700))
		[[ -z ${ports_taken[$port]:-} ]] || continue
		if ! listening "$port" && ! listening $((port + 10000)); then
			ports_taken[$port]=yes
			return
		fi
	done
	die "no free loopback port between 20000 and 22700"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start NAME COMMAND…: runs COMMAND in the background, its output in $work/NAME.log, its pid remembered.
declare -A pids=() signals=()
start() {
	local name=$1
	shift
	"$@" >"$work/$name.log" 2>&1 </dev/null &
	pids[$name]=$!
}

# await NAME SECONDS COMMAND…: repeats COMMAND until it succeeds; when time runs out or the engine has
# died, prints the end of its log and gives up.
await() {
	local name=$1 deadline=$((SECONDS + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! kill -0 "${pids[$name]}" 2>/dev/null; then
			tail -n 40 "$work/$name.log" >&2
			die "$name died while starting (the end of its log is above)"
		fi
		if ((SECONDS >= deadline)); then
			tail -n 40 "$work/$name.log" >&2
			die "$name did not come up in time (the end of its log is above)"
		fi
		sleep 0.2
	done
}

# stop_all: ends exactly what was begun here, by pid, politely first, 15 seconds later by force.
stop_all() {
	local name deadline=$((SECONDS + 15))
	for name in "${!pids[@]}"; do
		kill -s "${signals[$name]:-TERM}" "${pids[$name]}" 2>/dev/null || true
	done
	for name in "${!pids[@]}"; do
		while kill -0 "${pids[$name]}" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
		kill -KILL "${pids[$name]}" 2>/dev/null || true
		wait "${pids[$name]}" 2>/dev/null || true
	done
	pids=()
}
