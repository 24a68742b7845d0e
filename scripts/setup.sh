# What scripts/quickstart, scripts/test and .ci/run share: packages, the build folder, the build.
# Sourced by bash; sets `root` and goes there. Every function ends the script when it fails.

unset CDPATH
# A configuration or a build that somebody works with elsewhere is none of our business here.
unset MUSTER_CONFIG MUSTER_BIN_DIR

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
cd -- "$root" || exit 1

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# packages_of GROUP…: their packages, one a line.
packages_of() {
  local group
  for group in "$@"; do
    sed -n "/^\[$group\]/,/^\[/ { s/[[:space:]]*\$//; /^\[/d; /^#/d; /^\$/d; p }" scripts/packages
  done
}

# missing_packages GROUP…: those that are not installed.
missing_packages() {
  local installed
  # shellcheck disable=SC2046  # one word per package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(packages_of "$@") 2>/dev/null |
    sed -n 's/^installed //p')
  comm -23 <(packages_of "$@" | LC_ALL=C sort -u) <(LC_ALL=C sort -u <<<"$installed")
}

# Whether Debian's package lists know every one of these; without lists, `apt-get update` comes first.
lists_know() {
  local package
  for package in "$@"; do
    apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
  done
}

# ensure_packages LOG GROUP…: installs what is missing with one call of apt-get.
ensure_packages() {
  local log=$1 as_root=() missing note=
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this machine has no apt-get: Muster builds on Debian 12. It needs these packages:" \
      "$(packages_of "$@" | tr '\n' ' ')"
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    say "      all there"
    return
  fi
  say "      missing: ${missing[*]}"

  local get=(apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  local install=(install -y --no-install-recommends "${missing[@]}")
  local by_hand="apt-get update && apt-get ${install[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      fail "installing packages needs root, and sudo does not work here without a question." \
        "Ask an administrator to run this line, then start ${0##*/} again:"$'\n\n'"$by_hand"$'\n'
    fi
  fi
  case " ${missing[*]} " in
    *' openssh-server '*)
      [ -d /run/systemd/system ] &&
        note='; Debian starts the ssh service with it: "systemctl disable --now ssh" undoes that'
      ;;
  esac
  say "      installing ${#missing[@]} packages with apt-get$note"
  as_root+=(env DEBIAN_FRONTEND=noninteractive "${get[@]}")
  if ! lists_know "${missing[@]}"; then
    "${as_root[@]}" update </dev/null >>"$log" 2>&1
  fi
  if "${as_root[@]}" "${install[@]}" </dev/null >>"$log" 2>&1; then return; fi
  # Lists that are older than the archive name files that are gone: once more with new ones.
  if "${as_root[@]}" update </dev/null >>"$log" 2>&1 &&
    "${as_root[@]}" "${install[@]}" </dev/null >>"$log" 2>&1; then
    return
  fi
  show_log "$log"
  fail "apt-get could not install the packages (see above). By hand, as root:"$'\n\n'"$by_hand"$'\n'
}

# show_log LOG: its end, and where the rest is.
show_log() {
  {
    printf '%s\n' "---- the last lines of $1"
    tail -n 40 -- "$1"
    printf '%s\n' "---- the whole log: $root/$1"
  } >&2
}

# open_build PRESET LOG: the build folder, ours alone, not left over from another place or compiler.
open_build() {
  local folder=build/$1 log=$2 cache=build/$1/CMakeCache.txt home compiler wanted
  if ! mkdir -p "$folder" 2>/dev/null || ! [ -w "$folder" ] || ! [ -w build ]; then
    fail "cannot write in $root/$folder (owner: $(stat -c %U build 2>/dev/null || echo nobody))." \
      "Remove the folder build, or run this as its owner."
  fi
  exec 9>>build/.lock
  if ! flock -n 9; then
    say "      another build works in $root/build; waiting for it"
    flock 9
  fi
  if [ -e "$cache" ]; then
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
    compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$cache")
    # What CMake would take: $CXX, whose first word is the program, else c++. Presets may name their own.
    wanted=${CXX:-c++}
    wanted=$(command -v "${wanted%% *}")
    if [ "$home" != "$root" ]; then
      say "      build/$1 was made for $home: starting afresh"
      rm -rf -- "$folder"
    elif [ "$1" != thread-safety ] && [ -n "$compiler" ] && [ "$compiler" != "$wanted" ]; then
      say "      build/$1 was made with $compiler: starting afresh with ${wanted:-c++}"
      rm -rf -- "$folder"
    fi
    mkdir -p "$folder"
  fi
  : >"$log" || exit 1
}

# After the build: what runs now may take its time, and may be another build.
close_build() { exec 9>&-; }

# configure PRESET LOG
configure() {
  use_ccache_folder
  if cmake --preset "$1" </dev/null >>"$2" 2>&1; then return; fi
  say "      did not work; once more from nothing"
  if cmake --fresh --preset "$1" </dev/null >>"$2" 2>&1; then return; fi
  show_log "$2"
  fail "CMake could not configure the preset $1 (see above)."
}

# ccache ends the build when it cannot write its folder, as for a user without a home.
use_ccache_folder() {
  local folder=${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ccache}
  if ! mkdir -p "$folder" 2>/dev/null || ! [ -w "$folder" ]; then
    export CCACHE_DIR=$root/build/ccache
  fi
}

# As many compilers as processors, and no more than memory bears (1 GiB each).
use_jobs() {
  local gib
  gib=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  local jobs
  jobs=$(nproc)
  if [ "${gib:-1}" -lt "$jobs" ]; then jobs=${gib:-1}; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}
}

# build PRESET LOG [TARGET…]: quiet, but for a counter at a terminal.
build() {
  local preset=$1 log=$2 line status
  shift 2
  use_jobs
  cmake --build "build/$preset" ${1:+--target "$@"} </dev/null 2>&1 | tee -a "$log" | {
    while IFS= read -r line; do
      if [ -t 1 ] && [[ $line =~ ^\[[0-9]+/[0-9]+\] ]]; then
        printf '\r      %s ' "${BASH_REMATCH[0]}"
      fi
    done
    if [ -t 1 ]; then printf '\r\033[K'; fi
  }
  status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ]; then
    show_log "$log"
    fail "the build of preset $preset failed (see above)."
  fi
}
