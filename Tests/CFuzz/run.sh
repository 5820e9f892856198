#!/usr/bin/env bash
# The C core under the address and undefined-behaviour sanitisers: builds all of it, then runs the fuzz for a while.
set -eu
cd "$(dirname "$0")/../.."
case ${1:?short or long} in
    short) rounds=300 ;;
    long) rounds=20000 ;;
    *) echo "run.sh: '$1': give short or long" >&2; exit 2 ;;
esac
objects=.build-sanitised
mkdir -p "$objects"
for source in CShim/*.c Tests/CFuzz/*.c; do
    clang -std=gnu17 -g -O1 -Wall -Wextra -Wno-nullability-completeness -Wno-nullability-extension \
        -fsanitize=address,undefined -fno-sanitize-recover=all -ICShim/include \
        -c "$source" -o "$objects/$(basename "$source" .c).o"
done
clang -fsanitize=address,undefined "$objects"/*.o -o "$objects/fuzz"
exec "$objects/fuzz" "$rounds" "${2:-1}"
