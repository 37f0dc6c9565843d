#!/bin/sh
# See to what no Python package brings: system.sh pango playwright chromium postgresql nginx node (any of them).
# Says and does nothing when all is there; installs it where it may; else one line says what is missing.
# shellcheck disable=SC2046,SC2086,SC2116,SC2211  # lists fall into words, lines become one, a pattern finds a program
set -eu
cd "$(dirname "$0")/.."
. .setup/apt.sh

is_there() {
    case $1 in
    pango) .venv/bin/python -c 'from weasyprint.text.ffi import harfbuzz_subset as all; raise SystemExit(not all)' ;;
    nginx) PATH=$PATH:/usr/sbin; command -v nginx ;;
    node) node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' && npm --version ;;
    playwright) .venv/lib/python3*/site-packages/playwright/driver/node --version ;;
    *) sh .setup/find.sh "$1" ;;
    esac >/dev/null 2>&1
}

missing() {
    for need in "$@"; do
        is_there "$need" || echo "$need"
    done
}

# Ubuntu has Chromium as a snap only, which tests cannot drive well.
has_no_chromium() {
    grep -qs '^ID=ubuntu' /etc/os-release
}

debian_packages() {
    for need in "$@"; do
        case $need in
        pango) echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ;;
        playwright) echo libatomic1 ;;
        nginx) echo nginx-light ;;
        node) echo nodejs npm ;;
        chromium) has_no_chromium || echo chromium ;;
        *) echo "$need" ;;
        esac
    done
}

# The build of Chromium that the tests' tool brings itself, with the libraries it asks for.
install_own_chromium() {
    echo "Installing Chromium with playwright"
    .venv/bin/playwright install chromium >/dev/null 2>&1 || return 1
    as_root env DEBIAN_FRONTEND=noninteractive "$PWD/.venv/bin/playwright" install-deps chromium >/dev/null 2>&1
}

how_to_install() {
    if [ "$(uname)" = Darwin ]; then
        echo "Install: brew install $(echo "$*" | sed 's/chromium/google-chrome/; s/postgresql/postgresql@17/')"
    else
        packages=$(debian_packages "$@")
        echo ${packages:+Install: sudo apt-get install $packages}
    fi
    case $* in *chromium*) echo "(Any Chromium or Chrome will do: KUNNIG_CHROMIUM=/path/to/it)" ;; esac
    case $* in *postgresql*) echo "(PostgreSQL 15 or newer)" ;; esac
}

needs=$(missing "$@")
[ -n "$needs" ] || exit 0

packages=$(debian_packages $needs)
[ -z "$packages" ] || apt_install $packages || true
if has_no_chromium; then
    case $needs in *chromium*) install_own_chromium || true ;; esac
fi

needs=$(missing $needs)
[ -n "$needs" ] || exit 0
echo Missing on this machine: $needs. $(how_to_install $needs) >&2
exit 1
