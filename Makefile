SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

BINARY := .build/release/kspolicy
SOURCES := Package.swift $(shell find Sources -type f)
# A static program needs no Swift at run time and starts in half the time of a dynamic one; it starts faster still
# when types are not looked up by name. lld does not warn of name services, which a static glibc does not have:
# the program asks getent(1) instead.
RELEASE_FLAGS := -c release --static-swift-stdlib -Xswiftc -static-executable \
  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
  -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker -s
PROBE := .build/release/packet-probe

# COMMAND:PACKAGE, for scripts/install-packages.sh.
DEMO_NEEDS := nft:nftables iptables:iptables ipset:ipset ip:iproute2 unshare:util-linux \
  wg:wireguard-tools wireguard-go:wireguard-go
TEST_NEEDS := openvpn:openvpn socat:socat tcpdump:tcpdump ping:iputils-ping \
  shellcheck:shellcheck dash:dash mandoc:mandoc zsh:zsh fish:fish python3:python3 patch:patch

bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

.DEFAULT_GOAL := help
FUZZ_COUNT ?= 1000000
FUZZ_SEED ?= 1

.PHONY: help demo test golden bench fuzz release install uninstall format lint

help: ## List what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Compile a real policy for each target, load it in a scratch network, show what passes.
	@scripts/install-packages.sh $(DEMO_NEEDS)
	@$(MAKE) --no-print-directory $(BINARY) $(PROBE)
	@scripts/demo.sh $(BINARY) $(PROBE)

test: ## Install what the tests need, check style, run all tests.
	@scripts/install-packages.sh $(DEMO_NEEDS) $(TEST_NEEDS)
	$(MAKE) --no-print-directory lint
	$(SWIFT) test

golden: ## Write golden/ anew and show the difference; never succeeds.
	@scripts/golden.sh

bench: ## Measure speed and memory against nft.
	@scripts/install-packages.sh $(DEMO_NEEDS)
	@$(MAKE) --no-print-directory $(BINARY)
	$(SWIFT) build -c release --package-path Benchmarks
	@scripts/bench.sh $(BINARY) Benchmarks/.build/release/bench

fuzz: ## Feed FUZZ_COUNT mutated policies to parser, formatter and resolver.
	$(SWIFT) build -c release --product policy-fuzz
	.build/release/policy-fuzz $(FUZZ_COUNT) $(FUZZ_SEED)

release: $(BINARY) ## Build the program for use.

$(BINARY): $(SOURCES)
	$(SWIFT) build $(RELEASE_FLAGS) --product kspolicy
	@touch $@

$(PROBE): Package.swift $(shell find Tests/PacketProbe Tests/CKernelTest -type f)
	$(SWIFT) build $(RELEASE_FLAGS) --product packet-probe
	@touch $@

install: $(BINARY) ## Install program, man page and completions below PREFIX (/usr/local).
	install -d $(bindir) $(mandir) $(bashdir) $(zshdir) $(fishdir)
	install -m 755 $(BINARY) $(bindir)/kspolicy
	install -m 644 packaging/kspolicy.1 $(mandir)/kspolicy.1
	$(BINARY) completions bash > $(bashdir)/kspolicy
	$(BINARY) completions zsh > $(zshdir)/_kspolicy
	$(BINARY) completions fish > $(fishdir)/kspolicy.fish
	chmod 644 $(bashdir)/kspolicy $(zshdir)/_kspolicy $(fishdir)/kspolicy.fish

uninstall: ## Remove what install has put there.
	rm -f $(bindir)/kspolicy $(mandir)/kspolicy.1 $(bashdir)/kspolicy $(zshdir)/_kspolicy \
	  $(fishdir)/kspolicy.fish

format: ## Lay out the Swift code.
	$(SWIFT) format -i -r Package.swift Sources Tests

lint: ## Check layout and style of the code, the scripts and the man page.
	$(SWIFT) format lint --strict -r Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources
	shellcheck scripts/*.sh .ci/run
	mandoc -Tlint -W warning packaging/kspolicy.1
