# oomguard: `make run` shows it at work, `make test` tests it. The rest serves these two, and packagers.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run test build lint format install install-files uninstall deps test-deps deb rpm check-package boot-test experiments bench fuzz faults soak sanitize check-long clean

SWIFT ?= swift
PREFIX ?= /usr
UNITDIR ?= $(PREFIX)/lib/systemd/system
# Where zsh looks for what comes with packages: Fedora and its kin have a name of their own for it.
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
BUILD := .build/release
COMPLETIONS := .build/completions
APT := env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300

# A static Swift runtime, so that the machine it is installed on needs no Swift; small rather than
# fast, and without what nobody calls, since every page of the daemon stays in memory.
# Nothing is exported, or else nothing could be left out; relocations are packed (DT_RELR, glibc 2.36);
# of libstdc++ only what the Swift runtime calls; what runs lies together (Tests/Benchmarks/order); and every
# function is found at the start, not when memory is short.
STATIC := .build/static
RELEASE := -c release --static-swift-stdlib --disable-index-store \
  -Xswiftc -Osize -Xswiftc -Xfrontend -Xswiftc -function-sections \
  -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=all -Xlinker -s \
  -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs -Xlinker -z -Xlinker now \
  -Xswiftc -L$(STATIC) -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
  -Xlinker --symbol-ordering-file=packaging/oomguardd.order -Xlinker --no-warn-symbol-ordering

run: build
	packaging/demo $(BUILD)

# Compared whole values need a fresh binary: the tests run oomguardd and oomguardctl as well.
test: deps test-deps
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

build: deps
	@mkdir -p $(STATIC) && ln -sf "$$(cc -print-file-name=libstdc++.a)" $(STATIC)
	$(SWIFT) build $(RELEASE) --product oomguardd
	$(SWIFT) build $(RELEASE) --product oomguardctl
	$(SWIFT) build $(RELEASE) --product oomguard-varlink
	@mkdir -p $(COMPLETIONS)
	$(BUILD)/oomguardctl --generate-completion-script bash | sed '1{/^#!/d}' >$(COMPLETIONS)/oomguardctl  # it is no program
	$(BUILD)/oomguardctl --generate-completion-script zsh >$(COMPLETIONS)/_oomguardctl
	$(BUILD)/oomguardctl --generate-completion-script fish >$(COMPLETIONS)/oomguardctl.fish

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

# Asks apt for packages, each named as package:program or package:/a/file, if what they bring is missing.
missing = missing=(); \
	for one in $(1); do command -v "$${one\#*:}" >/dev/null || [ -e "$${one\#*:}" ] || missing+=("$${one%%:*}"); done
