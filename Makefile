# The same network programs written twice: threads and events.
#
#   make            build everything into build/
#   make compare    prove the twins alike, race them, write a report
#   make check      run the tests, under sanitizers
#   make builds     bring up to date what tests/run.py runs
#   make fuzz       SECONDS=10 for each target
#   make soak       MINUTES=10 of clients of all kinds
#   make coverage   which lines and branches the tests reach
#   make bench      how fast the twins are, against what the machine allows;
#                   ONLY=reply-50 ROUNDS=32
#   make rolling    restart servers behind HAProxy under load
#   make planted    servers slowed by a known time, and what compare says
#   make results    keep the last report in report/, for README.md to quote
#   make diff       read the twins side by side; FILE=guess_server, HTML=1
#   make exercise   port one yourself: NAME=guess_server DIR=~/port TO=evented
#   make install    PREFIX=/usr/local DESTDIR= bindir= libexecdir= mandir= ...
#   make dist       the sources as an archive; make deb: a Debian package
#   make deps       install what is missing (Debian packages)
#   make format     lay out the sources by .clang-format
#   make uninstall, make clean
#
#   make SAN=address,undefined    an instrumented build, in a folder of its own
#   make SAN=thread
#   make WERROR=1                 warnings are errors
#   make UCD=DIR                  the names of another Unicode version
#   make HARDENING=0 LTO=0        a distribution's CFLAGS and LDFLAGS, as given
#   make CC=clang
#   make CC=s390x-linux-gnu-gcc   for another machine; HOSTCC is for this one
#   make V=1                      show the commands

PACKAGE := threads-vs-events
VERSION := 0.1
PYTHON := /usr/bin/python3

# --- Where things go -------------------------------------------------------

# Where they are installed: the names of the GNU standards, and of what else
# looks into a folder of its own. DESTDIR is put before each of them.
PREFIX ?= /usr/local
prefix = $(PREFIX)
bindir = $(prefix)/bin
libexecdir = $(prefix)/libexec
datadir = $(prefix)/share
mandir = $(datadir)/man
docdir = $(datadir)/doc/$(PACKAGE)
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d

comma := ,
B := build$(if $(SAN),/$(subst $(comma),-,$(SAN)))

TWINS := threaded evented
PROGRAMS := echo-server guess-server guess-client charfinder flag-server \
	flags push-server spinner
TWIN_PROGRAMS := $(foreach t,$(TWINS),$(PROGRAMS:%=$(B)/$t/%))

COMMON_MAINS := common/charfind.c
COMMON := $(B)/obj/common/charindex_data.o $(patsubst %.c,$(B)/obj/%.o,\
	$(filter-out $(COMMON_MAINS),$(wildcard common/*.c)))
WEB := $(wildcard common/web/*)
WEB_OBJECTS := $(B)/obj/common/web.o $(B)/obj/common/push_page.o
CONTROLS = $(patsubst report/controls/%.c,%,\
	$(filter-out $(UNBUILT),$(wildcard report/controls/*.c)))
# Servers that others would write, where what they need is installed.
DEBIAN_PYTHON := /usr/lib/python3/dist-packages
SCRIPTS := $(if $(wildcard /usr/share/nodejs/ws),node_ws.js) \
	$(if $(and $(wildcard $(DEBIAN_PYTHON)/geventwebsocket),\
		$(wildcard $(DEBIAN_PYTHON)/bottle.py)),gevent_bottle.py)
SCRIPT_CONTROLS := $(foreach s,$(SCRIPTS),\
	$(B)/controls/$(subst _,-,$(basename $s)))
CONTROL_PROGRAMS = $(foreach c,$(CONTROLS),$(B)/controls/$(subst _,-,$c)) \
	$(SCRIPT_CONTROLS)
COMPARE := $(patsubst %.c,$(B)/obj/%.o,\
	$(filter-out report/controls/%,$(wildcard report/*.c report/*/*.c)))
