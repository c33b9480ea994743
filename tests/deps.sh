#!/bin/sh
# tests/deps.sh [analyze|bench|differential|engines|fuzz|sandbox|vm] - install the Debian
# packages that building and testing need.
#
# Asks dpkg first: when nothing is missing it needs no network, no root and no time.
# `engines` adds engines that run husk, `bench` what tests/bench/run.sh compares with, `differential`
# the same for tests/conformance/differential/run.sh, `analyze` the tools of tests/analyze.sh,
# `fuzz` libFuzzer, `sandbox` what tests/engines/sandbox.sh makes its trees with, `vm` what
# tests/vm/boot.sh makes guests with.
set -eu

packages="gcc make libc6-dev libseccomp-dev libjsmn-dev libcmocka-dev musl-tools libsystemd-dev
	busybox-static jq util-linux libmnl-dev iproute2 procps uidmap nftables passt gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
case ${1-} in
bench | differential)	packages="$packages runc crun" ;;
engines) packages="$packages podman slirp4netns python3-kubernetes" ;;
analyze)	packages="$packages clang-tidy cppcheck" ;;
fuzz)	packages="$packages clang libclang-rt-14-dev" ;;
sandbox) packages="$packages mmdebstrap" ;;
vm)	packages="$packages mmdebstrap patchelf e2fsprogs xz-utils kmod qemu-system-x86 checkpolicy" ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "deps: this is no Debian; make sure that these, by Debian's names, are there:" $packages >&2
	exit 0
fi

missing=
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing:$missing" >&2
	echo "deps: as root: apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "deps: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
install()
{
	apt-get install -qq -y --no-install-recommends $missing </dev/null >"$log" 2>&1
}
# Package lists may be missing or out of date, and a network may hiccup once.
install || { apt-get update -qq </dev/null >"$log" 2>&1 && install; } || {
	tail -n 20 "$log" >&2
	echo "deps: could not install$missing" >&2
	exit 1
}
