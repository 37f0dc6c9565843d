# shellcheck shell=sh
# Installs Debian and Ubuntu packages where this machine allows it; to be read in by the other scripts.

# Run a command as root. A password is asked for only when somebody sits at the terminal.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 1
    elif [ -t 0 ] && [ -z "${CI:-}" ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null 2>&1
}

# Install packages; the package lists are only fetched when they turn out to be missing or too old.
apt_install() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null || return 1
    echo "Installing with apt-get: $*"
    apt_get install -y --no-install-recommends "$@" && return 0
    apt_get update && apt_get install -y --no-install-recommends "$@"
}
