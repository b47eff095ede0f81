# The build of onced: one hand-written, non-recursive GNU Makefile. configure writes config.mak;
# a clean clone bootstraps itself. `make help` lists the targets.
#
# Sources are listed by name, one per line. All objects but main.o go into libonced.a, the test
# helpers into libtest.a; each test is one program linked with both.

srcdir := .
PLAIN := help packages deps tidy format format-check distclean
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out $(PLAIN),$(GOALS)),)
include config.mak
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- sources -----------------------------------------------------------------------------------

BASE_SRCS = \
	src/base/arena.c \
	src/base/bytes.c \
	src/base/err.c \
	src/base/failpoint.c \
	src/base/must.c \

CORE_SRCS = \
	src/core/meta.c \
	src/core/overlay.c \
	src/core/recover.c \
	src/core/steps.c \
	src/core/steps_eval.c \
	src/core/steps_route.c \
	src/core/txn.c \
	src/core/window.c \

CONFIG_SRCS = \
	src/config/build_journal.c \
	src/config/build_kafka.c \
	src/config/build_main.c \
	src/config/build_pipeline.c \
	src/config/build_steps.c \
	src/config/config.c \
	src/config/cross.c \
	src/config/diff.c \
	src/config/json_text.c \
	src/config/kafka_allow.c \
	src/config/options.c \
	src/config/prefix.c \
	src/config/problems.c \
	src/config/reference.c \
	src/config/section.c \
	src/config/suggest.c \
	src/config/tests.c \
	src/config/tree.c \
	src/config/trust.c \
	src/config/units.c \

IO_SRCS = \
	src/io/expr_compile.c \
	src/io/expr_error.c \
	src/io/expr_guard.c \
	src/io/expr_heap.c \
	src/io/expr_hooks.c \
	src/io/expr_jq.c \
	src/io/expr_lex.c \
	src/io/expr_names.c \
	src/io/expr_number.c \
	src/io/expr_prelude.c \
	src/io/expr_run.c \
	src/io/expr_sort.c \
	src/io/expr_value.c \
	src/io/hash_sodium.c \
	src/io/journal_access.c \
	src/io/journal_broker.c \
	src/io/journal_ends.c \
	src/io/journal_known.c \
	src/io/journal_match.c \
	src/io/journal_place.c \
	src/io/journal_poll.c \
	src/io/journal_reader.c \
	src/io/journal_record.c \
	src/io/kafka_admin.c \
	src/io/kafka_broker.c \
	src/io/kafka_client.c \
	src/io/kafka_configs.c \
	src/io/kafka_consumer.c \
	src/io/kafka_err.c \
	src/io/kafka_facts.c \
	src/io/kafka_group.c \
	src/io/kafka_login.c \
	src/io/kafka_pair.c \
	src/io/kafka_position.c \
	src/io/kafka_probe.c \
	src/io/kafka_producer.c \
	src/io/kafka_taint.c \
	src/io/kafka_topic.c \
	src/io/kafka_version.c \
	src/io/lmdb_aside.c \
	src/io/lmdb_checkpoint.c \
	src/io/lmdb_codec.c \
	src/io/lmdb_env.c \
	src/io/lmdb_err.c \
	src/io/lmdb_guard.c \
	src/io/lmdb_store.c \
	src/io/lmdb_sweep.c \
	src/io/lmdb_version.c \
	src/io/sodium_version.c \

IO_CXX_SRCS = \
	src/io/json_check.cc \

RUN_SRCS = \
	src/run/clock_real.c \
	src/run/control.c \
	src/run/control_client.c \
	src/run/loader.c \
	src/run/log.c \
	src/run/log_catalog.c \
	src/run/log_format.c \
	src/run/log_limit.c \
	src/run/memory.c \
	src/run/notify.c \
	src/run/pipeline_run.c \
	src/run/policy.c \
	src/run/protect.c \
	src/run/pulse.c \
	src/run/reload.c \
	src/run/reload_text.c \
	src/run/run_set.c \
	src/run/run_thread.c \
	src/run/signals.c \
	src/run/state_dir.c \
	src/run/status.c \
	src/run/supervisor.c \
	src/run/test_compare.c \
	src/run/test_run.c \
	src/run/wiring.c \
	src/run/worker.c \
	src/run/worker_assign.c \
	src/run/worker_checkpoint.c \
	src/run/worker_commit.c \
	src/run/worker_crashes.c \
	src/run/worker_lag.c \
	src/run/worker_record.c \

