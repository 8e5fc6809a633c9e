#!/bin/sh
# The programs that the tests steer, beside Node: installs what is missing where that can be done without asking (root on
# Debian and its kin), else says what is missing and how to get it, and fails. No test is skipped for want of one.
set -eu

# program:package
wanted='busybox:busybox bash:bash dash:dash tmux:tmux strace:strace sqlite3:sqlite3 setpriv:util-linux ps:procps script:bsdutils patch:patch zsh:zsh fish:fish mandoc:mandoc jq:jq'
# What the kernel of macOS has no counterpart for is not used there.
[ "$(uname -s)" = Darwin ] && wanted='bash:bash dash:dash tmux:tmux sqlite3:sqlite fish:fish mandoc:mandoc jq:jq'

missing_packages() {
  for pair in $wanted; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair#*:}"
  done
}

missing=$(missing_packages)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  # The lists of a fresh container are empty, those of an old one may name what is no longer there: bring them up to
  # date only where installing fails without.
  # shellcheck disable=SC2086 # a list of words
  if ! apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; then
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
  fi
  missing=$(missing_packages)
  [ -n "$missing" ] || exit 0
fi

if [ "$(uname -s)" = Darwin ]; then
  how="brew install $missing"
else
  how="sudo apt-get update && sudo apt-get install -y $missing  (or your distribution's packages of these names)"
fi
printf 'tests: missing: %s\n  try: %s\n' "$missing" "$how" >&2
exit 1
