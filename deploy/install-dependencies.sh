#!/usr/bin/env bash
# Installs what building and testing Skerry needs, from Debian 12's packages alone. As root, or through sudo.
# Does nothing, without asking the network, when all of it is there.
#   --developer   also clang-format and clang-tidy, as CI runs them
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config git
  libexpected-dev libboost-dev libzmq3-dev cppzmq-dev libssl-dev libsqlite3-dev librocksdb-dev zlib1g-dev libzstd-dev
  libxxhash-dev
  libprotobuf-dev protobuf-compiler libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
  prometheus-cpp-dev libdnnl-dev libxnnpack-dev libpthreadpool-dev libgtest-dev libgmock-dev
  libtorch-dev libopenblas0-pthread
  jq curl python3 iproute2
)
for argument in "$@"; do
  case "$argument" in
    --developer) packages+=(clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev) ;;
    *) echo "install-dependencies.sh: unknown argument '$argument' (only --developer is known)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "These packages are missing: ${missing[*]}. Install them as root, or install sudo." >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