CLI_SRCS = \
	src/cli/accept_plan.c \
	src/cli/ask.c \
	src/cli/check.c \
	src/cli/check_print.c \
	src/cli/check_online.c \
	src/cli/daemon.c \
	src/cli/facts.c \
	src/cli/load.c \
	src/cli/members.c \
	src/cli/offsets.c \
	src/cli/offsets_accept.c \
	src/cli/offsets_reset.c \
	src/cli/offsets_show.c \
	src/cli/reset_plan.c \
	src/cli/reload.c \
	src/cli/run.c \
	src/cli/takeover.c \
	src/cli/test.c \
	src/cli/verify.c \
	src/cli/verify_compare.c \
	src/cli/verify_item.c \
	src/cli/verify_journal.c \
	src/cli/verify_model.c \
	src/cli/verify_order.c \
	src/cli/verify_parts.c \
	src/cli/verify_print.c \
	src/cli/verify_progress.c \
	src/cli/verify_read.c \
	src/cli/verify_seen.c \
	src/cli/verify_sort.c \
	src/cli/version.c \

TEST_LIB_SRCS = \
	tests/lib/c11_threads.c \
	tests/lib/config_cases.c \
	tests/lib/contract_broker.c \
	tests/lib/contract_store.c \
	tests/lib/contract_txn.c \
	tests/lib/expr_world.c \
	tests/lib/fake_broker.c \
	tests/lib/fake_compile.c \
	tests/lib/fake_expr.c \
	tests/lib/fake_group.c \
	tests/lib/fake_kafka.c \
	tests/lib/fake_producer.c \
	tests/lib/fake_store.c \
	tests/lib/lmdb_damage.c \
	tests/lib/lmdb_world.c \
	tests/lib/member.c \
	tests/lib/mock.c \
	tests/lib/naive.c \
	tests/lib/oracle.c \
	tests/lib/sim.c \
	tests/lib/sim_admin.c \
	tests/lib/sim_defs.c \
	tests/lib/sim_engine.c \
	tests/lib/steps_world.c \
	tests/lib/verify_world.c \
	tests/lib/tally.c \

# tests/unit/NAME.c
UNIT_TESTS = \
	check_accept \
	check_arena \
	check_ask \
	check_base \
	check_build \
	check_catalog \
	check_codec \
	check_config \
	check_control \
	check_diff \
	check_err \
	check_expr \
	check_expr_limits \
	check_expr_memory \
	check_expr_names \
	check_hash \
	check_journal \
	check_json \
	check_kafka_allow \
	check_kafka_err \
	check_kafka_group \
	check_kafka_login \
	check_kafka_settings \
	check_loader \
	check_log \
	check_man \
	check_memory \
	check_meta \
	check_murmur2 \
	check_must \
	check_notify \
	check_options \
	check_overlay \
	check_policy \
	check_prefix \
	check_print \
	check_protect \
	check_rebuild \
	check_recover \
	check_recover_end \
	check_reload_text \
	check_reset \
	check_run_set \
	check_signals \
	check_state_dir \
	check_status \
	check_steps \
	check_steps_route \
	check_store \
	check_store_kill \
	check_store_loss \
	check_test_compare \
	check_tree \
	check_trust \
	check_txn \
	check_units \
	check_verify \
	check_verify_item \
	check_verify_model \
	check_verify_sort \
	check_window \

# tests/sim/NAME.c
SIM_TESTS = \
	check_fake_broker \
	check_fake_store \
	check_sim_cases \
	check_sim_crash \
	check_sim_disk \
	check_sim_doubt \
	check_sim_naive \
	check_sim_random \

# tests/mock/NAME.c
MOCK_TESTS = \
	check_mock_errors \
	check_mock_facts \
	check_mock_secrets \
	check_mock_taint \

# tests/integration/NAME.c, run by a script of that folder
INTEGRATION_TESTS = \
	check_broker \

# loaded into a program by a script of that folder
SHIMS = \
	obj/tests/fault/clock.so \
	obj/tests/fault/short_poll.so \
	obj/tests/fault/tiny_map.so \
	obj/tests/fault/unsynced.so \
	obj/tests/integration/eio.so \


# tests/fuzz/NAME.c: fed by libFuzzer in a build with --enable-fuzzers, else by replay.c
FUZZERS = \
	fuzz_expr \
	fuzz_headers \
	fuzz_lmdb \
	fuzz_meta \
	fuzz_record \
	fuzz_yaml \

FUZZ_LIB_SRCS = \
	tests/fuzz/take.c \

