# shellcheck shell=bash
# Apache Kafka (FAIRGATE_TEST_KAFKA): one JVM that is broker and controller (KRaft), topics made on request only.

kafka_start() {
	local port controller jars=$root/.cache/engines/kafka id
	need java default-jre-headless
	kafka_fetch "$jars"
	free_port
	kafka_port=$port
	free_port
	controller=$port
	mkdir "$work/kafka"
	cat >"$work/kafka/server.properties" <<-END
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$controller
		controller.listener.names=CONTROLLER
		listeners=BROKER://127.0.0.1:$kafka_port,CONTROLLER://127.0.0.1:$controller
		advertised.listeners=BROKER://127.0.0.1:$kafka_port
		inter.broker.listener.name=BROKER
		listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
		log.dirs=$work/kafka/data
		auto.create.topics.enable=false
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=3
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		group.initial.rebalance.delay.ms=0
	END
	# A cluster id is 16 bytes in URL-safe base64. One in 64 would begin with a dash and be taken for an option.
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
	id=F${id:1}
	java -Xmx128m -cp "$jars/*" kafka.tools.StorageTool format -t "$id" -c "$work/kafka/server.properties" \
		>"$work/kafka-format.log" 2>&1 ||
		{ tail -n 40 "$work/kafka-format.log" >&2; die "Kafka's storage could not be formatted (see above)"; }
	start kafka java -Xms256m -Xmx512m -XX:+UseSerialGC -cp "$jars/*" kafka.Kafka "$work/kafka/server.properties"
}

kafka_ready() {
	# The listener opens once the broker has registered; "Kafka Server started" is its last step.
	await kafka 90 grep -q 'Kafka Server started' "$work/kafka.log"
	await kafka 10 listening "$kafka_port"
	FAIRGATE_TEST_KAFKA=127.0.0.1:$kafka_port
	export FAIRGATE_TEST_KAFKA
}

# kafka_fetch DIR: the jars pom.xml names and what they need, by Maven, unless DIR holds those of this pom.xml.
kafka_fetch() {
	cmp -s "$here/pom.xml" "$1/pom.xml" && return
	need mvn maven
	say "fetching Apache Kafka (45 MB) ..."
	rm -rf "$1"
	mvn -q -B -ntp -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$1" >"$work/maven.log" 2>&1 ||
		{ tail -n 20 "$work/maven.log" >&2; die "Maven could not fetch Apache Kafka (see above)"; }
	cp "$here/pom.xml" "$1/pom.xml"
}
