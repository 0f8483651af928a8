SHELL := /bin/bash
# npm brings its own Node 24: everything below runs under it, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
STAMP := node_modules/.package-lock.json

.PHONY: help run test check install policy policy-ci generate fmt conformance fuzz bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or newer'; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@node scripts/ensure-node.mjs
	@touch $(STAMP)

install: $(STAMP) ## install what everything else needs

run: $(STAMP) ## serve the filesystem server over examples/workspace, judged by the default policy
	@node scripts/demo.ts

test: $(STAMP) ## run every test, the Rego ones included
	@node scripts/test.ts

check: $(STAMP) ## what CI checks besides the tests, quickest first
	@node scripts/check.ts

policy: $(STAMP) ## build wasm/bundle.tar.gz from policies/
	@scripts/build-policy.sh

policy-ci: $(STAMP) ## what a policy repository runs in CI, on this one: check, test, coverage, replay, diff
	@OPA="$$(scripts/opa.sh)" node cli/portcullis.ts policy ci policies/mcp policies/packs policies/data.yaml \
	  policies/checks policies/explain --tests rego-tests --coverage 95 \
	  --data examples/exfiltration/data.yaml --against wasm/bundle.tar.gz

generate: $(STAMP) ## write the generated schemas and docs
	@node scripts/generate.ts

fmt: $(STAMP) ## format everything
	@biome check --write . && "$$(scripts/opa.sh)" fmt --write policies rego-tests

conformance: $(STAMP) ## the official MCP suite, servers and clients, direct against proxied
	@node scripts/conformance-through-gate.ts && node scripts/conformance-client.ts

fuzz: $(STAMP) ## ten million mutated frames through the reader and three others (FUZZ_RUNS, FUZZ_SEED)
	@node scripts/fuzz.ts

bench: $(STAMP) ## decision and proxy benchmarks into docs/performance.md, some minutes on an idle machine
	@npm run --silent bench:decide > .cache/decide.md && npm run --silent bench:proxy > .cache/proxy.md
	@cat bench/preface.md .cache/decide.md .cache/proxy.md bench/notes.md > docs/performance.md

clean: ## remove what was built and installed
	rm -rf node_modules dist coverage var
