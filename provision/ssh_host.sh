# What a provider of hosts does on a host, as its user. sh reads this from its standard input; behind
# it stands a call of one of the functions that have a capital in their comment, and behind that, for
# Start, the bundle. Answers are lines that begin with "muster: "; why something fails goes to standard
# error, and the exit code is 3.
#
# BASE         the private folder of ours there
#   made       the folders that were made for it, BASE among them
#   lock       who looks at or changes what BASE holds: a link to a process id
#   i-RANDOM   an instance: label, daemon.conf, log, s (the socket), turn (the latest who starts it)
#   b-DIGEST   a bundle; it goes with the last instance
set -eu
given_umask=$(umask)
umask 077
unset MUSTER_BIN_DIR MUSTER_CONFIG

say() { echo "muster: $*"; }
fail() {
  echo "$*" >&2
  exit 3
}
nap() { sleep 0.05 2>/dev/null || sleep 1; }

# Where BASE may be, when the settings do not say; a socket's path has to fit.
cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/muster
temporary=/tmp/muster-$(id -u)
is_odd() {
  case $1 in *[!A-Za-z0-9/._+@-]*) return 0 ;; esac
  return 1
}
choose_base() {
  case $1 in
  /*) base=$1 ;;
  ?*) base=${HOME:?}/$1 ;;
  *)
    base=$cache
    if [ ${#base} -gt 80 ] || is_odd "$base" || [ -z "${HOME:-}" ] || ! [ -w "$HOME" ]; then base=$temporary; fi
    ;;
  esac
  ! is_odd "$base" || fail "the folder '$base' would not fit into an address; set folder to one of letters, digits and / . _ + @ -"
  [ ${#base} -le 80 ] || fail "the folder $base is too long: the path of a socket in it would not fit; set folder to a shorter one"
}

make_base() {
  missing= above=$base
  while ! [ -d "$above" ]; do
    missing="$above
$missing"
    above=$(dirname "$above")
  done
  mkdir -p "$base" || exit 3
  [ -O "$base" ] && ! [ -L "$base" ] || fail "the folder $base belongs to somebody else; set folder to another one"
  [ -z "$missing" ] || printf %s "$missing" >>"$base/made"
}

lock() {
  tries=0
  until ln -s $$ "$base/lock" 2>/dev/null; do
    if ! [ -d "$base" ]; then
      make_base
      continue
    fi
    holder=$(readlink "$base/lock") || continue
    if ! kill -0 "$holder" 2>/dev/null && mv "$base/lock" "$base/lock.$$" 2>/dev/null; then
      # Who was quicker may hold it by now.
      [ "$(readlink "$base/lock.$$")" = "$holder" ] || ln -s "$(readlink "$base/lock.$$")" "$base/lock"
      rm -f "$base/lock.$$"
    fi
    tries=$((tries + 1))
    [ $tries -lt 400 ] || fail "the lock $base/lock is held by process $holder, which does not end"
    nap
  done
}
unlock() { rm -f "$base/lock"; }

# With the lock held, gives it back. After the last instance nothing of ours is left.
sweep() {
  for other in "$base"/i-*; do
    if [ -e "$other" ]; then
      unlock
      return
    fi
  done
  made=$(cat "$base/made" 2>/dev/null) || made=
  rm -rf "$base"/b-* "$base"/n.* "$base/made"
  unlock
  printf '%s\n' "$made" | sort -ru | while read -r each; do
    [ -z "$each" ] || rmdir "$each" 2>/dev/null || :
  done
}

# pids_with FILE TEXT: the processes whose /proc/PID/FILE holds the text. It is given in a file, and not
# as an argument, where it would be found too.
pids_with() {
  printf '%s\n' "$2" >"$folder/pattern"
  grep -lFs -f "$folder/pattern" /proc/[0-9]*/"$1" 2>/dev/null | sed 's,^/proc/\([0-9]*\)/.*,\1,' || :
}
daemons() { pids_with cmdline "$folder/s"; }
members() { pids_with environ "MUSTER_INSTANCE=$id"; }
signal() {
  for pid in $2; do kill "-$1" "$pid" 2>/dev/null || :; done
}

# Ends the daemon, all that it runs, and what that left behind.
end_processes() {
  rounds=0
  while found=$(daemons) && [ -n "$found" ]; do
    case $rounds in
    0 | 10) signal TERM "$found" ;; # the second one: without grace
    160) signal KILL "$found" ;;
    260) fail "the daemon of $folder (process $found) does not end" ;;
    esac
    rounds=$((rounds + 1))
    nap
  done
  rounds=0
  while found=$(members) && [ -n "$found" ]; do
    case $rounds in 0 | 20 | 60) signal KILL "$found" ;; 160) fail "processes that $folder started do not end: $found" ;; esac
    rounds=$((rounds + 1))
    nap
  done
}

keeps=no
is_last_turn() { [ "$(cat "$folder/turn" 2>/dev/null)" = "$turn" ]; }

# What was begun goes, unless somebody else is at it by now.
undo() {
  is_last_turn || return 0
  end_processes
  [ $keeps = no ] || return 0
  lock
  rm -rf "$folder"
  sweep
}
undo_and_fail() {
  undo
  fail "$@"
}

check_host() {
  [ "$(uname -m)" = "$1" ] || fail "this host is a $(uname -m), and the bundle is for $1; set bundle to one that was made on such a machine"
  glibc=$( (getconf GNU_LIBC_VERSION || ldd --version) 2>/dev/null | sed -n '1s/.* \(2\.[0-9]*\).*/\1/p') || glibc=
  if [ -n "$glibc" ] && [ "${glibc#2.}" -lt "${2#2.}" ]; then
    fail "this host has glibc $glibc, and the bundle needs $2; make the bundle on an older machine, and set bundle to it"
  fi
}

