# oomguard: `make run` shows it at work, `make test` tests it. The rest serves these two, and packagers.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run test build lint format install deps test-deps deb boot-test bench clean

SWIFT ?= swift
PREFIX ?= /usr
SYSCONFDIR ?= /etc
UNITDIR ?= /lib/systemd/system
BUILD := .build/release
APT := env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300

# A static Swift runtime, so that the machine it is installed on needs no Swift; small rather than
# fast, and without what nobody calls, since every page of the daemon stays in memory.
# Nothing is exported, or else nothing could be left out; relocations are packed (DT_RELR, glibc 2.36);
# of libstdc++ only what the Swift runtime calls; and what runs lies together (Tests/Benchmarks/order).
STATIC := .build/static
RELEASE := -c release --static-swift-stdlib --disable-index-store \
  -Xswiftc -Osize -Xswiftc -Xfrontend -Xswiftc -function-sections \
  -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=all -Xlinker -s \
  -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs \
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

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

# What has to be there to build: the headers of libsystemd and toml++. Asked of apt only if missing.
deps:
	@command -v $(SWIFT) >/dev/null || { echo 'a Swift 6.2 toolchain or later is needed: see swift.org/install' >&2; exit 1; }
	@missing=(); \
	[ -e /usr/include/systemd/sd-daemon.h ] || missing+=(libsystemd-dev); \
	[ -e /usr/include/toml++/toml.h ] || missing+=(libtomlplusplus-dev); \
	if [ $${#missing[@]} -gt 0 ]; then \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  echo "installing $${missing[*]}"; \
	  $$as_root $(APT) update >/dev/null && $$as_root $(APT) install --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

# What only tests need: a journal to read is made by systemd-journal-remote. Without it they say what they skip.
test-deps:
	@if [ "$$(id -u)" = 0 ] && [ ! -e /lib/systemd/systemd-journal-remote ]; then \
	  $(APT) update >/dev/null; $(APT) install --no-install-recommends systemd-journal-remote >/dev/null || true; \
	fi

VERSION := $(shell sed -n 's/.*version = "\(.*\)"/\1/p' Sources/GuardStatus/Release.swift)

# The Debian package, in .build/deb.
deb: build
	packaging/build-deb $(VERSION) $(BUILD) .build/deb

# What only a whole Debian can show: systemd, journald, cgroup v2, real OOM kills, in emulated machines.
# SCENARIO=name runs one of Tests/Boot/scenarios, IMAGE=trixie another Debian, JOBS=1 one machine at a time.
IMAGE ?= bookworm
boot-test: deb
	Tests/Boot/run --cache .build/boot --suite $(IMAGE) $(if $(JOBS),--jobs $(JOBS)) \
	  --deb .build/deb/oomguard_$(VERSION)_*.deb $(SCENARIO)

# How fast, how seldom and how small, beside the least that C needs for the same: a table of ratios.
# WHAT=starts, surveys, victims or rest measures one part.
bench: build
	Tests/Benchmarks/run --binaries $(BUILD) $(WHAT)

# For packagers and the brave: everything below DESTDIR; an existing configuration stays.
install: build
	install -D -m 0755 $(BUILD)/oomguardd $(DESTDIR)$(PREFIX)/sbin/oomguardd
	install -D -m 0755 $(BUILD)/oomguardctl $(DESTDIR)$(PREFIX)/bin/oomguardctl
	install -D -m 0644 packaging/oomguard.service $(DESTDIR)$(UNITDIR)/oomguard.service
	install -D -m 0644 packaging/catalog/oomguard.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/oomguard.catalog
	[ -e $(DESTDIR)$(SYSCONFDIR)/oomguard.conf ] || install -D -m 0644 config/oomguard.conf $(DESTDIR)$(SYSCONFDIR)/oomguard.conf

clean:
	rm -rf .build