# What tells what was measured, and what proves push servers alike: compare
# runs them as children.
TELLER := $(patsubst report/%,$(B)/%,$(wildcard report/alike/*.py \
	report/tell/*.py report/tell/*.toml report/tell/*.css))
UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
# Servers of the tests' own.
TEST_SERVERS := $(TWINS:%=$(B)/tests/%/waiter)
FUZZ_TARGETS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))

# --- How they are built ----------------------------------------------------

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
# CC may be a cross compiler; what runs during the build is for this machine.
HOSTCC ?= cc
HOST_CFLAGS ?= -O2 -g

# The flags given, if CC accepts them for its target, else nothing.
knows = $(shell $(CC) $(CFLAGS) -Werror $1 -x c -c -o /dev/null /dev/null \
	2>/dev/null && echo '$1')

# These controls need liburing, or libcurl.
unless_there = $(shell $(CC) -E -include $1 -x c -o /dev/null /dev/null \
	2>/dev/null || echo $(2:%=report/controls/%.c))
UNBUILT := $(call unless_there,liburing.h,bare_io_uring) \
	$(call unless_there,curl/curl.h,curl_easy curl_multi)

# Distributions have their own opinion of both; 0 leaves them to CFLAGS.
HARDENING ?= 1
LTO ?= 1

# Link-time optimisation: a fifth fewer instructions for a small request. With
# gcc only: ar needs its plugin to read such objects.
CLANG_IS_CC := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
LTO_FLAGS := $(if $(CLANG_IS_CC)$(filter 0,$(LTO)),,$(call knows,-flto=auto))
AR := $(shell $(CC) -print-prog-name=ar 2>/dev/null) $(if $(CLANG_IS_CC),,$(if \
	$(findstring -flto,$(LTO_FLAGS) $(CFLAGS)),--plugin \
	$(shell $(CC) -print-file-name=liblto_plugin.so 2>/dev/null)))

GCC_WARNINGS := -Wcast-align=strict -Wduplicated-cond -Wduplicated-branches \
	-Wlogical-op -Wimplicit-fallthrough=5
# Callbacks need not use every argument that they are passed.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Walloca -Wcast-qual -Wwrite-strings \
	-Wundef -Wnull-dereference -Wswitch-enum -Wunused-result -Wno-psabi \
	-Wno-unused-parameter \
	$(call knows,$(GCC_WARNINGS)) $(if $(WERROR),-Werror)
ifdef SAN
SAFETY := -fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# Only clang has a fuzzer, and HOSTCC need not be clang.
HOST_SAN := -fsanitize=$(subst fuzzer-no-link$(comma),,$(SAN)) \
	-fno-sanitize-recover=all
else ifdef COVERAGE
SAFETY := --coverage -fprofile-update=atomic -O0
else
STACK_WARNINGS := -Wframe-larger-than=4096 $(call knows,-Wstack-usage=8192)
override CFLAGS += $(LTO_FLAGS)
override LDFLAGS += -Wl,--gc-sections
ifneq ($(HARDENING),0)
ZERO := -ftrivial-auto-var-init=zero
# clang before 16 refuses it without this.
ZERO_MAY := $(ZERO) \
	-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
SAFETY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	$(call knows,-fstack-clash-protection) \
	$(call knows,-fcf-protection=full) \
	$(or $(call knows,$(ZERO)),$(call knows,$(ZERO_MAY)))
SAFETY_LD := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
endif
endif
# Not _TIME_BITS=64: libevent takes a struct timeval of the system's time_t.
override CPPFLAGS += -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DVERSION='"$(VERSION)"'
override CFLAGS += -std=c11 -fPIE -pthread $(WARNINGS) $(STACK_WARNINGS) \
	$(SAFETY)
override LDFLAGS += -pie -pthread $(if $(SAN),-fsanitize=$(SAN)) $(SAFETY_LD)
override HOST_CFLAGS += -std=c11 -Wall -Wextra $(if $(WERROR),-Werror) \
	$(HOST_SAN)

# Where the Unicode Character Database is, what of it is read, and where it
# stands what else characters are called.
UCD ?= /usr/share/unicode
UCD_FILES := UnicodeData Jamo Blocks Scripts DerivedAge
KEYWORDS := common/ucd

.PHONY: all help test programs servers tests disturbed fuzzers builds check \
	check-full dist deb completions \
	fuzz soak coverage coverage-figures compare install uninstall clean bench \
	planted rolling results diff exercise format format-check deps FORCE
.DELETE_ON_ERROR:

all: programs $(B)/compare $(B)/port.json $(TELLER)

help:
	@echo 'make                       build everything into build/'
	@echo 'make compare               build, race both twins, write a report'
	@echo 'make check, make test      the tests; make check-full: the long ones too'
	@echo 'make install, uninstall    with PREFIX, DESTDIR, bindir, libexecdir, ...'
	@echo 'make dist, make deb        the sources, or a Debian package, in build/dist'
	@echo 'make completions           bring those of the shells up to date'
	@echo 'make deps                  install the Debian packages that are missing'
	@echo 'make diff FILE=NAME        both twins side by side'
	@echo 'make exercise NAME=echo_server  port one yourself; DIR=~/port'
	@echo 'make bench, planted, rolling, results, fuzz, soak, coverage'
	@echo 'make format, format-check, clean'
	@echo 'Variables: CC, HOSTCC, CFLAGS, CPPFLAGS, LDFLAGS, WERROR=1, V=1,'
	@echo 'HARDENING=0 and LTO=0 (leave both to CFLAGS and LDFLAGS),'
	@echo 'SAN=address,undefined, UCD=DIR (Unicode Character Database)'

test: check

PRELOADED := torture trim stale slow
programs: $(TWIN_PROGRAMS) $(CONTROL_PROGRAMS) $(B)/charfind
servers: programs $(TEST_SERVERS)
tests: all servers $(UNIT_TESTS) $(FUZZ_TARGETS) \
	$(B)/tests/system/answers $(B)/tests/system/frames
disturbed: servers $(PRELOADED:%=$(B)/tests/preload/%.so) $(B)/tests/system/drip
fuzzers: $(FUZZ_TARGETS)

Q := $(if $(V),,@)

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libcommon.a: $(COMMON)
	@echo "  AR    $@"
	$Qrm -f $@
	$Q$(AR) rcs $@ $^

# The names of all characters become tables, then an object of which link-time
# optimisation could make nothing better; a section each, so that a program has
# those 11 MB only where it looks into them. Another UCD than last time: again.
$(B)/obj/common/charindex_data.o: $(B)/common/charindex_data.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -fno-lto -fdata-sections -MMD -MP -c -o $@ $<

$(B)/common/charindex_data.c: $(B)/ucd-compile $(B)/ucd \
		$(KEYWORDS)/keywords.txt \
		$(wildcard $(UCD_FILES:%=$(UCD)/%.txt))
	@mkdir -p $(@D)
	@echo "  UCD   $@"
	$Q$< $(UCD) $(KEYWORDS) $@.new && mv $@.new $@

$(B)/ucd: FORCE
	@mkdir -p $(@D)
	@echo '$(UCD)' | cmp -s - $@ || echo '$(UCD)' >$@

# Link-time optimisation does not see what the assembler puts in.
$(WEB_OBJECTS): override CFLAGS += -fno-lto
$(WEB_OBJECTS): $(WEB)

# What the port costs; the report can do without.
PORTING := report/porting
$(B)/port.json: $(PORTING)/port.py $(PORTING)/twins.py \
		$(wildcard common/*.[ch] threaded/*.[ch] evented/*.[ch])
	@mkdir -p $(@D)
	@echo "  PORT  $@"
	$Q$(PYTHON) -B $< >$@ || { rm -f $@; echo "the port is not counted"; }

$(TELLER): $(B)/%: report/%
	@mkdir -p $(@D)
	@cp $< $@

define link
@mkdir -p $(@D)
@echo "  LINK  $@"
$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)
endef

COMPILER := $(wildcard common/ucd/*.c) common/wordform.c
$(B)/ucd-compile: $(COMPILER) Makefile common/wordform.h common/charset.h \
		$(wildcard common/ucd/*.h common/charindex*.h)
	@mkdir -p $(@D)
	@echo "  HOSTCC $@"
	$Q$(HOSTCC) -I. -D_GNU_SOURCE $(HOST_CFLAGS) -o $@ $(COMPILER)

$(B)/charfind: $(B)/obj/common/charfind.o $(B)/libcommon.a
	$(link)
$(B)/charfind: LDLIBS = -lunistring

# What the programs of a twin share is an archive; a new program is a word in
# PROGRAMS.
define twin
$(B)/lib$1.a: $(filter-out $(patsubst %,$(B)/obj/$1/%.o,\
		$(subst -,_,$(PROGRAMS))),$(patsubst %.c,$(B)/obj/%.o,$(wildcard $1/*.c)))
	@echo "  AR    $$@"
	$$Qrm -f $$@
	$$Q$$(AR) rcs $$@ $$^
endef
define twin_program
$(B)/$1/$2: $(B)/obj/$1/$(subst -,_,$2).o $(B)/lib$1.a $(B)/libcommon.a
	$$(link)
endef
$(foreach t,$(TWINS),$(eval $(call twin,$t)) \
	$(foreach p,$(PROGRAMS),$(eval $(call twin_program,$t,$p))))
$(TWIN_PROGRAMS): LDLIBS = -lunistring
$(filter $(B)/evented/%,$(TWIN_PROGRAMS)): LDLIBS = -levent_core -lunistring
# The proof of a handshake is a hash in base64.
PUSH_SERVERS := $(TWINS:%=$(B)/%/push-server)
$(PUSH_SERVERS): LDLIBS += -lnettle

define test_server
$(B)/tests/$1/waiter: $(B)/obj/tests/system/waiter_$1.o $(B)/lib$1.a \
		$(B)/libcommon.a
	@mkdir -p $$(@D)
	$$(link)
endef
$(foreach t,$(TWINS),$(eval $(call test_server,$t)))
$(TEST_SERVERS): LDLIBS = -levent_core -lunistring

define control
$(B)/controls/$(subst _,-,$1): $(B)/obj/report/controls/$1.o
	@mkdir -p $$(@D)
	$$(link)
endef
$(foreach c,$(CONTROLS),$(eval $(call control,$c)))
$(CONTROL_PROGRAMS): LDLIBS = -levent_core
$(B)/controls/node-ws: report/controls/node_ws.js
$(B)/controls/gevent-bottle: report/controls/gevent_bottle.py
$(SCRIPT_CONTROLS):
	@mkdir -p $(@D)
	@$(INSTALL) $< $@
$(B)/controls/bare-io-uring: LDLIBS = -luring
$(B)/controls/curl-easy $(B)/controls/curl-multi: LDLIBS = -lcurl -levent_core

# It stands in the report how everything was compiled, and from what; but not
# in which folder, so that the result is the same in any.
BUILD_FLAGS = $(filter-out $(foreach f,debug file macro,-f$f-prefix-map=%),\
	$(CFLAGS))
$(B)/obj/commit: FORCE
	@mkdir -p $(@D)
	@{ [ -e .git ] && git describe --always --dirty --abbrev=12 || \
		cat common/package/commit || echo unknown; } 2>/dev/null >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
FORCE:
$(B)/obj/report/run/machine.o: $(B)/obj/commit
$(B)/obj/report/run/machine.o: override CPPFLAGS += \
	-DBUILD_FLAGS='"$(BUILD_FLAGS)"' -DBUILD_COMMIT='"$(shell cat $(B)/obj/commit)"'

# Where compare looks for what only it uses, as seen from where it is.
LIBEXEC = $(shell realpath -ms --relative-to=$(bindir) $(libexecdir))/$(PACKAGE)/
$(B)/obj/libexec: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBEXEC)' | cmp -s - $@ || echo '$(LIBEXEC)' >$@
$(B)/obj/report/run/programs.o: $(B)/obj/libexec
$(B)/obj/report/run/programs.o: override CPPFLAGS += -DLIBEXEC='"$(LIBEXEC)"'

$(B)/compare: $(COMPARE) $(B)/libcommon.a
	$(link)
$(B)/compare: LDLIBS = -ljansson -lunistring -levent_core -lm

# A test may call any module but the mains.
$(B)/tests/unit/test_%: $(B)/obj/tests/unit/test_%.o \
		$(B)/obj/tests/unit/unit.o \
		$(filter-out %/compare.o,$(COMPARE)) $(B)/libcommon.a
	$(link)
$(UNIT_TESTS): LDLIBS = $(shell $(PKG_CONFIG) --libs check) -ljansson \
	-lunistring -levent_core -lm
# They have room on the stack, unlike a server's threads.
$(UNIT_TESTS) $(FUZZ_TARGETS): STACK_WARNINGS =
# Memory is short in these at times.
SCARCE := $(addprefix $(B)/tests/unit/test_,channel charpage chartalk \
	flag_folder guess player push_site)
$(SCARCE): $(B)/obj/tests/unit/scarce.o
$(SCARCE): LDLIBS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray
# Calls of this one fail when its test wants them to.
$(B)/tests/unit/test_save: LDLIBS += $(patsubst %,-Wl$(comma)--wrap=%,close \
	fsync renameat write)
# And its: a decoder.
$(B)/tests/unit/test_picture: LDLIBS += -lgif
# Their oracle: ICU has the names and properties, too.
$(addprefix $(B)/tests/unit/test_,charblock chardetail charindex): LDLIBS += \
	$(shell $(PKG_CONFIG) --libs icu-uc)

# With libFuzzer, or with a main that replays inputs.
FUZZER := $(findstring fuzzer,$(SAN))
$(B)/tests/fuzz/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/libcommon.a \
		$(if $(FUZZER),,$(B)/obj/tests/fuzz/replay.o)
	$(link)
$(FUZZ_TARGETS): LDLIBS = -lunistring -ljansson $(if $(FUZZER),-fsanitize=fuzzer)

# What is said between hosts is compare's own.
$(B)/tests/fuzz/fuzz_wire: $(filter-out %/compare.o,$(COMPARE))
$(B)/tests/fuzz/fuzz_wire: LDLIBS += $(B)/libcommon.a -levent_core -lm

# For the same hash.
WEBSOCKET := $(addprefix $(B)/tests/,unit/test_websocket unit/test_push_site \
	fuzz/fuzz_websocket)
$(WEBSOCKET): LDLIBS += -lnettle
# Its oracle: libwslay has a parser of frames, too.
$(B)/tests/unit/test_websocket: LDLIBS += -lwslay

# Preloaded into servers: one makes calls fail, one gives back freed memory,
# one has a coarse clock that is late.
$(B)/tests/preload/%.so: tests/preload/%.c Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$Q$(CC) $(CPPFLAGS) $(filter-out -flto% -fPIE --coverage,$(CFLAGS)) -fPIC \
		-fno-builtin -U_FORTIFY_SOURCE -shared -o $@ $<

# It has a poll of its own, beside which there must be no inline one.
$(B)/obj/tests/unit/test_log.o: override CFLAGS += -U_FORTIFY_SOURCE

# What http_response makes of files, for comparing it with another parser.
$(B)/tests/system/answers: $(B)/obj/tests/system/answers.o $(B)/libcommon.a
	$(link)
$(B)/tests/system/answers: LDLIBS = -lunistring

# It has a memchr of its own, which must stay one.
$(B)/obj/tests/system/drip.o: override CFLAGS += -fno-lto -fno-builtin
$(B)/tests/system/drip: $(B)/obj/tests/system/drip.o $(B)/libcommon.a
	$(link)
$(B)/tests/system/drip: LDLIBS = -lunistring

# Shows what the parser of frames finds, to be compared with another's.
$(B)/tests/system/frames: $(B)/obj/tests/system/frames.o $(B)/libcommon.a
	$(link)
$(B)/tests/system/frames: LDLIBS = -lunistring -lnettle

$(B)/tests/bench/bench_%: $(B)/obj/tests/bench/bench_%.o $(B)/libcommon.a
	$(link)
$(B)/tests/bench/bench_%: LDLIBS = -lunistring
$(B)/tests/bench/bare-sender: $(B)/obj/tests/bench/bare_sender.o
	@mkdir -p $(@D)
	$(link)
$(B)/tests/bench/rate: $(B)/obj/tests/bench/rate.o \
		$(filter-out %/compare.o,$(COMPARE)) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(link)
$(B)/tests/bench/rate: LDLIBS = -ljansson -lunistring -levent_core -lm

# Preloaded into a server to make it slower by a known time.
$(B)/tests/preload/slow.so: tests/preload/slow.c Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$Q$(CC) -std=c11 -O2 -D_GNU_SOURCE $(WARNINGS) -shared -fPIC -o $@ $<

# Objects of tests are kept, like all others.
.SECONDARY:

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# --- What is done with them ------------------------------------------------

compare: deps
	$(MAKE) all
	build/compare

# The unit tests and the programs under ASan and UBSan, then the programs
# under TSan, then as they are with calls that fail; tests/run.py counts.
builds:
	$(MAKE) SAN=address,undefined tests
	$(MAKE) SAN=thread servers
	$(MAKE) all disturbed

check: deps
	$(MAKE) builds
	$(PYTHON) tests/run.py

check-full:
	$(MAKE) deps MORE_PACKAGES='$(MORE_PACKAGES) $(CLIENT_PACKAGES) \
		$(SERVER_PACKAGES) $(FULL_PACKAGES)'
	$(MAKE) builds
	$(PYTHON) tests/run.py --full
	$(PYTHON) tests/system/soak.py 5

# Search for inputs that break a rule of a target, SECONDS each, or INPUTS
# inputs, the same ones each time; needs clang.
SECONDS ?= 10
CLANG ?= clang-14
FUZZ := B=build/fuzz CC=$(CLANG) SAN=fuzzer-no-link,address,undefined
fuzz:
	$(MAKE) deps MORE_PACKAGES='$(CLANG) libclang-rt-14-dev'
	$(MAKE) $(FUZZ) fuzzers
	$(PYTHON) tests/fuzz/fuzz.py $(INPUTS:%=--inputs %) $(SECONDS)

# Clients of all kinds for so long, on both twins of both servers.
MINUTES ?= 10
soak: deps
	$(MAKE) disturbed
	$(PYTHON) tests/system/soak.py $(MINUTES)

# What the tests reach, file by file; it fails below the goals, and where a
# module of pure rules is not reached whole. Without the compiler of the names,
# which runs when the project is built and whose every row is compared with ICU;
# without branches that only a failing assertion takes. It begins with nothing:
# what is left of a source that was renamed would count. A server that has
# become another user writes its counts, too.
COVERED := common threaded evented
# The others ask the system or the user.
PURE := $(filter-out $(COMMON_MAINS) $(wildcard common/*cli.c) common/log.c \
	common/net.c common/privilege.c common/save.c common/flag_folder.c \
	common/flags_console.c,\
	$(wildcard common/*.c))
COVERAGE_BUILD := B=build/coverage COVERAGE=1
coverage:
	$(MAKE) deps MORE_PACKAGES=gcovr
	rm -rf build/coverage
	$(MAKE) $(COVERAGE_BUILD) tests disturbed
	chmod -R a+rwX build/coverage
	umask 0; $(PYTHON) tests/run.py --build build/coverage
	gcovr --root . $(COVERED:%=--filter %/) --exclude common/ucd/ \
		--exclude-branches-by-pattern '.*\bassert\(.*' \
		--object-directory build/coverage --json build/coverage/coverage.json \
		build/coverage
	$(MAKE) coverage-figures

# The figures of the last run.
GCOVR := gcovr --root . --add-tracefile build/coverage/coverage.json
coverage-figures:
	@mkdir -p build/coverage/html
	@$(GCOVR) --html-details build/coverage/html/index.html
	@$(GCOVR) --csv | awk -F, 'NR > 1 { \
		printf "%-26s %5.1f %% of %4d lines   %5.1f %% of %4d branches\n", \
		$$1, $$4 * 100, $$2, $$7 * 100, $$5 }'
	@echo "All (build/coverage/html/index.html shows what is not reached):"
	@$(GCOVR) --print-summary --fail-under-line 95 --fail-under-branch 90 \
		-o build/coverage/all.txt
	@echo "Modules without sockets, clocks and threads:"
	@$(GCOVR) $(PURE:%.c=--filter '%\.c') --print-summary \
		--fail-under-line 100 --fail-under-branch 100 \
		-o build/coverage/pure.txt

FINDERS := $(TWINS:%=$(B)/%/charfinder)
bench: $(B)/tests/bench/bench_charindex $(B)/tests/bench/bench_charpage \
		$(B)/tests/bench/rate $(B)/tests/bench/bare-sender programs
	$(if $(ONLY),,$(B)/tests/bench/bench_charindex $(B)/charfind $(FINDERS))
	$(if $(ONLY),,$(B)/tests/bench/bench_charpage)
	$(PYTHON) -B tests/bench/bench.py $(ONLY:%=--only %) \
		$(ROUNDS:%=--rounds %)

planted: all $(B)/tests/preload/slow.so
	$(PYTHON) tests/system/planted.py

rolling:
	$(MAKE) deps MORE_PACKAGES='$(SCALE_PACKAGES)'
	$(MAKE) programs
	$(PYTHON) -B report/scale/rolling.py --build $(B)

# Keeps the last report with the sources: report/results.json, report/RESULTS.md
# and what README.md quotes. REPORT=report/results.json puts the kept one into
# words again.
REPORT ?= build/report/report.json
results:
	@$(PYTHON) -I -B report/tell '$(REPORT)' --results .

# The twins in reading order, or the pairs that FILE names: guess_server,
# stream.c; COLOUR=1 for a pager, HTML=1 as a page beside the report.
diff:
	@$(PYTHON) -B $(PORTING)/diff.py $(if $(COLOUR),--colour) \
		$(if $(HTML),--html $(B)/report/port.html) $(FILE:%='%')

# A folder in which to port a program, checked step by step; TO=threaded, TO=any
# for another language.
NAME ?= echo_server
DIR ?= build/exercise/$(NAME)
TO ?= evented
exercise: export EXERCISE_WARNINGS = $(filter-out -Werror,$(WARNINGS))
exercise: export EXERCISE_CPPFLAGS = $(CPPFLAGS)
exercise: export EXERCISE_CFLAGS = $(CFLAGS)
exercise: export EXERCISE_LDFLAGS = $(LDFLAGS)
exercise: $(B)/libcommon.a
	@$(PYTHON) -B $(PORTING)/exercise.py $(BRIEF:%=--brief) --to '$(TO)' \
		'$(NAME)' '$(DIR)'

SOURCES := $(foreach f,common threaded evented report tests,\
	$(wildcard $f/*.[ch] $f/*/*.[ch]))