# tests/prove/NAME.c, run by a script of that folder
PROVE_TESTS = \
	flips \

# programs of the tests with a real Kafka; they link nothing of onced
TOOL_NAMES = \
	tests/bench/bare_copy \
	tests/fault/pin \
	tests/load/dump \
	tests/load/load \
	tests/load/offsets \
	tests/load/put \

TOOL_LIB_SRCS = \
	tests/load/client.c \
	tests/load/payment.c \

# ---- flags -------------------------------------------------------------------------------------

vpath %.c $(srcdir)
vpath %.cc $(srcdir)

WARN = -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wvla -Wimplicit-fallthrough -Wswitch-enum
WARN_C = -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(DEVELOPER),1)
WARN += -Werror
endif

# Hardening. _FORTIFY_SOURCE needs optimisation and hides from the sanitizers what they look for.
HARDEN = -fPIE -fstack-protector-strong -fstack-clash-protection
HARDEN_LD = -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifneq ($(SANITIZE),)
SANITIZE_FLAGS = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ifneq ($(FUZZING),)
SANITIZE_FLAGS += -fsanitize=fuzzer-no-link
endif
else ifeq ($(filter -O0,$(CFLAGS)),)
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif

COMMON = -MMD -MP $(WARN) $(HARDEN) $(SANITIZE_FLAGS) -pthread -ffile-prefix-map=$(srcdir)/= \
	-D_GNU_SOURCE -DONCED_VERSION='"$(VERSION)"' -I$(srcdir)/src $(LIB_CFLAGS) $(CPPFLAGS)
COMPILE_C = $(CC) -std=gnu11 $(COMMON) $(WARN_C)
COMPILE_CXX = $(CXX) -std=c++17 $(COMMON) $(CXXFLAGS)
# Linked by the C++ compiler: src/io/json_check.cc brings libstdc++ in.
LINK = $(CXX) $(CFLAGS) $(SANITIZE_FLAGS) $(HARDEN_LD) -pthread $(LDFLAGS)

ifeq ($(V),1)
Q =
say =
else
Q = @
say = @printf '  %-4s %s\n' '$(1)' '$(2)';
endif

# ---- building ----------------------------------------------------------------------------------

LIB_OBJS = $(patsubst %.c,obj/%.o,$(BASE_SRCS) $(CORE_SRCS) $(CONFIG_SRCS) $(IO_SRCS) $(RUN_SRCS) \
	$(CLI_SRCS)) $(patsubst %.cc,obj/%.o,$(IO_CXX_SRCS))
TEST_LIB_OBJS = $(patsubst %.c,obj/%.o,$(TEST_LIB_SRCS))
UNIT = $(addprefix obj/tests/unit/,$(UNIT_TESTS))
SIM = $(addprefix obj/tests/sim/,$(SIM_TESTS))
MOCK = $(addprefix obj/tests/mock/,$(MOCK_TESTS))
INTEGRATION = $(addprefix obj/tests/integration/,$(INTEGRATION_TESTS))
PROVE = $(addprefix obj/tests/prove/,$(PROVE_TESTS))
BENCH = $(addprefix obj/tests/bench/,$(BENCHES))
FUZZ = $(addprefix obj/tests/fuzz/,$(FUZZERS))
FUZZ_LIB_OBJS = $(patsubst %.c,obj/%.o,$(FUZZ_LIB_SRCS))
TESTS = $(UNIT) $(SIM) $(MOCK)
TOOLS = $(addprefix obj/,$(TOOL_NAMES))
TOOL_LIB_OBJS = $(patsubst %.c,obj/%.o,$(TOOL_LIB_SRCS))

.PHONY: all tests tools
all: onced
tests: $(TESTS)
tools: $(TOOLS)

onced: obj/src/main.o libonced.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIB_LIBS) $(LIBS)

# ThreadSanitizer does not know C11's threads, which librdkafka starts its own with.
ifneq ($(findstring thread,$(SANITIZE)),)
onced: obj/tests/lib/c11_threads.o
endif

libonced.a: $(LIB_OBJS)
libtest.a: $(TEST_LIB_OBJS)
# The list of objects is a prerequisite, so that a name taken from it leaves the archive too.
libonced.a libtest.a: Makefile
	$(call say,AR,$@)rm -f $@ && $(AR) rcD $@ $(filter %.o,$^)

$(TESTS) $(INTEGRATION) $(PROVE) $(BENCH): %: %.o libtest.a libonced.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIB_LIBS) $(LIBS)

