/*
 * The allow-list against librdkafka itself: every name it allows exists there, and every name that
 * this librdkafka has is known to it, allowed or refused with a reason.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "config/kafka_allow.h"
#include "lib/suite.h"

/* librdkafka's list of properties, a line each: "name   | C/P | ..." */
static char *properties(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	fputc('\n', out);
	rd_kafka_conf_properties_show(out);
	fclose(out);
	return text;
}

START_TEST(what_is_allowed_exists)
{
	char *text = properties();
	size_t count;
	const struct kafka_rule *rules = kafka_allow_all(&count);

	for (size_t i = 0; i < count; i++) {
		char name[128];

		if (rules[i].type == KAFKA_REFUSED)
			continue;
		(void)snprintf(name, sizeof(name), "\n%s ", rules[i].name);
		ck_assert_msg(strstr(text, name) != NULL, "librdkafka has no %s", rules[i].name);
	}
	free(text);
}
END_TEST

static bool is_name(const char *line)
{
	return *line >= 'a' && *line <= 'z' && strstr(line, " | ");
}

START_TEST(what_exists_is_decided)
{
	char *text = properties();
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!is_name(line))
			continue;
		line[strcspn(line, " |")] = '\0';
		/* Callbacks cannot be set by text; younger versions have names of their own. */
		if (strstr(line, "_cb") || rd_kafka_version() > 0x020000ff)
			continue;
		ck_assert_msg(kafka_allow_find(line) != NULL, "nothing is said about %s", line);
	}
	free(text);
}
END_TEST

START_TEST(what_loads_code_or_weakens_tls_is_refused)
{
	static const char *const names[] = {
		"plugin.library.paths", "sasl.kerberos.kinit.cmd",
		"ssl.engine.location",  "ssl.providers",
		"interceptors",         "transactional.id",
		"isolation.level",      "auto.offset.reset",
		"enable.auto.commit",   "group.instance.id",
		"ssl.cipher.suites",    "enable.sasl.oauthbearer.unsecure.jwt"};
	char text[KAFKA_EXPECTED_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(kafka_allow_find(names[i])->type, KAFKA_REFUSED);
	ck_assert_ptr_nonnull(
		kafka_allow_check(kafka_allow_find("enable.ssl.certificate.verification"), "false",
				  text));
	ck_assert_ptr_nonnull(
		kafka_allow_check(kafka_allow_find("ssl.endpoint.identification.algorithm"), "none",
				  text));
	ck_assert_ptr_nonnull(
		kafka_allow_check(kafka_allow_find("sasl.mechanism"), "GSSAPI", text));
}
END_TEST

START_TEST(names_are_listed_once_with_a_note)
{
	size_t count;
	const struct kafka_rule *rules = kafka_allow_all(&count);

	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(kafka_allow_find(rules[i].name), &rules[i]);
		ck_assert_msg(rules[i].note && *rules[i].note, "%s", rules[i].name);
	}
}
END_TEST

START_TEST(words_are_taken_in_any_case)
{
	const struct kafka_rule *rule = kafka_allow_find("security.protocol");

	ck_assert_str_eq(kafka_allow_word(rule, "SASL_SSL"), "sasl_ssl");
	ck_assert_ptr_null(kafka_allow_word(rule, "tls"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("kafka_allow");

	tcase_add_test(tcase, what_is_allowed_exists);
	tcase_add_test(tcase, what_exists_is_decided);
	tcase_add_test(tcase, what_loads_code_or_weakens_tls_is_refused);
	tcase_add_test(tcase, names_are_listed_once_with_a_note);
	tcase_add_test(tcase, words_are_taken_in_any_case);
	return suite_run("kafka_allow", tcase);
}
