# shellcheck shell=bash
# Redis, alone (FAIRGATE_TEST_REDIS) and as a cluster of three masters (FAIRGATE_TEST_REDIS_CLUSTER).

redis_start() {
	need redis-server redis-server
	need redis-cli redis-tools
	local node port nodes=()
	free_port
	redis_port=$port
	redis_node redis "$redis_port" --appendonly yes --appendfsync everysec
	for node in 1 2 3; do
		free_port
		nodes+=("127.0.0.1:$port")
		redis_node "redis-cluster-$node" "$port" --cluster-enabled yes --cluster-config-file nodes.conf
	done
	redis_nodes=("${nodes[@]}")
}

redis_node() {
	mkdir "$work/$1"
	start "$1" redis-server --bind 127.0.0.1 --port "$2" --dir "$work/$1" --daemonize no --save '' "${@:3}"
}

redis_ready() {
	local node
	await redis 20 redis-cli -h 127.0.0.1 -p "$redis_port" ping
	for node in 1 2 3; do
		await "redis-cluster-$node" 20 redis-cli -h 127.0.0.1 -p "${redis_nodes[node - 1]#*:}" ping
	done
	redis-cli --cluster create "${redis_nodes[@]}" --cluster-yes >"$work/redis-cluster.log" 2>&1 ||
		{ tail -n 40 "$work/redis-cluster.log" >&2; die "the Redis cluster could not be formed (see above)"; }
	for node in 1 2 3; do
		await "redis-cluster-$node" 20 redis_covers_all_slots "${redis_nodes[node - 1]#*:}"
	done
	FAIRGATE_TEST_REDIS=127.0.0.1:$redis_port
	FAIRGATE_TEST_REDIS_CLUSTER=$(IFS=,; echo "${redis_nodes[*]}")
	export FAIRGATE_TEST_REDIS FAIRGATE_TEST_REDIS_CLUSTER
}

redis_covers_all_slots() { redis-cli -h 127.0.0.1 -p "$1" cluster info | grep -q 'cluster_state:ok'; }
