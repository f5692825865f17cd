#!/usr/bin/env bash
# What 'cmake --install' lays down is complete: each program runs, each unit names a program and a configuration that are there, and each
# client's example finds its client.
#   install.sh BUILD   the build folder
. "$(dirname "$0")/support.sh"
build=$1
open_test_fleet
DESTDIR=$work cmake --install "$build" >"$work/install.log" || fail "cmake --install failed: $work/install.log"
for program in skerry skerry-coordinator skerry-node; do
  "$work/usr/bin/$program" --version >/dev/null || fail "$program does not run"
done
[ -x "$work/usr/bin/skerry-learner" ] || fail "skerry-learner is not beside skerry-node"
for unit in skerry-coordinator skerry-node; do
  file=$work/usr/lib/systemd/system/$unit.service
  started=$(sed -n 's/^ExecStart=//p' "$file")
  read -r program _ <<<"$started"
  [ -x "$work$program" ] || fail "$unit.service starts $program, which is not installed"
  config=${started##*--config }
  [ -f "$work$config" ] || fail "$unit.service names $config, which is not installed"
  "$work$program" run --dir "$work/empty" --config "$work$config" --print-config >/dev/null || fail "$config is no configuration for $program"
done
# The clients: the examples find them where an application would.
examples=$work/usr/share/doc/skerry/examples
if command -v python3 >/dev/null; then
  PYTHONPATH=$work/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 expect 2 "example.py ADDRESS MODEL CLASS" python3 "$examples/python/example.py"
fi
"${CXX:-c++}" -std=c++20 -fsyntax-only -I "$work/usr/include" "$examples/cpp/example.cpp" || fail "the installed C++ client does not compile"
# An edited configuration stays.
echo "# edited" >>"$work/etc/skerry/node.toml"
DESTDIR=$work cmake --install "$build" >>"$work/install.log"
grep -q "^# edited" "$work/etc/skerry/node.toml" || fail "a second installation replaced an edited configuration"
if command -v systemd-analyze >/dev/null; then
  # Complaints about our own lines; those about what a test machine lacks are not ours.
  complaints=$(systemd-analyze verify --root="$work" "$work"/usr/lib/systemd/system/skerry-*.service 2>&1 | grep -E "Unknown|Failed to parse|Invalid" || true)
  [ -z "$complaints" ] || fail "systemd does not understand a unit: $complaints"
fi
echo "ok"
