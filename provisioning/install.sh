#!/bin/sh
# Installs the appliance on a van's Jetson (JetPack 6 or 7), or into a folder for an image.
# Not yet run on a Jetson. What it does is tried on Debian: tests/provisioning/van.
#
#   sudo provisioning/install.sh                   install, or bring up to date
#   sudo provisioning/install.sh --wheelhouse DIR  the same without a network; DIR was filled by
#                                                  pip download -d DIR -r LOCK, on such a Jetson
#   provisioning/install.sh --dry-run              only say what would be done
#   provisioning/install.sh --root DIR             into DIR, as an image's root; to be run on a
#                                                  machine of the van's kind, or inside its chroot
#   sudo provisioning/install.sh --uninstall       destroy the one-time keys, remove the lists and
#                                                  what was installed; settings, the force's
#                                                  root.json and the tablets' certificates stay unless --purge is said as well
#
# Leaves with 0, or 64 (misused), 69 (something is missing), 70 (a step failed: what was there
# before still works, and the same command may be given again), 75 (the van is on duty).
set -eu
umask 022

HERE=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(dirname "$HERE")
HOME_DIR=/opt/lfr
MANIFEST=/usr/share/lfr/manifest
CACHE=/var/cache/lfr
LIST=/var/lib/lfr/watchlist
KEYRING=/var/lib/lfr/keyring
PUBLIC=/var/lib/lfr/public
LEDGER=/var/lib/lfr/ledger
AUDIT=/var/lib/lfr/audit
TABLETS=/etc/lfr/tablets
PAGE=/usr/share/lfr/page
STICK=/media/lfr
# Of a version in which lists were put into a folder, signed but not sealed.
INBOX=/var/lib/lfr-update
UNITS=/usr/lib/systemd/system
SETTINGS=/etc/lfr/appliance.toml
# In this order: a group goes with its user only when nobody else is in it.
USERS="lfr-update lfr-panel lfr-gate lfr"
# Not whatever PATH finds: it must be the one that JetPack brings TensorRT for, outside any home.
PYTHON=${PYTHON:-/usr/bin/python3}
CUDA=${CUDA:-/usr/local/cuda}

root='' wheelhouse='' dry='' uninstall='' purge='' step='begin' work=''

say() { printf '%s\n' "$*"; }
die() {
  code=$1
  shift
  printf 'install.sh: %s\n' "$*" >&2
  step=''
  exit "$code"
}

# Every change of the computer goes through here.
run() {
  if [ -n "$dry" ]; then
    say "would: $*"
  else
    "$@"
  fi
}

live() { [ -z "$root" ]; }

leave() {
  code=$?
  [ -z "$work" ] || rm -rf "$work"
  if [ "$code" -ne 0 ] && [ -n "$step" ]; then
    left=$(df -Pm "$root/" | awk 'NR == 2 { print $4 }')
    [ -n "$dry" ] || rm -rf "$root$HOME_DIR.new"
    printf 'install.sh: could not %s (%s MB left on the disk). %s\n' "$step" "$left" \
      'What worked before still works; mend it and give the same command again, or --uninstall.' >&2
    exit 70
  fi
}

usage() {
  sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
}

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --root) root=${2:?--root needs a folder}; shift ;;
      --wheelhouse) wheelhouse=${2:?--wheelhouse needs a folder}; shift ;;
      --dry-run) dry=yes ;;
      --uninstall) uninstall=yes ;;
      --purge) purge=yes ;;
      --help | -h) usage; step=''; exit 0 ;;
      *) die 64 "I do not know $1; --help tells what I know." ;;
    esac
    shift
  done
  [ -z "$purge" ] || [ -n "$uninstall" ] || die 64 '--purge goes with --uninstall.'
  [ -z "$root" ] || root=$(cd "$root" 2>/dev/null && pwd) || die 64 'The folder of --root is not there.'
  [ "$root" != / ] || root=''
  [ -z "$wheelhouse" ] || wheelhouse=$(cd "$wheelhouse" 2>/dev/null && pwd) ||
    die 64 'The folder of --wheelhouse is not there.'
  # They come to stand in commands of sed.
  case $root$SOURCE in
    *[!A-Za-z0-9/._+@:~-]*) die 64 'A folder has a name that I do not handle; move it elsewhere.' ;;
  esac
}

# -- What must be there

