/* build_kafka: the properties under `kafka:`; see build.h, kafka_allow.h, reference.h. */
#include "config/build.h"

#include "base/must.h"
#include "config/kafka_allow.h"
#include "config/reference.h"
#include "config/trust.h"

#define SERVERS_DEFAULT "127.0.0.1:9092"

static void record(struct build *build, const char *name, const char *value,
		   const struct node *node)
{
	section_record(build, arena_printf(build->arena, "kafka.%s", name), value, node);
}

static void complain_unknown(struct build *build, const struct node *node,
			     const struct kafka_rule *rule)
{
	const char *best = kafka_allow_suggest(node->key);

	if (rule)
		problems_error_key(build->problems, node, "may not be set: %s", rule->note);
	else if (best)
		problems_error_key(build->problems, node,
				   "not a property that onced allows; did you mean \"%s\"?", best);
	else
		problems_error_key(
			build->problems, node,
			"not a property that onced allows; docs/configuration.md lists them");
}

/* The files that librdkafka will open itself; it says what is wrong with one that is not there. */
static void check_path(struct build *build, const struct node *node, const struct kafka_rule *rule,
		       const char *path)
{
	bool private = strcmp(rule->name, "ssl.key.location") == 0 ||
		       strcmp(rule->name, "ssl.keystore.location") == 0;
	struct stat status;
	const char *why;

	if (stat(path, &status) < 0)
		return;
	why = trust_problem(path, &status);
	if (why)
		problems_error(build->problems, node, NULL, "%s: %s", path, why);
	else if (private && (status.st_mode & S_IROTH))
		problems_hint(build->problems, node, NULL,
			      "%s may be read by everyone: take that right away (chmod o-r)", path);
}

/* One property into *property; false: reported. */
static bool read_property(struct build *build, const struct node *node,
			  struct kafka_property *property)
{
	const struct kafka_rule *rule = kafka_allow_find(node->key);
	char text[KAFKA_EXPECTED_MAX];
	const char *expected;
	char *value;

	if (!rule || rule->type == KAFKA_REFUSED) {
		complain_unknown(build, node, rule);
		return false;
	}
	if (node->kind != NODE_SCALAR || strlen(node->text) != node->len) {
		if (node->kind != NODE_REFUSED)
			problems_error(build->problems, node, NULL,
				       "expected text, as librdkafka has it");
		return false;
	}
	if (rule->secret && node->len > 0 && !strstr(node->text, "${"))
		problems_hint(build->problems, node, NULL,
			      "the secret stands in the file itself: better ${credential:NAME} or "
			      "${file:/path}");
	value = reference_resolve(build, node, rule->secret);
	if (!value)
		return false;
	*property = (struct kafka_property){rule->name, value, rule->secret};
	expected = kafka_allow_check(rule, value, text);
	if (!expected) {
		if (rule->type == KAFKA_WORD)
			property->value = kafka_allow_word(rule, value);
		if (rule->type == KAFKA_PATH)
			check_path(build, node, rule, value);
		record(build, rule->name, rule->secret ? "(secret)" : property->value, node);
		return true;
	}
	if (rule->secret)
		problems_error(build->problems, node, NULL, "expected %s, got something else",
			       expected);
	else
		problems_error(build->problems, node, NULL, "expected %s, got %s", expected,
			       tree_describe(node, build->arena));
	return true; /* it may hold a secret: config_free wipes it */
}

static const char *value_of(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->kafka_count; i++)
		if (strcmp(config->kafka[i].name, name) == 0)
			return config->kafka[i].value;
	return NULL;
}

/* What only shows when the properties are seen together. */
static void check_security(struct build *build, const struct node *node,
			   const struct config *config)
{
	const char *protocol = value_of(config, "security.protocol");
	const char *mechanism = value_of(config, "sasl.mechanism");
	bool plaintext = protocol && strcmp(protocol, "sasl_plaintext") == 0;
	bool sasl = plaintext || (protocol && strcmp(protocol, "sasl_ssl") == 0);

	if (sasl && !mechanism && !tree_find(node, "sasl.mechanism"))
		problems_error(
			build->problems, node, "sasl.mechanism",
			"is missing: security.protocol: %s needs one of PLAIN, SCRAM-SHA-256, "
			"SCRAM-SHA-512, OAUTHBEARER",
			protocol);
	if (!sasl && mechanism)
		problems_hint(build->problems, node, "sasl.mechanism",
			      "has no effect without security.protocol: sasl_ssl");
	if (plaintext && mechanism && strcmp(mechanism, "PLAIN") == 0)
		problems_hint(build->problems, node, "sasl.mechanism",
			      "PLAIN over sasl_plaintext sends the password in clear text: better "
			      "sasl_ssl");
}

/* The tree outlives this function; its copies of secrets must not. */
static void wipe(const struct node *node)
{
	for (const struct node *child = node->first; child; child = child->next) {
		const struct kafka_rule *rule = kafka_allow_find(child->key);

		if (child->kind == NODE_SCALAR && rule && rule->secret)
			explicit_bzero(child->text, child->len);
	}
}

void build_kafka(struct build *build, const struct node *node, struct config *config)
{
	size_t count = node ? node->count : 0;
	struct kafka_property *properties =
		arena_alloc(build->arena, (count + 1) * sizeof(*properties));
	bool servers = false;

	config->kafka = properties;
	for (const struct node *child = node ? node->first : NULL; child; child = child->next) {
		servers |= strcmp(child->key, "bootstrap.servers") == 0;
		if (read_property(build, child, &properties[config->kafka_count]))
			config->kafka_count++;
	}
	if (!servers) {
		properties[config->kafka_count++] =
			(struct kafka_property){"bootstrap.servers", SERVERS_DEFAULT, false};
		record(build, "bootstrap.servers", SERVERS_DEFAULT, NULL);
	}
	must(config->kafka_count <= count + 1);
	if (node) {
		check_security(build, node, config);
		wipe(node);
	}
}
