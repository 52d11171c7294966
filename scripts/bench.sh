#!/bin/sh
# Runs the benchmark in a network namespace of its own: bench.sh KSPOLICY BENCH
set -eu

PATH="$PATH:/usr/sbin:/sbin"
kspolicy=$(realpath "$1") bench=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What runs is a copy, as `make install` makes one: the file that a linker has just written lies in the page cache
# in small pieces, and starting it takes a third longer.
cp "$kspolicy" "$folder/kspolicy"
kspolicy=$folder/kspolicy

if [ "$(id -u)" -eq 0 ]; then user=; else user='--user --map-root-user'; fi
# shellcheck disable=SC2086 # a list of words
if ! unshare $user --net true; then
  echo "error: this machine does not allow network namespaces; nft cannot check rules without one" >&2
  exit 1
fi

echo "kspolicy $("$kspolicy" --version), $(nft --version), Linux $(uname -r)"
echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo "Medians of user and system time; kspolicy and nft take turns."
# shellcheck disable=SC2086 # a list of words
unshare $user --net --kill-child "$bench" "$kspolicy" "$folder"