# One driver or the other has main.
ifneq ($(FUZZING),)
$(FUZZ): LINK += -fsanitize=fuzzer
else
$(FUZZ): obj/tests/fuzz/replay.o
endif
$(FUZZ): %: %.o $(FUZZ_LIB_OBJS) libtest.a libonced.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIB_LIBS) $(LIBS)

obj/%.so: %.c config.mak
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -fPIC -shared -o $@ $<

obj/tests/%.o: CPPFLAGS += -I$(srcdir)/tests -DTEST_SRCDIR='"$(abspath $(srcdir))"' $(CHECK_CFLAGS)

$(TOOLS): %: %.o $(TOOL_LIB_OBJS)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIB_LIBS) -lm

obj/%.o: %.c config.mak
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE_C) $(CFLAGS) -c -o $@ $<

obj/%.o: %.cc config.mak
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(COMPILE_CXX) -c -o $@ $<

-include $(patsubst %.o,%.d,obj/src/main.o $(LIB_OBJS) $(TEST_LIB_OBJS)) \
	$(addsuffix .d,$(TESTS) $(FUZZ) $(INTEGRATION) $(PROVE) $(BENCH) $(TOOLS)) \
	$(FUZZ_LIB_OBJS:.o=.d) $(TOOL_LIB_OBJS:.o=.d) obj/tests/fuzz/replay.d

# A clean clone bootstraps itself; what needs more than the build installs what is missing first.
NEED_MORE = check check-% deb demo fuzz fuzz-% prove soak bench
DEPS_FIRST = $(if $(filter $(NEED_MORE),$(GOALS)),$(srcdir)/tests/deps,:)
config.mak: $(srcdir)/config.mak.in $(srcdir)/configure
	@if test -f config.status; then ./config.status -q --recheck && ./config.status -q; \
		else echo "  CONF ./configure"; $(srcdir)/configure -q; fi
	@touch $@

$(srcdir)/configure: $(srcdir)/configure.ac $(srcdir)/autogen.sh
	@$(DEPS_FIRST)
	@echo "  CONF ./autogen.sh"
	@$(srcdir)/autogen.sh && touch $@

# ---- tests -------------------------------------------------------------------------------------

RUN = $(srcdir)/tests/run
J = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2)
# The test programs under one more configuration live in their own build folder.
define subbuild # NAME, configure's arguments, goals
	@mkdir -p build/$(1)
	@test -f build/$(1)/config.mak || \
		{ echo "  CONF build/$(1)"; cd build/$(1); $(abspath $(srcdir))/configure -q $(2); }
	+@$(MAKE) --no-print-directory $(J) -C build/$(1) DEVELOPER=$(DEVELOPER) $(3)
endef

CHECKS = tidy format-check check-unit check-sim check-mock check-checker fuzz-replay check-asan \
	check-valgrind check-tsan check-clang check-integration check-fault check-systemd

.PHONY: check $(CHECKS) check-programs deb failpoints fuzz fuzz-programs tsan demo prove soak bench
check:
	@$(srcdir)/tests/deps
	+@$(srcdir)/tests/steps "$(MAKE) $(J)" $(CHECKS)

check-unit: $(UNIT)
	@$(RUN) -j 2 $(UNIT)

check-sim: $(SIM)
	@$(RUN) -j 2 -t 600 $(SIM)

check-mock: $(MOCK)
	@$(RUN) -j 2 $(MOCK)

# Every file of every corpus once; with libFuzzer's search: make fuzz.
fuzz-replay: $(FUZZ)
	@$(RUN) -j 2 -t 600 $(FUZZ)

check-programs: $(TESTS)
	@$(RUN) -j 2 -t 600 $(WRAPPER) $(TESTS)

check-asan: export ASAN_OPTIONS = detect_stack_use_after_return=1:strict_string_checks=1
check-asan: export UBSAN_OPTIONS = print_stacktrace=1
check-asan: export CK_TIMEOUT_MULTIPLIER = 5
check-asan: export SIM_SCHEDULES = 1000
check-asan:
	$(call subbuild,asan,--enable-sanitize=address$(comma)undefined CFLAGS="-g -O1", \
		check-programs fuzz-replay)

TSAN_CONF = --enable-sanitize=thread --enable-failpoints CFLAGS="-g -O1"
check-tsan: export TSAN_OPTIONS = suppressions=$(abspath $(srcdir))/tests/tsan.supp
check-tsan: export CK_TIMEOUT_MULTIPLIER = 10
check-tsan: export SIM_SCHEDULES = 100
check-tsan:
	$(call subbuild,tsan,$(TSAN_CONF),all check-programs \
		WRAPPER="-w 'setarch -R'")

