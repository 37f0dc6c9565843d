#!/bin/sh
# Keep the virtual environment .venv as a lock file says: python.sh run | python.sh test
# `run` is what the program needs, `test` is that and everything for tests. Says and does nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
. .setup/apt.sh

fail() {
    echo "$1" >&2
    exit 1
}

find_python() {
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    done
    fail "Python 3.11 or newer is missing: install it (apt-get install python3, brew install python) or name it: make PYTHON=/path/to/python3"
}

# pip needs no more than to lie in the right folder: for want of ensurepip any other pip can put it there.
borrow_pip() {
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    for other in "$python" /usr/bin/python3; do
        sed -n '/^pip==/,/# via/p' .setup/run.lock |
            "$other" -m pip install --quiet --require-hashes --target "$packages" -r /dev/stdin 2>/dev/null && return 0
    done
    return 1
}

make_environment() {
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return 0
    rm -rf .venv # what is left of the attempt where ensurepip is missing
    "$python" -m venv --without-pip .venv && borrow_pip
}

# The environment stands where it was made, and its Python is still that one.
is_sound() {
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] && .venv/bin/python -I -c 'import lms, pip' 2>/dev/null
}

is_installed() {
    cat ".setup/$1.lock" pyproject.toml | cmp -s - ".venv/$1.installed"
}

install() {
    echo "Installing the Python packages of .setup/$1.lock in .venv"
    .venv/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r ".setup/$1.lock"
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
    echo "$PWD" >.venv/made-in
    for covered in run "$1"; do
        cat ".setup/$covered.lock" pyproject.toml >".venv/$covered.installed"
    done
}

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0
if is_sound && is_installed "$1"; then
    exit 0
fi
if ! is_sound; then
    find_python
    if ! make_environment; then
        # The distribution's own Python gets its ensurepip back, any other one borrows the distribution's pip.
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        [ "$("$python" -c 'import sys; print(sys.base_prefix)')" = /usr ] || package=python3-pip
        apt_install "$package" || true
        make_environment || fail "pip is missing for $python and could not be installed: sudo apt-get install $package"
    fi
fi
install "$1"