missing='' packages=''
lack() {
  missing="$missing
  $1"
  packages="$packages $2"
}

check_system() {
  step='look at the system'
  if ! live; then
    say "skipped for --root: the checks of system, packages and devices"
    return
  fi
  release=$(sed -n 's/^# R\([0-9]*\) .*/\1/p' /etc/nv_tegra_release 2>/dev/null) || true
  # shellcheck source=/dev/null
  version=$(. /etc/os-release && printf '%s-%s' "$ID" "$VERSION_ID")
  case $version in
    ubuntu-22.04 | ubuntu-24.04) ;;
    *) lack "Ubuntu 22.04 or 24.04, as JetPack 6 and 7 bring it (this is $version)" '' ;;
  esac
  case $release in
    36 | 38 | 39) ;;
    *) lack "JetPack 6 or 7 (/etc/nv_tegra_release says '${release:-nothing}', not 36, 38 or 39)" '' ;;
  esac
  check_packages
  if [ -n "$missing" ]; then
    say "Missing:$missing"
    [ -z "${packages# }" ] || say "Then: sudo apt-get install$packages"
    [ -n "$dry" ] || die 69 'Install what is missing first; nothing was changed.'
  fi
}

check_packages() {
  "$PYTHON" -B -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    lack 'Python 3.10 or newer' python3
  "$PYTHON" -B -c 'import ensurepip, venv' 2>/dev/null || lack 'a Python that makes venvs' python3-venv
  "$PYTHON" -B -c 'import tensorrt' 2>/dev/null || lack 'TensorRT for Python' python3-libnvinfer
  python_h=$("$PYTHON" -B -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
  [ -e "$python_h" ] || lack "Python's headers, for pycuda" python3-dev
  command -v g++ >/dev/null || lack 'a compiler, for pycuda' g++
  [ -x "$CUDA/bin/nvcc" ] || lack "CUDA's toolkit" nvidia-jetpack
  [ -x /usr/sbin/mosquitto ] || lack 'the broker Mosquitto' mosquitto
  "$PYTHON" -B -c 'import jetson_utils' 2>/dev/null ||
    say 'Note: jetson-utils is not installed; cameras on USB, RTSP and files need it.'
}

check_rights() {
  if live && [ -z "$dry" ]; then
    [ "$(id -u)" = 0 ] || die 64 'Only root may do that: sudo, --dry-run or --root.'
    # Its programs would change under it. Whoever removes it wants it to end.
    if [ -z "$uninstall" ] && [ "$(systemctl is-active lfr-appliance.service 2>/dev/null)" = active ]; then
      die 75 'The van is on duty: systemctl stop lfr.target first.'
    fi
  fi
}

# -- The list of what is installed

begin_list() {
  step='begin its list'
  : >"$work/wanted"
  make_dir "$(dirname "$MANIFEST")"
  [ -n "$dry" ] || cat "$work/wanted" >>"$root$MANIFEST"
}

# Written before the thing itself, so that half an installation can be removed as well.
note() {
  printf '%s\n' "$1" >>"$work/wanted"
  if [ -e "$root$MANIFEST" ] && [ -z "$dry" ] && ! grep -qxF -- "$1" "$root$MANIFEST"; then
    printf '%s\n' "$1" >>"$root$MANIFEST"
  fi
}

make_dir() {
  if [ ! -d "$root$1" ] && ! grep -qxF -- "dir $1" "$work/wanted"; then
    make_dir "$(dirname "$1")"
    note "dir $1"
    run mkdir -m 755 "$root$1"
  fi
}

# put FROM TO MODE: whole or not at all, and only where it differs.
put() {
  if [ -e "$root$2" ] && cmp -s "$1" "$root$2" && [ "$(stat -c %a "$root$2")" = "$3" ]; then
    note "file $2"
    return
  fi
  make_dir "$(dirname "$2")"
  note "file $2"
  say "${dry:+would write: }$2"
  if [ -z "$dry" ]; then
    cp "$1" "$root$2.lfr-new"
    chmod "$3" "$root$2.lfr-new"
    mv -f "$root$2.lfr-new" "$root$2"
  fi
}

# link TO NAME
link() {
  if [ "$(readlink "$root$2" 2>/dev/null)" != "$1" ]; then
    make_dir "$(dirname "$2")"
    note "link $2"
    [ -n "$dry" ] || say "$2"
    run ln -sfn "$1" "$root$2"
  fi
  note "link $2"
}

# What an older version installed and this one does not.
drop_stale() {
  step='remove what is no longer part of it'
  [ -z "$dry" ] || return 0
  grep -vxF -f "$work/wanted" "$root$MANIFEST" | while read -r kind name; do
    # It may have become another kind of thing.
    case $kind in dir) continue ;; esac
    grep -qxE -- "(file|link) $name" "$work/wanted" || { say "removed: $name" && rm -f "$root$name"; }
  done
  { cat "$work/wanted" && grep '^dir ' "$root$MANIFEST"; } | LC_ALL=C sort -u >"$work/left"
  cmp -s "$work/left" "$root$MANIFEST" || cat "$work/left" >"$root$MANIFEST"
}

