#!/bin/sh
# Print where a program for the tests is, or fail: find.sh chromium (the program), find.sh postgresql (its folder).
set -eu

# The browser named by KUNNIG_CHROMIUM, or one that starts: on Ubuntu a program of that name may only tell to install it.
find_chromium() {
    if [ -n "${KUNNIG_CHROMIUM:-}" ]; then
        command -v "$KUNNIG_CHROMIUM"
        return
    fi
    for name in chromium chromium-browser google-chrome-stable google-chrome \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "${HOME:-}"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome; do
        program=$(command -v "$name") || continue
        "$program" --version >/dev/null 2>&1 && echo "$program" && return 0
    done
    return 1
}

# The newest server that is not older than 15.
find_postgresql() {
    newest=14
    for initdb in /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb "$(command -v initdb)"; do
        [ -x "$initdb" ] || continue
        version=$("$initdb" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        if [ "$version" -gt "$newest" ]; then
            newest=$version
            folder=$(dirname "$initdb")
        fi
    done
    [ "$newest" -gt 14 ] && echo "$folder"
}

"find_$1"