ensure = @$(call missing,$(1)); \
	if [ $${\#missing[@]} -gt 0 ]; then \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  echo "installing $${missing[*]}"; \
	  $$as_root $(APT) update >/dev/null && $$as_root $(APT) install --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

# What has to be there to build: the headers of libsystemd and toml++.
deps:
	@command -v $(SWIFT) >/dev/null || { echo 'a Swift 6.2 toolchain or later is needed: see swift.org/install' >&2; exit 1; }
	$(call ensure,libsystemd-dev:/usr/include/systemd/sd-daemon.h libtomlplusplus-dev:/usr/include/toml++/toml.h)

# What only tests need: systemd-journal-remote makes journals to read, tmux is a terminal, zsh and fish are shells to
# complete in, man-db reads manuals, the package `varlink` of PyPI is a client that nobody here wrote, and promtool, of which
# Debian's package brings a whole server, judges metrics. Without one of them the tests say what they skip.
test-deps:
	@[ -x .build/python/bin/python3 ] || { \
	  python3 -m venv .build/python && .build/python/bin/pip -q install varlink==31.0.0; \
	} >/dev/null 2>&1 || rm -rf .build/python
	@if [ "$$(id -u)" = 0 ]; then \
	  $(call missing,systemd-journal-remote:/lib/systemd/systemd-journal-remote tmux:tmux zsh:zsh fish:fish man-db:man); \
	  if [ $${#missing[@]} -gt 0 ]; then \
	    $(APT) update >/dev/null || true; \
	    for one in "$${missing[@]}"; do $(APT) install --no-install-recommends "$$one" >/dev/null || true; done; \
	  fi; \
	fi
	@[ -x .build/promtool/usr/bin/promtool ] || command -v promtool >/dev/null || { \
	  mkdir -p .build/promtool && cd .build/promtool && apt-get -q download prometheus && \
	  dpkg --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool && rm prometheus_*.deb; \
	} >/dev/null 2>&1 || rm -rf .build/promtool

VERSION := $(shell sed -n 's/.*version = "\(.*\)"/\1/p' Sources/GuardStatus/Release.swift)

# The Debian package, in .build/deb. It calls for `build` itself.
deb: deps
	$(call ensure,debhelper:dh dpkg-dev:dpkg-buildpackage)
	packaging/build-deb $(VERSION) .build/deb

# The package for Fedora and its kin, in .build/rpm.
rpm: build
	$(call ensure,rpm:rpmbuild)
	packaging/build-rpm $(VERSION) .build/rpm

# What can be said of the packages without installing them: lintian, systemd-analyze, both hold the same files.
check-package: deb rpm
	$(call ensure,lintian:lintian systemd:systemd-analyze)
	packaging/check .build/deb/oomguard_$(VERSION)_*.deb .build/rpm/oomguard-$(VERSION)-*.rpm

# What only a whole Debian can show: systemd, journald, cgroup v2, real OOM kills, in emulated machines.
# SCENARIO=name runs one of Tests/Boot/scenarios, IMAGE=trixie another Debian, JOBS=1 one machine at a time. SCENARIO=peers,
# which runs only when it is asked for, has oomguard and others who guard memory at rest side by side: a table.
IMAGE ?= bookworm
boot-test: deb
	Tests/Boot/run --cache .build/boot --suite $(IMAGE) $(if $(JOBS),--jobs $(JOBS)) \
	  --deb .build/deb/oomguard_$(VERSION)_*.deb $(SCENARIO)

# Memory of each kind made for real: here, where it is counted and what frees it; in the emulated machine, what the kernel
# takes back of each when memory is short, and how. Tables. As root; drops this machine's caches.
experiments: build
	$(BUILD)/oomguardctl experiment $(KIND)
	$(MAKE) boot-test SCENARIO="memory_kinds reclaim_kinds"

# How fast, how seldom and how small, beside the least that C needs for the same: a table of ratios.
# WHAT=starts, surveys, victims, pressure, kills, parse, watch, rest, held, turns, peers or storms measures one part.
bench: build
	Tests/Benchmarks/run --binaries $(BUILD) $(WHAT)

# Half an hour, or MINUTES=2, of everything at once: 200 process starts a second, a reload a second, 20 who ask for the
# status, kills, floods of the kernel's log; memory, descriptors and latencies, and whether any of them grows. As root.
soak: build
	Tests/Benchmarks/run --binaries $(BUILD) --soak $(or $(MINUTES),30)

# Input that nobody thought of, for the parsers of text that strangers choose: ten minutes in all, or SECONDS=60.
# WHAT=log-text tries one of them, KEEP=1 puts what it learns into Tests/Fuzz/corpus.
fuzz: deps
	Tests/Fuzz/run --seconds $(or $(SECONDS),600) $(if $(KEEP),--keep) $(WHAT)

# What becomes of the promises when system calls of the daemon fail, one after the other: a line each, and a table.
# WHAT=start, steady, stop, state or world makes one part; QUICK=--quick one error of each call.
faults: build
	$(call ensure,strace:strace)
	Tests/Faults/run $(QUICK) $(BUILD)/oomguardd $(WHAT)

# The tests under AddressSanitizer and ThreadSanitizer, and the daemon under valgrind; WHAT=address, thread or valgrind.
sanitize: deps test-deps
	$(call ensure,valgrind:valgrind)
	Tests/Sanitizers/run $(WHAT)

# All that takes long, and a dated table of how it ended: sanitize, fuzz, faults, soak, and the scenarios in another Debian.
# WHAT="faults soak" makes some of it, MINUTES=2 a shorter soak, FUZZ_SECONDS=60 less fuzzing.
check-long:
	.ci/long $(WHAT)

# For packagers and the brave: everything below DESTDIR; an existing configuration stays. Both packages have their
# files from here. A file that is added to one of the directories named below is installed without a word here.
install: build install-files

UNITS := $(wildcard $(addprefix packaging/*.,service socket timer slice))

# put DIRECTORY,FILES,MODE: what becomes of each, here and at `make uninstall`.
define files
$(call put,$(PREFIX)/sbin,$(BUILD)/oomguardd,0755)
$(call put,$(PREFIX)/bin,$(BUILD)/oomguardctl,0755)
$(call put,$(PREFIX)/libexec,$(BUILD)/oomguard-varlink,0755)
$(call put,$(UNITDIR),$(UNITS))
$(call put,$(PREFIX)/lib/tmpfiles.d,$(wildcard packaging/tmpfiles.d/*.conf))
$(call put,$(PREFIX)/lib/systemd/catalog,$(wildcard packaging/catalog/*.catalog))
$(call put,$(PREFIX)/share/varlink,$(wildcard packaging/*.varlink))
$(call put,$(PREFIX)/share/man/man1,$(wildcard packaging/man/*.1))
$(call put,$(PREFIX)/share/man/man5,$(wildcard packaging/man/*.5))
$(call put,$(PREFIX)/share/man/man8,$(wildcard packaging/man/*.8))
$(call put,$(PREFIX)/share/bash-completion/completions,$(COMPLETIONS)/oomguardctl)
$(call put,$(ZSHDIR),$(COMPLETIONS)/_oomguardctl)
$(call put,$(PREFIX)/share/fish/vendor_completions.d,$(COMPLETIONS)/oomguardctl.fish)
$(call put,$(PREFIX)/share/doc/oomguard,README.md CHANGELOG.md $(wildcard packaging/doc/*))
$(call put,$(PREFIX)/share/doc/oomguard/examples,$(wildcard packaging/examples/*))
endef

install-files: put = $(if $(2),install -D -m $(or $(3),0644) -t $(DESTDIR)$(1) $(2))
install-files:
	$(files)
	sed -i -E 's,/usr/(s?bin|libexec|share/doc)/oomguard,$(PREFIX)/\1/oomguard,' \
	  $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS))) $(DESTDIR)$(PREFIX)/lib/systemd/catalog/oomguard.catalog
	install -d $(DESTDIR)/etc/oomguard.conf.d
	[ -e $(DESTDIR)/etc/oomguard.conf ] || install -D -m 0644 -t $(DESTDIR)/etc config/oomguard.conf

# What `make install` with the same DESTDIR and PREFIX has put there, but for a configuration that was edited.
uninstall: put = rm -f $(addprefix $(DESTDIR)$(1)/,$(notdir $(2)))
uninstall:
	$(files)
	[ ! -e $(DESTDIR)$(PREFIX)/share/doc/oomguard ] || rmdir $(DESTDIR)$(PREFIX)/share/doc/oomguard{/examples,}
	[ ! -e $(DESTDIR)/etc/oomguard.conf.d ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)/etc/oomguard.conf.d
	! cmp -s config/oomguard.conf $(DESTDIR)/etc/oomguard.conf || rm $(DESTDIR)/etc/oomguard.conf

clean:
	rm -rf .build