# -- The steps

# From this, `HOME_DIR/built-from` tells whether anything has changed.
fingerprint() {
  (
    cd "$SOURCE"
    "$PYTHON" -V
    find requirements.lock provisioning/locks pyproject.toml appliance engines provisioning -type f \
      ! -name '*.pyc' ! -path '*/node_modules/*' -print0 | LC_ALL=C sort -zu | xargs -0 sha256sum
  ) | sha256sum | cut -d' ' -f1
}

build_programs() {
  step='build the programs'
  # A loss of power between the two renames of the step that puts them in place.
  if [ ! -d "$root$HOME_DIR" ] && [ -d "$root$HOME_DIR.old" ]; then
    run mv "$root$HOME_DIR.old" "$root$HOME_DIR"
  fi
  print=$(fingerprint)
  [ "$(cat "$root$HOME_DIR/built-from" 2>/dev/null)" != "$print" ] || return 0
  make_dir "$(dirname "$HOME_DIR")"
  say "${dry:+would build: }$HOME_DIR, from ${wheelhouse:-the package index} by hash"
  if [ -z "$dry" ]; then
    rm -rf "$root$HOME_DIR.new"
    fill_venv "$root$HOME_DIR.new"
    settle "$root$HOME_DIR.new"
    printf '%s\n' "$print" >"$root$HOME_DIR.new/built-from"
  fi
}

put_programs() {
  step='put the programs in place'
  if [ -d "$root$HOME_DIR.new" ]; then
    rm -rf "$root$HOME_DIR.old"
    [ ! -d "$root$HOME_DIR" ] || mv "$root$HOME_DIR" "$root$HOME_DIR.old"
    mv "$root$HOME_DIR.new" "$root$HOME_DIR"
    rm -rf "$root$HOME_DIR.old"
  fi
}

fill_venv() {
  # TensorRT and jetson-utils come from the system; everything else is the venv's own.
  "$PYTHON" -m venv --system-site-packages "$1"
  fetch "$1" --require-hashes -r "$SOURCE/requirements.lock"
  if [ -x "$CUDA/bin/nvcc" ]; then
    say 'pycuda is compiled; this takes minutes'
    fetch "$1" --require-hashes -r "$HERE/locks/jetson.lock"
  else
    say 'skipped: pycuda, as there is no CUDA to build it with'
    # Its lines, and those that they are continued on.
    awk '/^[^ ]/ { out = /^pycuda==/ } !out' "$HERE/locks/jetson.lock" >"$work/jetson.lock"
    fetch "$1" --require-hashes -r "$work/jetson.lock"
  fi
  # From a copy: setuptools leaves its own folders where it builds.
  mkdir "$work/tree"
  (cd "$SOURCE" && cp -R appliance engines provisioning pyproject.toml README.md LICENSE "$work/tree")
  fetch "$1" --no-index "$work/tree"
}

# fetch VENV WHAT...: by pip; of a failure only the end is shown, as a compiler may say 10,000 lines.
fetch() {
  new=$1
  shift
  if [ -n "$wheelhouse" ]; then
    # pip takes a list there, parted by blanks, which a folder's name may hold.
    ln -sfn "$wheelhouse" "$work/wheels"
    export PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/wheels"
  fi
  # pycuda asks its home whether it shall want cuRAND, which nothing here uses.
  printf 'CUDA_ENABLE_CURAND = False\n' >"$work/.aksetup-defaults.py"
  settings=${PIP_CONFIG_FILE:-${HOME:-/root}/.config/pip/pip.conf}
  [ ! -e "$settings" ] || export PIP_CONFIG_FILE="$settings"
  HOME=$work PATH=$CUDA/bin:$PATH "$new/bin/python" -m pip --quiet --disable-pip-version-check \
    --no-input --no-cache-dir install --no-deps --no-compile --no-build-isolation \
    --ignore-installed "$@" >"$work/pip.log" 2>&1 || {
    tail -n 12 "$work/pip.log" >&2
    return 1
  }
}

