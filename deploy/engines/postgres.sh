# shellcheck shell=bash
# PostgreSQL (FAIRGATE_TEST_POSTGRES), a cluster of its own in the work directory, TCP on loopback only.
# The DSN's user is a superuser, so that each test can create a database or schema of its own.

postgres_start() {
	local port bin as=() password
	pg_bin >/dev/null || apt_install postgresql
	bin=$(pg_bin)
	# The server refuses to run as root: then it runs as the user that Debian's package made.
	if [[ $(id -u) == 0 ]]; then
		as=(setpriv --reuid postgres --regid postgres --init-groups)
		install -d -o postgres -g postgres -m 700 "$work/postgres"
	else
		mkdir -m 700 "$work/postgres"
	fi
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	echo "$password" >"$work/postgres/password"
	free_port
	postgres_port=$port
	FAIRGATE_TEST_POSTGRES="postgres://fairgate:$password@127.0.0.1:$port/postgres?sslmode=disable"
	export FAIRGATE_TEST_POSTGRES
	"${as[@]}" "$bin/initdb" -D "$work/postgres/data" --username=fairgate --pwfile="$work/postgres/password" \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 ||
		{ tail -n 40 "$work/initdb.log" >&2; die "initdb failed (see above)"; }
	# fsync=off loses data only when the whole machine fails, and then this cluster is gone anyway.
	signals[postgres]=INT # a fast shutdown: it does not wait for clients
	start postgres "${as[@]}" "$bin/postgres" -D "$work/postgres/data" -c port="$port" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync=off
}

postgres_ready() {
	await postgres 30 "$(pg_bin)/pg_isready" -q -h 127.0.0.1 -p "$postgres_port" -U fairgate -d postgres
}

# pg_bin: the folder of the newest server installed; Debian keeps it out of PATH.
pg_bin() {
	local initdb
	initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
	[[ -n $initdb ]] || initdb=$(command -v initdb) || return 1
	dirname "$initdb"
}