format:
	clang-format -i $(SOURCES)
format-check:
	clang-format --dry-run --Werror $(SOURCES)

clean:
	rm -rf build

# A command and the page of the manual that it is described in.
COMMANDS := $(foreach t,$(TWINS),$(PROGRAMS:%=%-$t))
SERVICES := charfinder flag-server guess-server push-server
MANUALS := $(wildcard common/man/*.1)
DOCUMENTS := README.md LICENSE common/protocols.md report/report-json.md \
	$(wildcard report/RESULTS.md) report/porting/reading.md \
	common/ucd/UNICODE-LICENSE.txt \
	$(wildcard CHANGELOG.md common/package/CHANGELOG.md)
COMPLETIONS := common/package/completions
INSTALL ?= install
D = $(DESTDIR)

install: all
	$(INSTALL) -d $(D)$(bindir) $(D)$(mandir)/man1 $(D)$(docdir) \
		$(addprefix $(D)$(libexecdir)/$(PACKAGE)/,controls tell alike) \
		$(D)$(bashcompdir) $(D)$(zshcompdir) $(D)$(fishcompdir) \
		$(D)$(unitdir) $(D)$(sysusersdir)
	for t in $(TWINS); do for p in $(PROGRAMS); do \
		$(INSTALL) $(B)/$$t/$$p $(D)$(bindir)/$$p-$$t && \
		ln -sf $$p.1 $(D)$(mandir)/man1/$$p-$$t.1 || exit 1; done; done
	$(INSTALL) $(B)/charfind $(D)$(bindir)
	$(INSTALL) $(B)/compare $(D)$(bindir)/$(PACKAGE)
	$(INSTALL) $(CONTROL_PROGRAMS) $(D)$(libexecdir)/$(PACKAGE)/controls
	$(INSTALL) -m 644 $(filter $(B)/tell/%,$(TELLER)) \
		$(D)$(libexecdir)/$(PACKAGE)/tell
	$(INSTALL) -m 644 $(filter $(B)/alike/%,$(TELLER)) \
		$(D)$(libexecdir)/$(PACKAGE)/alike
	[ ! -f $(B)/port.json ] || $(INSTALL) -m 644 $(B)/port.json \
		$(D)$(libexecdir)/$(PACKAGE)
	$(INSTALL) -m 644 $(MANUALS) $(D)$(mandir)/man1
	$(INSTALL) -m 644 $(DOCUMENTS) $(D)$(docdir)
	$(INSTALL) -m 644 $(COMPLETIONS)/$(PACKAGE).bash $(D)$(bashcompdir)/$(PACKAGE)
	$(INSTALL) -m 644 $(COMPLETIONS)/$(PACKAGE).zsh $(D)$(zshcompdir)/_$(PACKAGE)
	$(INSTALL) -m 644 $(COMPLETIONS)/$(PACKAGE).fish $(D)$(fishcompdir)
	for c in $(COMMANDS) charfind; do \
		ln -sf $(PACKAGE) $(D)$(bashcompdir)/$$c && \
		ln -sf $(PACKAGE).fish $(D)$(fishcompdir)/$$c.fish || exit 1; done
	for s in $(SERVICES); do \
		sed -e 's|@bindir@|$(bindir)|' -e "s|@program@|$$s|" \
			common/package/systemd/server@.service.in >$(B)/$$s@.service && \
		$(INSTALL) -m 644 $(B)/$$s@.service $(D)$(unitdir) || exit 1; done
	$(INSTALL) -m 644 common/package/systemd/$(PACKAGE).conf $(D)$(sysusersdir)

uninstall:
	rm -f $(addprefix $(D)$(bindir)/,$(COMMANDS) charfind $(PACKAGE)) \
		$(addprefix $(D)$(mandir)/man1/,$(notdir $(MANUALS)) \
			$(COMMANDS:%=%.1)) \
		$(addprefix $(D)$(bashcompdir)/,$(COMMANDS) charfind $(PACKAGE)) \
		$(D)$(zshcompdir)/_$(PACKAGE) $(addsuffix .fish,\
			$(addprefix $(D)$(fishcompdir)/,$(COMMANDS) charfind $(PACKAGE))) \
		$(SERVICES:%=$(D)$(unitdir)/%@.service) \
		$(D)$(sysusersdir)/$(PACKAGE).conf
	rm -rf $(D)$(libexecdir)/$(PACKAGE) $(D)$(docdir)

completions: programs $(B)/compare
	$(PYTHON) -B $(COMPLETIONS)/generate.py $(B)

# The sources, without what is only for this repository; the same bytes for the
# same commit.
DIST = $(B)/dist
dist:
	common/package/dist.sh $(PACKAGE)-$(VERSION) $(DIST)

# A Debian package of them, by debhelper: beside the archive, or in an unpacked
# one beside its folder.
deb:
ifeq ($(wildcard debian),)
	$(MAKE) deps PACKAGES='debhelper dpkg-dev fakeroot'
	$(MAKE) dist
	tar -C $(DIST) -xf $(DIST)/$(PACKAGE)-$(VERSION).tar.gz
	$(MAKE) -C $(DIST)/$(PACKAGE)-$(VERSION) deb
else
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc
endif

# --- What they need --------------------------------------------------------

# What the tests of the page need, 300 MB: .ci/run asks for it. Without it they
# are skipped, and counted as such.
BROWSER_PACKAGES := chromium chromium-driver python3-selenium fonts-noto-core

# Telnet clients, and WebSocket's, for the same.
CLIENT_PACKAGES := putty-tools inetutils-telnet busybox node-ws \
	python3-websockets

# With node-ws, what the push servers are raced against besides.
RIVAL_PACKAGES := python3-bottle python3-gevent python3-gevent-websocket

# Servers for the downloader, for the same.
SERVER_PACKAGES := nginx-light libnginx-mod-http-echo python3-aiohttp

# What stands before several servers, for the same.
SCALE_PACKAGES := haproxy

# These test manual pages, completions, units and the Debian package; the same.
PACKAGING_PACKAGES := debhelper fish groff-base lintian mandoc python3-yaml \
	systemd zsh

# What check-full needs besides.
FULL_PACKAGES := valgrind clang openssh-client openssh-server \
	$(PACKAGING_PACKAGES) $(SCALE_PACKAGES)

PACKAGES := gcc libc6-dev pkg-config libevent-dev libunistring-dev \
	libcurl4-gnutls-dev libgif-dev libjansson-dev nettle-dev libicu-dev \
	liburing-dev libwslay-dev iso-codes check strace python3 \
	python3-wsproto gnuplot-nox unicode-data iproute2 nftables \
	$(MORE_PACKAGES)

# dpkg-query exits non-zero when one is unknown; the list is what counts.
deps:
	@command -v dpkg-query >/dev/null || { \
		echo "This is no Debian; needed are: $(PACKAGES)"; exit 0; }; \
	missing=; for p in $(PACKAGES); do \
		dpkg-query -Wf '$${Status}' $$p 2>/dev/null \
			| grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	install="apt-get install -y --no-install-recommends$$missing"; \
	echo "Missing:$$missing"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; \
	elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "As root, run: apt-get update && $$install"; exit 1; fi; \
	$$sudo apt-get update -q && \
	$$sudo env DEBIAN_FRONTEND=noninteractive $$install
