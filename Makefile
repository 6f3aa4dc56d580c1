# `make demo` and `make test` are all that a newcomer needs; both install first what is missing.
SWIFT ?= swift

.PHONY: demo test test-catalogue test-layouts test-debian-13 setup build bench bench-quick fuzz-kickstart man completions clean test-formats

# Builds the WSGI appliance, boots it and shows the page that it serves.
demo:
	@scripts/setup build run
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-variation
	$(SWIFT) build -c release --product stonebake-diskcache
	@scripts/demo

# The whole suite; no test is skipped where a tool is missing, so that the tools are installed first.
# The release build is one of the tests: its optimiser has crashed on code that builds without it. The tests run one
# after the other: most of the time goes into builds and boots, which have time limits and use all cores anyway.
test: setup
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-variation
	$(SWIFT) build -c release --product stonebake-diskcache
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel

# Every appliance of the catalogue is built, booted and proven; the summary is a table, JUnit, a page with screenshots, and
# docs/catalogue.md. About three minutes each without KVM. APPLIANCES="django broker" takes some; KEEP=yes keeps the images.
test-catalogue: setup
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-diskcache
	@scripts/test-catalogue $(APPLIANCES)

# Each way to divide disks by itself, built and booted: LVM, Btrfs with subvolumes, XFS, LUKS, two disks. The two layouts
# of `make test` hold all of it together; this is for whoever works on one. About two minutes each.
LAYOUTS ?= lvm btrfs xfs luks two-disks
test-layouts: setup
	$(SWIFT) build --build-tests
	STONEBAKE_LAYOUTS="$(LAYOUTS)" $(SWIFT) test --skip-build --no-parallel --filter LayoutTests

# What `make test` leaves out of the formats: a real appliance in all of them, judged by the same programs and by Glance,
# LXD and Vagrant, and booted again from qcow2, VMDK, VHD, VHDX and OVA, BIOS and UEFI. Needs root; about half an hour, 20 GB.
test-formats: build
	@scripts/setup build run test formats
	@scripts/test-formats

# The same bytes in a Debian 13 root, which it makes (about 1 GB, 2.5 min once); needs root. About 3 min more each time, so
# that it is no part of `make test`.
test-debian-13: build
	@scripts/setup bench
	@scripts/test-debian-13

setup:
	@scripts/setup build run test

build:
	@scripts/setup build
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-variation
	$(SWIFT) build -c release --product stonebake-diskcache

# Stonebake beside mkosi, mmdebstrap, debos and vmdb2: Benchmarks/side-by-side.md. Needs root, and about half an hour.
RUNS ?= 5
bench:
	@scripts/setup build run bench
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-diskcache
	Benchmarks/side-by-side --runs $(RUNS)

# One round, to try it; the table goes to .build-bench and not into the repository.
bench-quick:
	@scripts/setup build run bench
	$(SWIFT) build -c release --product stonebake
	$(SWIFT) build -c release --product stonebake-diskcache
	Benchmarks/side-by-side --runs 1 --fresh --output .build-bench/side-by-side.md

# A million changed pieces of Kickstart files are read: docs/kickstart.md. About 12 min.
INPUTS ?= 1000000
fuzz-kickstart:
	$(SWIFT) build --product kickstart-fuzz
	.build/debug/kickstart-fuzz $(INPUTS) Tests/KickstartTests/Files $(wildcard ../shared/kickstart-corpus)

# The manual page and the shell completions come from the declarations of the subcommands.
man:
	$(SWIFT) build --product stonebake
	$(SWIFT) build --product generate-manual
	.build/debug/generate-manual .build/debug/stonebake --output-directory docs

completions: build
	for shell in bash zsh fish; do \
		.build/release/stonebake --generate-completion-script $$shell > .build/stonebake.$$shell || exit 1; \
	done

clean:
	rm -rf .build Images
