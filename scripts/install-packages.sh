#!/bin/sh
# Installs what is missing, by apt: install-packages.sh COMMAND:PACKAGE...
#
# A package is missing when its command is. Without root it asks sudo; without apt it says what to install.
set -eu

PATH="$PATH:/usr/sbin:/sbin"
missing=
for pair in "$@"; do
  command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -z "$missing" ]; then
  echo "Nothing to install: all programs that are needed are here."
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "error: please install these (Debian's names):$missing" >&2
  exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
  as_root=
elif command -v sudo >/dev/null; then
  as_root=sudo
else
  echo "error: not root and no sudo; as root: apt-get install$missing" >&2
  exit 1
fi

apt() {
  # The lock: another apt may be at work on a machine that has just started.
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null >/dev/null
}

echo "Installing by apt:$missing"
# The first try fails where the lists are empty or old.
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $missing 2>/dev/null || {
  echo "Reading the package lists again."
  apt update
  apt install --no-install-recommends $missing
}
