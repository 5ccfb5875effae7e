#!/usr/bin/env bash
# scripts/check-modules against small trees that break one rule each, and one that breaks none.
# usage: check_modules_test.sh <scripts/check-modules>
set -euo pipefail
checker=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

new_tree() {
  rm -rf "$work/tree"
  mkdir -p "$work"/tree/{include/rhodrift,src}/{base,middle,top,store,cli}
  cat >"$work/tree/CMakeLists.txt" <<'DECLARATIONS'
# rhodrift_add_module(comment USES top)
rhodrift_add_module(base   PACKAGES fmt)
rhodrift_add_module(middle USES base)
rhodrift_add_module(top    USES middle
                           PACKAGES fmt)
rhodrift_add_module(store  USES base)
DECLARATIONS
}

# expect <exit status> <pattern that the output must hold, or nothing>
expect() {
  local status=0 output
  output=$("$checker" "$work/tree" 2>&1) || status=$?
  if ((status != $1)) || { [[ -n ${2-} ]] && ! grep -qF "$2" <<<"$output"; }; then
    echo "line ${BASH_LINENO[0]}: wanted status $1 and \"${2-}\", got status $status and: $output"
    failures=$((failures + 1))
  fi
}

# rejects <file> <include line> <pattern>: the file, with the include on its second line
rejects() {
  new_tree
  printf '#pragma once\n%s\n' "$2" >"$work/tree/$1"
  expect 1 "$1:2: $3"
}

# accepts <file> <include line>
accepts() {
  new_tree
  printf '#pragma once\n%s\n' "$2" >"$work/tree/$1"
  expect 0
}

accepts src/middle/a.cpp '#include <rhodrift/base/b.hpp>'
accepts src/top/a.cpp '#include <rhodrift/base/b.hpp>'
accepts src/top/a.cpp '#include "top/private.hpp"'
accepts src/top/a.cpp '#include "core/shared.hpp"'
accepts src/top/a.cpp '#include <rhodrift/version.hpp>'
accepts src/top/a.cpp '// #include <rhodrift/cli/b.hpp>'
accepts src/cli/a.cpp '#include <rhodrift/store/b.hpp>'
accepts src/store/a.cpp '#include <hdf5.h>'
accepts include/rhodrift/base/a.hpp '#include <armadillo>'

rejects src/base/a.cpp '#include <rhodrift/middle/b.hpp>' 'base may not include rhodrift/middle/b.hpp'
rejects src/store/a.cpp '#include "rhodrift/top/b.hpp"' 'store may not include rhodrift/top/b.hpp'
rejects include/rhodrift/base/a.hpp '  #  include <rhodrift/top/b.hpp>' 'base may not include'
rejects include/rhodrift/a.hpp '#include <rhodrift/base/b.hpp>' '(top level) may not include'
rejects src/top/a.cpp '#include "base/private.hpp"' 'top includes the private header base/private.hpp'
rejects src/top/a.cpp '#include <rhodrift/cli/b.hpp>' 'top includes rhodrift/cli/b.hpp; nothing'
rejects src/top/a.cpp '#include "cli/program.hpp"' 'top includes the private header cli/program.hpp'
rejects src/top/a.cpp '#include <rhodrift/comment/b.hpp>' 'rhodrift/comment/b.hpp is of no declared module'
rejects src/cli/a.cpp '#include <hdf5.h>' 'cli includes hdf5.h; only store may'
rejects src/base/a.cpp '#include <hdf5/serial/hdf5_hl.h>' 'base includes hdf5/serial/hdf5_hl.h'
rejects include/rhodrift/base/a.hpp '#include <fmt/format.h>' 'public header includes fmt/format.h'

new_tree
mkdir "$work/tree/src/stray"
touch "$work/tree/src/stray/a.cpp"
expect 1 'src/stray/a.cpp:1: stray is not declared'

new_tree
echo 'rhodrift_add_module(base USES top)' >>"$work/tree/CMakeLists.txt"
expect 1 'base and top use each other'

exit $((failures > 0))