# piece MODE BLOCK SIZE PATH: a file of the bundle, of blocks of 4096 bytes in the file `all`.
piece() {
  dd if=all bs=4096 skip="$2" count=$((($3 + 4095) / 4096)) 2>/dev/null | head -c "$3" >"$4"
  [ "$(wc -c <"$4")" -eq "$3" ] && chmod "$1" "$4"
}

receive() {
  new=$folder/new.$turn
  mkdir "$new"
  cat >"$new/all" || undo_and_fail "the bundle could not be written to $new"
  [ "$(wc -c <"$new/all")" -eq "$1" ] || undo_and_fail "the bundle was cut off on its way"
  (cd "$new" && mkdir clusterd-lib clusterd-worker-lib && unpack && rm all) || undo_and_fail "the bundle could not be unpacked in $new"
  # A host with Python has these as a rule, and then its own are the right ones.
  if ! "$new/clusterd-worker" --version >/dev/null 2>&1; then
    for library in libstdc++.so.6 libgcc_s.so.1; do
      ln -s "../clusterd-lib/$library" "$new/clusterd-worker-lib/$library"
    done
  fi
  lock
  if [ -x "$bundle/clusterd" ]; then
    rm -rf "$new"
  else
    rm -rf "$bundle"
    mv "$new" "$bundle"
  fi
  unlock
}

# The daemon, unless it runs.
launch() {
  if [ -z "$(daemons)" ]; then
    # What it runs is known by that variable, also when it was left behind.
    printf '[daemon]\npass_environment = MUSTER_INSTANCE\n%s\n' "$settings" >"$folder/daemon.conf"
    session=$(command -v setsid) || session=
    : >"$folder/log"
    (
      cd "${HOME:-/}" 2>/dev/null || cd /
      [ -n "$session" ] || trap '' HUP
      umask "$given_umask"
      MUSTER_INSTANCE=$id exec $session "$bundle/clusterd" --name "$name" --config "$folder/daemon.conf" \
        --listen "unix:$folder/s" </dev/null >"$folder/log" 2>&1
    ) &
    daemon=$!
  else
    daemon=
  fi
  rounds=0
  until grep -q '^clusterd .* listening on ' "$folder/log"; do
    state=$(cut -d ' ' -f 3 "/proc/${daemon:-self}/stat" 2>/dev/null) || state=Z
    rounds=$((rounds + 1))
    if [ "$state" = Z ] || [ $rounds -ge 400 ]; then
      why=$(tail -n 3 "$folder/log")
      undo_and_fail "the daemon does not start: ${why:-it says nothing}"
    fi
    nap
  done
}

# Start BASE RANDOM LABEL DIGEST MACHINE GLIBC SIZE NAME SETTINGS: the instance runs, or "muster: need"
# says that the bundle is not there: then it is called again with its SIZE, which else is 0. The label is
# there before anything else is. SETTINGS are lines for [daemon].
start() {
  choose_base "$1"
  id=i-$2 label=$3 digest=$4 size=$7
  check_host "$5" "$6"
  name=$8 settings=$9
  turn=$$
  folder=$base/$id bundle=$base/b-$digest
  make_base
  lock
  if ! [ -d "$folder" ]; then
    mkdir "$base/n.$$"
    printf '%s\n' "$label" >"$base/n.$$/label"
    mv "$base/n.$$" "$folder"
  fi
  echo $turn >"$folder/turn"
  has_bundle=no
  if [ -x "$bundle/clusterd" ]; then has_bundle=yes; fi
  unlock
  if [ $has_bundle = no ]; then
    if [ "$size" -eq 0 ]; then
      say need
      return
    fi
    receive "$size"
  fi
  launch
  say folder "$folder"
  say relay "$bundle/clusterd"
}

# Resume: as Start, of one that was paused; when that fails, it stays so.
resume() {
  keeps=yes
  start "$@"
}

# find_folder BASE RANDOM: false when there is no such instance.
find_folder() {
  choose_base "$1"
  id=i-$2
  [ -n "$1" ] || [ -d "$base/$id" ] || base=$temporary
  folder=$base/$id
  [ -d "$folder" ] && [ -O "$folder" ]
}

# Stop BASE RANDOM: "muster: gone" when there was none.
stop() {
  if ! find_folder "$@"; then
    say gone
    return
  fi
  echo $$ >"$folder/turn"
  end_processes
  lock
  rm -rf "$folder"
  sweep
}

# Pause BASE RANDOM: its files stay.
pause() {
  find_folder "$@" || fail "there is no folder $folder any more"
  end_processes
}

# Status BASE RANDOM: "muster: running", "muster: gone", or the last line of its log.
status() {
  if ! find_folder "$@"; then
    say gone
  elif [ -n "$(daemons)" ]; then
    say running
  else
    say "ended $(tail -n 1 "$folder/log" 2>/dev/null)"
  fi
}

# Find BASE: "muster: instance FOLDER LABEL" for each.
find_instances() {
  choose_base "$1"
  for place in "$base" "$temporary"; do
    for folder in "$place"/i-*; do
      if [ -f "$folder/label" ] && [ -O "$folder" ]; then say "instance $folder $(cat "$folder/label")"; fi
    done
    [ "$base" != "$temporary" ] && [ -z "$1" ] || break
  done
}