check-valgrind: export CK_TIMEOUT_MULTIPLIER = 20
check-valgrind: export SIM_SCHEDULES = 100
check-valgrind: $(UNIT) $(SIM)
	@$(RUN) -j 2 -t 600 -w "valgrind -q --fair-sched=yes --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite --num-callers=30" $(UNIT) $(SIM)

check-clang: DEVELOPER = 1
check-clang:
	$(call subbuild,clang,CC=clang-14 CXX=clang++-14,all check-programs)

# TIME seconds of each fuzzer, or of FUZZERS="fuzz_yaml ..."; what they find: build/fuzz/found.
TIME = 60
fuzz:
	$(call subbuild,fuzz,--enable-fuzzers CC=clang-14 CXX=clang++-14 CFLAGS="-g -O1",fuzz-programs)
	@$(srcdir)/tests/fuzz/run build/fuzz $(TIME) $(FUZZERS)

fuzz-programs: $(FUZZ)

failpoints:
	$(call subbuild,failpoints,--enable-failpoints,all obj/tests/integration/check_broker \
		obj/tests/unit/check_store)

check-checker:
	@$(srcdir)/tests/load/check.py --self-test
	@$(srcdir)/tests/load/state.py --self-test

tsan:
	$(call subbuild,tsan,$(TSAN_CONF),all)

check-integration: all failpoints tsan tools $(INTEGRATION) $(SHIMS)
	@$(srcdir)/tests/integrate . $(abspath $(srcdir))

check-fault: failpoints tools $(SHIMS)
	@$(srcdir)/tests/fault/run $(CURDIR) --quick

check-systemd: all tools $(SHIMS)
	@$(srcdir)/tests/systemd/run . $(abspath $(srcdir))

deb:
	@$(srcdir)/packaging/deb $(CURDIR)/build $(VERSION)

demo: all tools
	@$(srcdir)/tests/demo/demo $(CURDIR)

# the longer, the better: MINUTES=120
MINUTES = 10
soak: failpoints tools $(SHIMS)
	@$(srcdir)/tests/fault/run $(CURDIR) --soak $(MINUTES)

prove: all failpoints tools $(PROVE) $(SHIMS) $(MOCK)
	@$(RUN) -j 2 $(MOCK)
	@$(srcdir)/tests/prove/run $(CURDIR)
	@SEEDS="$${SEEDS:-$${SEED:-1 2 3}}" $(srcdir)/tests/fault/run $(CURDIR)

bench: all tools
	@$(srcdir)/tests/bench/run $(CURDIR)

# ---- source ------------------------------------------------------------------------------------

comma := ,
CLANG_FORMAT = clang-format-14
FORMATTED = $$(git -C $(srcdir) ls-files -co --exclude-standard '*.c' '*.h' '*.cc')

.PHONY: format dist packages deps help
tidy:
	@$(srcdir)/tests/tidy.sh --self-test
	@$(srcdir)/tests/tidy.sh

format:
	@cd $(srcdir) && $(CLANG_FORMAT) -i $(FORMATTED)

format-check:
	@cd $(srcdir) && $(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)

packages:
	@cat $(srcdir)/packages.txt

deps:
	@$(srcdir)/tests/deps

dist: $(srcdir)/configure
	@git -C $(srcdir) archive --format=tar.gz --prefix=onced-$(VERSION)/ \
		--add-file=configure -o $(CURDIR)/onced-$(VERSION).tar.gz HEAD
	@echo onced-$(VERSION).tar.gz

# ---- installing --------------------------------------------------------------------------------

