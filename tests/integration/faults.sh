# Faults of links and disks for a fleet on loopback, sourced after support.sh. They need namespaces of this script's own (unshare(1)), for its loopback device and its mounts.
#   apart SCRIPT ARGUMENTS   goes on as SCRIPT in such namespaces; returns where they are not allowed, having said so, and where it is in them already
#   is_apart                 it is
#   give_disk DIR            DIR becomes a disk of its own
#   take_disks               all of these are gone, with what is on them
#   fill_disk DIR            not a byte is left on it; empty_disk DIR: there is room again
#   cut_links, mend_links    whatever travels by TCP is lost; connections go on afterwards, if they wait
#   break_links PID          what this process is connected to finds its connections gone; fails where there were none, or the kernel cannot (CONFIG_INET_DIAG_DESTROY)
# What was on these disks is gone with the namespaces, after a failed test too.

kNamespaces=(unshare --user --map-root-user --mount --net)
kDiskSize=8g  # of memory, once it is written
disks=()

is_apart() { [ -n "${SKERRY_APART:-}" ]; }
apart() {
  is_apart && { ip link set lo up; return 0; }
  local needed='ip link set lo up && mount -t tmpfs -o size=1m none /tmp && mount -o remount,size=2m /tmp && ss -Htn'
  if "${kNamespaces[@]}" sh -c "$needed" >/dev/null 2>&1; then SKERRY_APART=1 exec "${kNamespaces[@]}" "$@"; fi
  echo "no namespaces (or no iproute2) here: links are not cut, and no disk fills"
}

give_disk() {
  mkdir -p "$1"
  mount -t tmpfs -o "size=$kDiskSize,mode=0700" none "$1"
  disks+=("$1")
}
take_disks() { for disk in "${disks[@]}"; do umount "$disk"; done; }
# Again, and with a little more, where something was written between the two commands: less than what is there is refused.
fill_disk() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do mount -o "remount,size=$(($(df --output=used -k "$1" | tail -n 1) + 64 * tries))k" "$1" 2>/dev/null && return; done
  fail "$1 cannot be filled"
}
empty_disk() { mount -o "remount,size=$kDiskSize" "$1"; }

cut_links() { ip link set lo down; }
mend_links() { ip link set lo up; }
break_links() {
  local port broken=1
  for port in $(ss -Htnp state established 2>/dev/null | grep "pid=$1," | awk '{print $3}' | grep -o '[0-9]*$'); do
    [ -z "$(ss -HtK sport = ":$port" 2>/dev/null)" ] || broken=0
  done
  return "$broken"
}
