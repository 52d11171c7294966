SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

BINARY := .build/release/kspolicy
SOURCES := Package.swift $(shell find Sources -type f)
# A static program needs no Swift at run time and starts in half the time of a dynamic one.
RELEASE_FLAGS := -c release --product kspolicy --static-swift-stdlib \
  -Xswiftc -static-executable -Xlinker --gc-sections -Xlinker -s

bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

.DEFAULT_GOAL := help
.PHONY: help release install uninstall format lint

help: ## List what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

release: $(BINARY) ## Build the program for use.

$(BINARY): $(SOURCES)
	$(SWIFT) build $(RELEASE_FLAGS)
	@touch $(BINARY)

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

lint: ## Check layout and style of the code and the man page.
	$(SWIFT) format lint --strict -r Package.swift Sources Tests
	mandoc -Tlint packaging/kspolicy.1