unitdir = $(prefix)/lib/systemd/system
catalogdir = $(prefix)/lib/systemd/catalog
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
completiondir = $(datarootdir)/bash-completion/completions
# where the program looks, whatever the prefix
confdir = /etc/onced
UNITS = obj/systemd/onced.service obj/systemd/onced@.service
MAN5 = man/onced.yaml.5
MAN8 = man/onced.8
CATALOGS = systemd/onced.catalog
DOCS = README.md $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/docs/*.md))
LICENSES = LICENSE
EXAMPLES = examples/journal.yaml examples/payments.yaml examples/quickstart.yaml \
	systemd/examples/credentials.conf systemd/examples/journal.conf
in = $(addprefix '$(DESTDIR)$(1)/,$(addsuffix ',$(notdir $(2))))
installed = '$(DESTDIR)$(bindir)/onced' '$(DESTDIR)$(completiondir)/onced' \
	'$(DESTDIR)$(sysusersdir)/onced.conf' '$(DESTDIR)$(tmpfilesdir)/onced.conf' \
	$(call in,$(unitdir),$(UNITS)) $(call in,$(mandir)/man5,$(MAN5)) $(call in,$(mandir)/man8,$(MAN8)) \
	$(call in,$(catalogdir),$(CATALOGS)) $(call in,$(docdir),$(DOCS) $(LICENSES)) \
	$(call in,$(docdir)/examples,$(EXAMPLES))
copy = install -d '$(DESTDIR)$(1)' && install -m 644 $(2) '$(DESTDIR)$(1)'
to = $(if $(2),$(call copy,$(1),$(addprefix $(srcdir)/,$(2))),@:)

# One file for both units: an instance differs in its main file and its state.
obj/systemd/onced.service: $(srcdir)/systemd/onced.service config.mak
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed 's|/usr/bin/onced|$(bindir)/onced|g' $< >$@

obj/systemd/onced@.service: obj/systemd/onced.service $(srcdir)/systemd/instance.sed
	$(call say,GEN,$@)sed -f $(srcdir)/systemd/instance.sed $< >$@

.PHONY: install uninstall clean distclean
install: all $(UNITS)
	install -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(confdir)/pipelines' \
		'$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)' '$(DESTDIR)$(completiondir)'
	install -m 755 onced '$(DESTDIR)$(bindir)/onced'
	install -m 644 $(srcdir)/systemd/onced.sysusers '$(DESTDIR)$(sysusersdir)/onced.conf'
	install -m 644 $(srcdir)/systemd/onced.tmpfiles '$(DESTDIR)$(tmpfilesdir)/onced.conf'
	install -m 644 $(srcdir)/systemd/onced.bash '$(DESTDIR)$(completiondir)/onced'
	$(call copy,$(unitdir),$(UNITS))
	$(call to,$(mandir)/man5,$(MAN5))
	$(call to,$(mandir)/man8,$(MAN8))
	$(call to,$(catalogdir),$(CATALOGS))
	$(call to,$(docdir),$(DOCS) $(LICENSES))
	$(call to,$(docdir)/examples,$(EXAMPLES))
	test -e '$(DESTDIR)$(confdir)/onced.yaml' || \
		install -m 644 $(srcdir)/examples/onced.yaml '$(DESTDIR)$(confdir)/onced.yaml'

# What an operator wrote, the configuration and the state, stays.
uninstall:
	rm -f $(installed)
	-rmdir '$(DESTDIR)$(docdir)/examples' '$(DESTDIR)$(docdir)'

clean:
	rm -rf obj onced libonced.a libtest.a
	rm -rf $(addprefix build/,asan clang deb failpoints fuzz tsan)

distclean: clean
	rm -rf autom4te.cache aclocal.m4 configure configure~ install-sh config.log config.status \
		config.mak build

help:
	@echo "all                 build ./onced (V=1 shows commands, DEVELOPER=1 is -Werror)"
	@echo "check               everything below, in this order (under 25 minutes on two cores):"
	@echo "  tidy              rules of the source: includes, sizes, comments"
	@echo "  format-check      clang-format finds nothing to do (format: do it)"
	@echo "  check-unit        one program per module; check-sim: the worker on fakes, crashed"
	@echo "                    at every step; check-mock: librdkafka's in-process brokers"
	@echo "  check-asan, check-valgrind, check-tsan, check-clang"
	@echo "  check-integration against a real Kafka, which it starts; check-fault: with faults put"
	@echo "                    into it at chosen places (prove: all of them)"
	@echo "  fuzz-replay       each fuzzer over its corpus (fuzz TIME=60: search with libFuzzer)"
	@echo "  check-systemd     the service under a real systemd, in a box of its own (root)"
	@echo "deb                 build/deb/onced_VERSION_ARCH.deb"
	@echo "demo, prove, bench  see it work; kill it many times and verify; measure it"
	@echo "soak                random faults, for MINUTES=10 of them, by SEED"
	@echo "install, uninstall  honour DESTDIR and prefix"
	@echo "dist                onced-VERSION.tar.gz from the last commit"
	@echo "packages, deps      list the Debian packages; install those that are missing (root)"
	@echo "clean, distclean    remove what was built; and what was generated"
