/* kafka_allow: see kafka_allow.h. The names are those of librdkafka's CONFIGURATION.md. */
#include "config/kafka_allow.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "config/suggest.h"
#include "config/units.h"

#define INT(low, high) KAFKA_INT, .min = (low), .max = (high)
#define WORDS(...) KAFKA_WORD, .words = {__VA_ARGS__}
#define SECRET(kind) kind, .secret = true
#define REFUSE(name, why)                                                                          \
	{                                                                                          \
		name, KAFKA_REFUSED, .note = why                                                   \
	}

#define OWNED_EXACTLY_ONCE "onced's own: the exactly-once guarantee rests on it; remove it"
#define OWNED_MEMORY "onced's own: it follows from `memory:`; remove it"
#define OWNED_BATCH "onced's own: it follows from the pipeline's `commit:`; remove it"
#define OWNED_NAMES "onced's own: it is made of instance, pipeline and worker; remove it"
#define OWNED_LOG "use `log_level:` of onced instead"
#define NO_USE "it has no use in onced; remove it"
#define RUNS_CODE "it loads code into the daemon; not allowed"
#define WEAKENS_TLS "it can weaken TLS; OpenSSL's own configuration decides"
#define KERBEROS "Kerberos is not supported: librdkafka runs kinit through a shell for it"
#define UNSECURED_TOKEN "unsecured tokens are not allowed; use sasl.oauthbearer.method: oidc"

