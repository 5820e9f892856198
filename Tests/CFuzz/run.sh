#!/usr/bin/env bash
# The C core under the address and undefined-behaviour sanitisers: builds all of it, then runs the fuzz for a while. Then
# without what it picks at run time or by the compiler (AVX2, SSE2), and, where the tools are there, on another architecture.
#
#     run.sh short|long [FIRST-SEED]
set -eu
cd "$(dirname "$0")/../.."
case ${1:?short or long} in
    short) rounds=300 ;;
    long) rounds=20000 ;;
    *) echo "run.sh: '$1': give short or long" >&2; exit 2 ;;
esac
first=${2:-1}
objects=.build-sanitised
warnings=(-Wall -Wextra -Wno-nullability-completeness -Wno-nullability-extension)

# build FOLDER FLAG...: every C and assembler file, into objects of its own.
build() {
    local folder=$objects/$1 source
    shift
    mkdir -p "$folder"
    for source in CShim/*.c CHost/*.c CHost/*.S CWindow/*.c Tests/CFuzz/*.c; do
        clang -std=gnu17 -g -O1 "${warnings[@]}" "$@" -ICShim/include -ICHost/include -ICWindow/include \
            -c "$source" -o "$folder/$(basename "$source" .c).o" ||
            { echo "run.sh: $source does not build" >&2; exit 1; }
    done
}

# The side of the guards that a host other than Linux takes; its headers are not here, so it is only compiled.
for source in CShim/*.c CWindow/*.c; do
    clang -std=gnu17 "${warnings[@]}" -U__linux__ -ICShim/include -ICWindow/include -fsyntax-only "$source" ||
        { echo "run.sh: $source does not build without Linux" >&2; exit 1; }
done

sanitisers=(-fsanitize=address,undefined -fno-sanitize-recover=all)
build sanitised "${sanitisers[@]}"
clang "${sanitisers[@]}" "$objects"/sanitised/*.o -o "$objects/fuzz"
"$objects/fuzz" "$rounds" "$first"

if [ "$(uname -m)" = x86_64 ]; then
    # plain.c answers in place of the host when the core asks for AVX2.
    build plain -mno-sse2
    clang "$objects"/plain/*.o -Wl,--wrap=fl_has_avx2 -o "$objects/fuzz-plain"
    echo 'without vector instructions:'
    "$objects/fuzz-plain" "$((rounds / 3))" "$first"
fi

other=/usr/aarch64-linux-gnu
if [ "$(uname -m)" != aarch64 ] && [ -d $other/include ] && command -v aarch64-linux-gnu-gcc qemu-aarch64 >/dev/null; then
    build aarch64 --target=aarch64-linux-gnu --sysroot=$other -isystem $other/include
    aarch64-linux-gnu-gcc -static "$objects"/aarch64/*.o -o "$objects/fuzz-aarch64"
    echo 'on aarch64:'
    qemu-aarch64 "$objects/fuzz-aarch64" "$((rounds / 3))" "$first"
else
    echo 'not checked on another architecture: that needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user'
fi