# A venv was made in one place and goes to another.
settle() {
  grep -lIF -- "$1" "$1"/bin/* "$1/pyvenv.cfg" | while read -r file; do
    # Not -i: it would break the links of bin/.
    sed "s|$1|$HOME_DIR|g" "$file" >"$work/settled" && cat "$work/settled" >"$file"
  done
  "$1/bin/python" -m compileall -q -s "$1" -p "$HOME_DIR" "$1/lib"
}

# FROM TO, below the checkout and the root.
FILES="
systemd/lfr.target $UNITS/lfr.target
systemd/lfr-appliance.service $UNITS/lfr-appliance.service
systemd/lfr-panel.service $UNITS/lfr-panel.service
systemd/lfr-update.service $UNITS/lfr-update.service
systemd/lfr-update.timer $UNITS/lfr-update.timer
systemd/lfr-update.path $UNITS/lfr-update.path
systemd/lfr-gate.service $UNITS/lfr-gate.service
systemd/lfr-gate.socket $UNITS/lfr-gate.socket
systemd/lfr-close.service $UNITS/lfr-close.service
systemd/lfr-close.timer $UNITS/lfr-close.timer
systemd/lfr-keys.service $UNITS/lfr-keys.service
systemd/media-lfr.mount $UNITS/media-lfr.mount
systemd/lfr-engines.service $UNITS/lfr-engines.service
systemd/lfr-argus-restart.service $UNITS/lfr-argus-restart.service
systemd/lfr-argus-restart.path $UNITS/lfr-argus-restart.path
systemd/lfr-.service.d/10-sandbox.conf $UNITS/lfr-.service.d/10-sandbox.conf
systemd/mosquitto.service.d/lfr.conf $UNITS/mosquitto.service.d/lfr.conf
systemd/nginx.service.d/lfr.conf $UNITS/nginx.service.d/lfr.conf
systemd/lfr.sysusers.conf /usr/lib/sysusers.d/lfr.conf
systemd/lfr.tmpfiles.conf /usr/lib/tmpfiles.d/lfr.conf
udev/99-lfr.rules /usr/lib/udev/rules.d/99-lfr.rules
provisioning/nginx/lfr.conf /etc/nginx/conf.d/lfr.conf
provisioning/mosquitto/lfr.conf /etc/mosquitto/conf.d/lfr.conf
"

check_source() {
  step='find all of the checkout'
  for file in requirements.lock pyproject.toml provisioning/locks/jetson.lock \
    provisioning/appliance.toml provisioning/lfr.sh appliance/jetson/nvmm.c $(printf '%s' "$FILES" | cut -d' ' -f1); do
    [ -r "$SOURCE/$file" ] || die 69 "$file is missing: get the whole checkout; nothing was changed."
  done
}

install_files() {
  step='install the files'
  printf '%s' "$FILES" >"$work/files"
  while read -r from to; do
    [ -z "$from" ] || put "$SOURCE/$from" "$to" 644
  done <"$work/files"
  link "$UNITS/lfr.target" /etc/systemd/system/multi-user.target.wants/lfr.target
  link "$UNITS/lfr-close.timer" /etc/systemd/system/timers.target.wants/lfr-close.timer
  put "$HERE/lfr.sh" /usr/local/bin/lfr 755
}

# Whoever has settings keeps them.
install_settings() {
  step='install the settings'
  if [ ! -e "$root$SETTINGS" ]; then
    make_dir "$(dirname "$SETTINGS")"
    say "${dry:+would write: }$SETTINGS"
    awk '
      /^# (process|factory|red|green|blue) = / { next }
      /^machine = "host" / { sub("\"host\"  ", "\"jetson\"") }
      { print }
      /^\[panel\]/ {
        print "process = \"own\"         # lfr-panel has the lamp; \"within\" gives it to lfr-appliance"
        print "factory = \"jetson\""
        print "red = \"BOARD29\"         # pins of the header; seen at commissioning, never guessed"
        print "green = \"BOARD31\""
        print "blue = \"BOARD33\""
      }' "$HERE/appliance.toml" >"$work/settings"
    if [ -z "$dry" ]; then
      cp "$work/settings" "$root$SETTINGS.lfr-new"
      chmod 600 "$root$SETTINGS.lfr-new"
      mv "$root$SETTINGS.lfr-new" "$root$SETTINGS"
    fi
  fi
}

make_accounts() {
  step='make users and folders'
  if live; then
    run systemd-sysusers /usr/lib/sysusers.d/lfr.conf
    run systemd-tmpfiles --create /usr/lib/tmpfiles.d/lfr.conf
  else
    say 'skipped for --root: users and folders; systemd makes them at the first start'
  fi
}

# Lists of an older version hold people, and this one neither reads nor ends them.
drop_old() {
  step='remove the lists of an older version'
  for old in "$LIST/watchlist.dsse.json" "$LIST/authority.dsse.json" "$INBOX"; do
    [ ! -e "$root$old" ] || { say "${dry:+would be }removed: $old" && run rm -rf "$root$old"; }
  done
  if grep -Eqs '^[[:space:]]*(keys|inbox)[[:space:]]*=' "$root$SETTINGS"; then
    say "Mend $SETTINGS: [watchlist] has no keys and no inbox any more, but root and source."
  fi
  [ ! -e "$root/etc/lfr/keys.json" ] ||
    say 'Note: /etc/lfr/keys.json is of no use any more; the desk gives root.json instead.'
}

# As it stands at the head of nvmm.c, which tells why here.
build_bridge() {
  step='build the bridge to the camera'
  code=$SOURCE/appliance/jetson/nvmm.c
  if ! live; then
    say 'skipped for --root: the bridge to NVMM; give the command again on the van'
    return
  fi
  if [ ! -e /usr/src/jetson_multimedia_api/include/nvbufsurface.h ] ||
    ! pkg-config --exists gstreamer-app-1.0 2>/dev/null; then
    say 'skipped: the bridge to NVMM. It needs nvidia-l4t-jetson-multimedia-api, libegl-dev,'
    say '         pkg-config and libgstreamer-plugins-base1.0-dev; without it frames are copied.'
    return
  fi
  bridge=$CACHE/engines/nvmm-$(sha256sum "$code" | cut -c1-16).so
  if [ ! -e "$bridge" ]; then
    note "file $bridge"
    # shellcheck disable=SC2046  # several words each
    run cc -std=c11 -O2 -fPIC -shared -Wall -Wextra -Werror -o "$bridge.lfr-new" "$code" \
      -isystem /usr/src/jetson_multimedia_api/include -isystem "$CUDA/include" \
      $(pkg-config --cflags gstreamer-app-1.0 | sed 's/-I/-isystem /g') \
      -L /usr/lib/aarch64-linux-gnu/nvidia -L /usr/lib/aarch64-linux-gnu/tegra -lnvbufsurface -lcuda \
      $(pkg-config --libs gstreamer-app-1.0)
    run mv "$bridge.lfr-new" "$bridge"
  fi
  note "file $bridge"
}

tell_system() {
  step='tell systemd, udev and the broker'
  if ! live; then
    say 'skipped for --root: systemd, udev and the broker; they read it at the first start'
    return
  fi
  # Each time, so that a run after one that failed here does what is left.
  run systemctl daemon-reload
  run udevadm control --reload
  run udevadm trigger --subsystem-match=gpio --subsystem-match=pwm --subsystem-match=video4linux
  start_servers
  run systemctl start lfr-close.timer
}

# Without the tablets' certificates neither would start; the lamp needs the broker before they come.
start_servers() {
  if [ ! -e "$TABLETS/server.key" ]; then
    say "Not yet started: mosquitto and nginx want $TABLETS from the desk (lfr desk tablet van)."
    run systemctl stop nginx.service mosquitto.service || true
    return
  fi
  run systemctl restart mosquitto.service
  run systemctl restart nginx.service
}

# For nginx: what of the page is ours, and two files that npm has.
lay_out_page() {
  step='lay out the page'
  if ! live; then
    say 'skipped for --root: the page; give the command again on the van'
    return
  fi
  run "$HOME_DIR/bin/python" -m provisioning.layout "$PAGE" ${wheelhouse:+"$wheelhouse"} ||
    say "skipped: the page. With a network: sudo $HOME_DIR/bin/python -m provisioning.layout $PAGE"
}

last_words() {
  [ -z "$dry" ] || { say 'Nothing was changed.' && return; }
  say "Installed. Next, as provisioning/commissioning.md has it in order:
  networks    sudo lfr engines fetch
  settings    $SETTINGS
  trust       /etc/lfr/root.json from the desk; its fingerprint is read aloud and compared
  keys        sudo systemctl start lfr-keys   (then $PUBLIC/van.keys.json goes to the desk)
  engines     sudo systemctl start lfr-engines   (for minutes)
  compare     sudo lfr engines check --pictures DIR   (a plan goes live only when it has passed)
  check       sudo -u lfr lfr check
  duty        sudo systemctl start lfr.target"
}

# -- The way back

remove() {
  step='remove it'
  if live; then
    run systemctl stop lfr.target 'lfr-*.service' 'lfr-*.timer' 'lfr-*.path' media-lfr.mount || true
  fi
  destroy_keys
  # The list holds people: it never outlives the appliance.
  for tree in "$HOME_DIR" "$HOME_DIR.new" "$HOME_DIR.old" "$CACHE" "$LIST" "$PUBLIC" "$LEDGER" \
    "$PAGE" "$INBOX"; do
    [ ! -e "$root$tree" ] || { say "removed: $tree" && run rm -rf "$root$tree"; }
  done
  remove_listed
  if [ -n "$purge" ]; then
    run rm -rf "$root/etc/lfr" "$root/var/lib/lfr"
    ! live || remove_users
  fi
  remove_folders
  if live; then
    run rm -rf /run/lfr-broker /run/lfr-interim
    run systemctl daemon-reload
    run systemctl reset-failed 'lfr-*' 2>/dev/null || true
    run udevadm control --reload
    run systemctl try-restart mosquitto.service nginx.service || true
  fi
  [ ! -d "$root$AUDIT" ] || say "kept: $AUDIT, the van's log; --purge removes it"
  [ -n "$purge" ] || [ ! -e "$root$SETTINGS" ] || say "kept: /etc/lfr, and the users; --purge removes them"
}

# First of all: without them no copy of a list can be opened again, wherever it lies.
destroy_keys() {
  [ -e "$root$KEYRING" ] || return 0
  say "destroyed: $KEYRING; what is sealed to this van's keys can never be opened again"
  run find "$root$KEYRING" -type f -exec shred -fzn 1 {} + || say "not overwritten: $KEYRING"
  run rm -rf "$root$KEYRING"
}

remove_listed() {
  [ -e "$root$MANIFEST" ] || return 0
  grep -E '^(file|link) ' "$root$MANIFEST" >"$work/listed" || true
  while read -r _ name; do
    run rm -f "$root$name" "$root$name.lfr-new"
  done <"$work/listed"
}

# Those that were made for it, the deepest first, where nobody else has put anything.
remove_folders() {
  [ -z "$dry" ] || return 0
  grep -s '^dir ' "$root$MANIFEST" >"$work/folders" || true
  rm -f "$root$MANIFEST"
  # These may be the work of systemd-tmpfiles, or of systemd itself.
  printf 'dir %s\n' /etc/lfr/credentials /etc/lfr "$AUDIT/spool" "$AUDIT" /var/lib/lfr "$STICK" >>"$work/folders"
  LC_ALL=C sort -r "$work/folders" | while read -r _ name; do
    [ ! -d "$root$name" ] || rmdir --ignore-fail-on-non-empty "$root$name"
  done
}

remove_users() {
  for user in $USERS; do
    ! id "$user" >/dev/null 2>&1 || run userdel "$user"
  done
  ! getent group lfr-settings >/dev/null || run groupdel lfr-settings
}

main() {
  parse "$@"
  check_rights
  work=$(mktemp -d)
  if [ -n "$uninstall" ]; then
    remove
    return
  fi
  check_system
  check_source
  begin_list
  build_programs
  install_files
  install_settings
  make_accounts
  build_bridge
  put_programs
  drop_stale
  drop_old
  lay_out_page
  tell_system
  last_words
}

trap leave EXIT
trap 'exit 130' INT TERM
# Nobody else at the same time; the lock is on this very file, so that none is left.
exec 9<"$0"
flock -n 9 || die 75 'Another install.sh is running.'
main "$@"
step=''