static const struct kafka_rule table[] = {
	/* ---- allowed ---- */
	{"bootstrap.servers", KAFKA_TEXT, .note = "Brokers to begin with: host:port,host:port."},
	{"client.id", KAFKA_TEXT, .note = "Name in the brokers' logs and quotas."},
	{"client.rack", KAFKA_TEXT, .note = "Where this host is, to read from a near replica."},
	{"security.protocol", WORDS("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
	 .note = "How to talk to the brokers."},
	{"sasl.mechanism", WORDS("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"),
	 .note = "How to log in."},
	{"sasl.username", KAFKA_TEXT, .note = "For PLAIN and SCRAM."},
	{"sasl.password", SECRET(KAFKA_TEXT), .note = "For PLAIN and SCRAM."},
	{"sasl.oauthbearer.method", WORDS("oidc"), .note = "For OAUTHBEARER."},
	{"sasl.oauthbearer.client.id", KAFKA_TEXT, .note = "For OAUTHBEARER."},
	{"sasl.oauthbearer.client.secret", SECRET(KAFKA_TEXT), .note = "For OAUTHBEARER."},
	{"sasl.oauthbearer.scope", KAFKA_TEXT, .note = "For OAUTHBEARER."},
	{"sasl.oauthbearer.extensions", KAFKA_TEXT, .note = "For OAUTHBEARER."},
	{"sasl.oauthbearer.token.endpoint.url", KAFKA_TEXT, .note = "For OAUTHBEARER."},
	{"ssl.ca.location", KAFKA_PATH, .note = "File or directory of CA certificates."},
	{"ssl.ca.pem", KAFKA_TEXT, .note = "CA certificates themselves."},
	{"ssl.crl.location", KAFKA_PATH, .note = "File of revoked certificates."},
	{"ssl.certificate.location", KAFKA_PATH, .note = "File of the client's certificate."},
	{"ssl.certificate.pem", KAFKA_TEXT, .note = "The client's certificate itself."},
	{"ssl.key.location", KAFKA_PATH, .note = "File of the client's key."},
	{"ssl.key.pem", SECRET(KAFKA_TEXT), .note = "The client's key itself."},
	{"ssl.key.password", SECRET(KAFKA_TEXT), .note = "Password of the key."},
	{"ssl.keystore.location", KAFKA_PATH, .note = "PKCS#12 file of key and certificate."},
	{"ssl.keystore.password", SECRET(KAFKA_TEXT), .note = "Password of that file."},
	{"ssl.endpoint.identification.algorithm", WORDS("https"),
	 .note = "Names are always checked: `none` is refused."},
	{"enable.ssl.certificate.verification", WORDS("true"),
	 .note = "Certificates are always checked: `false` is refused."},
	{"broker.address.family", WORDS("any", "v4", "v6"), .note = "IPv4, IPv6 or both."},
	{"broker.address.ttl", INT(0, 86400000), .note = "How long an address is kept, ms."},
	{"socket.timeout.ms", INT(1000, 9900),
	 .note = "Limit of a request; below the transaction's 10 s."},
	{"socket.connection.setup.timeout.ms", INT(1000, 300000),
	 .note = "Limit of a connection's setup, with TLS and login."},
	{"socket.keepalive.enable", KAFKA_BOOL, .note = "TCP keep-alive."},
	{"socket.nagle.disable", KAFKA_BOOL, .note = "No delay of small packets; onced sets true."},
	{"socket.send.buffer.bytes", INT(0, 100000000), .note = "0: the system's default."},
	{"socket.receive.buffer.bytes", INT(0, 100000000), .note = "0: the system's default."},
	{"connections.max.idle.ms", INT(0, INT32_MAX),
	 .note = "Closes idle connections; 0: never."},
	{"reconnect.backoff.ms", INT(0, 3600000), .note = "First pause before a new connection."},
	{"reconnect.backoff.max.ms", INT(0, 3600000), .note = "Longest such pause."},
	{"metadata.max.age.ms", INT(1, 86400000), .note = "Age at which metadata is stale."},
	{"topic.metadata.refresh.interval.ms", INT(1000, 3600000),
	 .note = "How soon new partitions are seen."},
	{"message.max.bytes", INT(1000, 1000000000), .note = "Largest request to be produced."},
	{"receive.message.max.bytes", INT(1000, INT32_MAX), .note = "Largest answer accepted."},
	{"max.partition.fetch.bytes", INT(1, 1000000000), .note = "Fetched at once, a partition."},
	{"fetch.max.bytes", INT(1024, 2147483135), .note = "Fetched at once."},
	{"fetch.min.bytes", INT(1, 100000000), .note = "What the broker waits for."},
	{"fetch.wait.max.ms", INT(0, 300000), .note = "And for how long."},
	{"check.crcs", KAFKA_BOOL, .note = "Checks the checksum of what was read."},
	{"session.timeout.ms", INT(6000, 3600000),
	 .note = "Silence after which the group gives a worker's partitions away."},
	{"heartbeat.interval.ms", INT(500, 3600000), .note = "A third of it or less."},
	{"linger.ms", INT(0, 1000), .note = "How long a produce request waits for more."},
	{"batch.size", INT(1, INT32_MAX), .note = "Bytes in a produced batch of Kafka's."},
	{"batch.num.messages", INT(1, 1000000), .note = "Records in a produced batch of Kafka's."},
	{"compression.type", WORDS("none", "gzip", "snappy", "lz4", "zstd"),
	 .note = "Of what is produced."},
	{"compression.level", INT(-1, 12), .note = "-1: the codec's default."},
	{"debug", KAFKA_TEXT, .note = "librdkafka's debug contexts, shown at log_level debug."},

	/* ---- refused: dangerous ---- */
	REFUSE("plugin.library.paths", RUNS_CODE),
	REFUSE("interceptors", RUNS_CODE),
	REFUSE("ssl.engine.location", RUNS_CODE),
	REFUSE("ssl.engine.id", RUNS_CODE),
	REFUSE("ssl_engine_callback_data", RUNS_CODE),
	REFUSE("ssl.providers", RUNS_CODE),
	REFUSE("sasl.kerberos.kinit.cmd", "it runs a program; not allowed"),
	REFUSE("sasl.kerberos.service.name", KERBEROS),
	REFUSE("sasl.kerberos.principal", KERBEROS),
	REFUSE("sasl.kerberos.keytab", KERBEROS),
	REFUSE("sasl.kerberos.min.time.before.relogin", KERBEROS),
	REFUSE("sasl.oauthbearer.config", UNSECURED_TOKEN),
	REFUSE("enable.sasl.oauthbearer.unsecure.jwt", UNSECURED_TOKEN),
	REFUSE("ssl.cipher.suites", WEAKENS_TLS),
	REFUSE("ssl.curves.list", WEAKENS_TLS),
	REFUSE("ssl.sigalgs.list", WEAKENS_TLS),

	/* ---- refused: onced's own ---- */
	REFUSE("group.id", "it is `from.group` of each pipeline"),
	REFUSE("group.instance.id", OWNED_NAMES),
	REFUSE("transactional.id", OWNED_NAMES),
	REFUSE("transaction.timeout.ms", OWNED_EXACTLY_ONCE),
	REFUSE("enable.idempotence", OWNED_EXACTLY_ONCE),
	REFUSE("enable.gapless.guarantee", OWNED_EXACTLY_ONCE),
	REFUSE("isolation.level", OWNED_EXACTLY_ONCE),
	REFUSE("auto.offset.reset", "it is `from.start` of each pipeline, for a first start only"),
	REFUSE("enable.auto.commit", OWNED_EXACTLY_ONCE),
	REFUSE("auto.commit.enable", OWNED_EXACTLY_ONCE),
	REFUSE("auto.commit.interval.ms", OWNED_EXACTLY_ONCE),
	REFUSE("enable.auto.offset.store", OWNED_EXACTLY_ONCE),
	REFUSE("enable.partition.eof", OWNED_EXACTLY_ONCE),
	REFUSE("partition.assignment.strategy", OWNED_EXACTLY_ONCE),
	REFUSE("group.protocol", OWNED_EXACTLY_ONCE),
	REFUSE("group.remote.assignor", OWNED_EXACTLY_ONCE),
	REFUSE("group.protocol.type", OWNED_EXACTLY_ONCE),
	REFUSE("max.poll.interval.ms", OWNED_EXACTLY_ONCE),
	REFUSE("acks", OWNED_EXACTLY_ONCE),
	REFUSE("request.required.acks", OWNED_EXACTLY_ONCE),
	REFUSE("retries", OWNED_EXACTLY_ONCE),
	REFUSE("message.send.max.retries", OWNED_EXACTLY_ONCE),
	REFUSE("retry.backoff.ms", OWNED_EXACTLY_ONCE),
	REFUSE("retry.backoff.max.ms", OWNED_EXACTLY_ONCE),
	REFUSE("max.in.flight", OWNED_EXACTLY_ONCE),
	REFUSE("max.in.flight.requests.per.connection", OWNED_EXACTLY_ONCE),
	REFUSE("message.timeout.ms", OWNED_EXACTLY_ONCE),
	REFUSE("delivery.timeout.ms", OWNED_EXACTLY_ONCE),
	REFUSE("request.timeout.ms", OWNED_EXACTLY_ONCE),
	REFUSE("delivery.report.only.error", OWNED_EXACTLY_ONCE),
	REFUSE("queuing.strategy", OWNED_EXACTLY_ONCE),
	REFUSE("partitioner", "onced's own: murmur2, as Java's clients have it; remove it"),
	REFUSE("allow.auto.create.topics", OWNED_EXACTLY_ONCE),
	REFUSE("coordinator.query.interval.ms", OWNED_EXACTLY_ONCE),
	REFUSE("queued.min.messages", OWNED_MEMORY),
	REFUSE("queued.max.messages.kbytes", OWNED_MEMORY),
	REFUSE("fetch.error.backoff.ms", OWNED_MEMORY),
	REFUSE("fetch.queue.backoff.ms", OWNED_MEMORY),
	REFUSE("queue.buffering.max.kbytes", OWNED_MEMORY),
	REFUSE("queue.buffering.max.messages", OWNED_BATCH),
	REFUSE("queue.buffering.backpressure.threshold", OWNED_BATCH),
	REFUSE("log_level", OWNED_LOG),
	REFUSE("log.queue", OWNED_LOG),
	REFUSE("log.thread.name", OWNED_LOG),
	REFUSE("log.connection.close", OWNED_LOG),

	/* ---- refused: another name, or without use ---- */
	REFUSE("metadata.broker.list", "write bootstrap.servers instead"),
	REFUSE("sasl.mechanisms", "write sasl.mechanism instead"),
	REFUSE("fetch.message.max.bytes", "write max.partition.fetch.bytes instead"),
	REFUSE("queue.buffering.max.ms", "write linger.ms instead"),
	REFUSE("compression.codec", "write compression.type instead"),
	REFUSE("ssl_key", "write ssl.key.pem instead"),
	REFUSE("ssl_certificate", "write ssl.certificate.pem instead"),
	REFUSE("ssl_ca", "write ssl.ca.pem instead"),
	REFUSE("ssl.ca.certificate.stores", NO_USE),
	REFUSE("builtin.features", NO_USE),
	REFUSE("message.copy.max.bytes", NO_USE),
	REFUSE("topic.metadata.refresh.fast.interval.ms", NO_USE),
	REFUSE("topic.metadata.refresh.fast.cnt", NO_USE),
	REFUSE("topic.metadata.refresh.sparse", NO_USE),
	REFUSE("topic.metadata.propagation.max.ms", NO_USE),
	REFUSE("topic.blacklist", NO_USE),
	REFUSE("socket.blocking.max.ms", NO_USE),
	REFUSE("socket.max.fails", NO_USE),
	REFUSE("reconnect.backoff.jitter.ms", NO_USE),
	REFUSE("statistics.interval.ms", NO_USE),
	REFUSE("enable.metrics.push", NO_USE),
	REFUSE("enabled_events", NO_USE),
	REFUSE("enable.random.seed", NO_USE),
	REFUSE("internal.termination.signal", NO_USE),
	REFUSE("api.version.request", NO_USE),
	REFUSE("api.version.request.timeout.ms", NO_USE),
	REFUSE("api.version.fallback.ms", NO_USE),
	REFUSE("broker.version.fallback", NO_USE),
	REFUSE("offset.store.method", NO_USE),
	REFUSE("offset.store.path", NO_USE),
	REFUSE("offset.store.sync.interval.ms", NO_USE),
	REFUSE("produce.offset.report", NO_USE),
	REFUSE("msg_order_cmp", NO_USE),
	REFUSE("consume.callback.max.messages", NO_USE),
	REFUSE("sticky.partitioning.linger.ms", NO_USE),
	REFUSE("opaque", NO_USE),
	REFUSE("default_topic_conf", NO_USE),
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

const struct kafka_rule *kafka_allow_all(size_t *ret_count)
{
	*ret_count = TABLE_COUNT;
	return table;
}

const struct kafka_rule *kafka_allow_find(const char *name)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *kafka_allow_suggest(const char *name)
{
	struct suggest suggest = suggest_begin(name);

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].type != KAFKA_REFUSED)
			suggest_offer(&suggest, table[i].name);
	return suggest.best;
}

const char *kafka_allow_word(const struct kafka_rule *rule, const char *value)
{
	for (size_t i = 0; i < KAFKA_WORDS_MAX && rule->words[i]; i++)
		if (strcasecmp(rule->words[i], value) == 0)
			return rule->words[i];
	return NULL;
}

static const char *words_text(const struct kafka_rule *rule, char text[KAFKA_EXPECTED_MAX])
{
	size_t used =
		(size_t)snprintf(text, KAFKA_EXPECTED_MAX, "%s", rule->words[1] ? "one of " : "");

	for (size_t i = 0; i < KAFKA_WORDS_MAX && rule->words[i]; i++) {
		must(used < KAFKA_EXPECTED_MAX);
		used += (size_t)snprintf(text + used, KAFKA_EXPECTED_MAX - used, "%s%s",
					 i ? ", " : "", rule->words[i]);
	}
	must(used < KAFKA_EXPECTED_MAX);
	return text;
}

const char *kafka_allow_check(const struct kafka_rule *rule, const char *value,
			      char text[KAFKA_EXPECTED_MAX])
{
	int64_t number;

	switch (rule->type) {
	case KAFKA_TEXT:
		return *value ? NULL : "some text";
	case KAFKA_PATH:
		return *value == '/' ? NULL : "an absolute path";
	case KAFKA_BOOL:
		return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ? NULL
										 : "true or false";
	case KAFKA_INT:
		if (units_int(value, &number) && number >= rule->min && number <= rule->max)
			return NULL;
		(void)snprintf(text, KAFKA_EXPECTED_MAX, "a whole number from %lld to %lld",
			       (long long)rule->min, (long long)rule->max);
		return text;
	case KAFKA_WORD:
		return kafka_allow_word(rule, value) ? NULL : words_text(rule, text);
	case KAFKA_REFUSED:
		break;
	}
	return rule->note;
}
