#!/usr/bin/env bash
# The command line as a person meets it: what is printed, where, and the exit code.
#
#   cli_test.sh HEARTH MAKE_MODEL MAKE_TINY      the program, and those that write models of random weights
# The stories of the shared data are checked when they are there.
set -u
hearth=$(realpath "$1")
make_model=$(realpath "$2")
make_tiny=$(realpath "$3")
shared=${HEARTH_SHARED_DATA:-$(realpath "$(dirname "$0")/../../..")/shared/data}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

unset HEARTH_CONFIG XDG_DATA_HOME LC_ALL LC_MESSAGES
for name in $(compgen -e | grep -E '^HEARTH_(SERVER|LIMITS|MODELS|ENGINE|STORE|LOG|API)_' || true); do unset "$name"; done
export HEARTH_LANG=en HEARTH_DATA=$work/data XDG_CONFIG_HOME=$work/config HEARTH_ENGINE_THREADS=1
mkdir -p "$work/data/models"
model=$work/data/models/tiny.gguf
"$make_model" tiny-qwen3 Q8_0 "$model" >/dev/null || exit 1
cd "$work" || exit 1

failed=0 count=0
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$*"
    sed 's/^/    out: /' "$work/out" | head -20
    sed 's/^/    err: /' "$work/err" | head -20
}

# expect CODE OUT ERR ARGUMENT…: runs hearth; OUT and ERR are extended regular expressions, empty for "nothing was printed",
# "*" for anything. Standard input is $input.
input=
expect() {
    local code=$1 out=$2 err=$3 got
    shift 3
    count=$((count + 1))
    printf '%s' "$input" | timeout 60 "$hearth" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ "$got" = "$code" ] || fail "hearth $*: exit $got, not $code"
    matches "$work/out" "$out" || fail "hearth $*: standard output is not: $out"
    matches "$work/err" "$err" || fail "hearth $*: standard error is not: $err"
}
matches() {
    case $2 in
    '*') true ;;
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
    esac
}

# ---- help, version, wrong words
expect 0 'hearth — a private AI assistant' ''
expect 0 '^  130  interrupted' '' help
expect 0 '^hearth run MODEL \[PROMPT\]' '' help run
expect 0 '--temperature T' '' run --help
expect 0 '^hearth [0-9]' '' version
expect 0 '^hearth [0-9]' '' --version
expect 0 '/v1/chat/completions' '' help --api
expect 2 '' 'unknown verb "srve"; did you mean "serve"\?' srve
expect 2 '' 'unknown verb "florp"; `hearth help` lists all' florp
expect 2 '' 'unknown verb "sho"; did you mean "show"\?' help sho
expect 2 '' 'unknown option --temprature; did you mean --temperature\?' run --temprature 0 tiny x
expect 2 '' 'option --temperature wants a number from 0 to 10, not "hot"' run tiny x --temperature hot
expect 2 '' 'option --max-tokens wants a whole number' run tiny x --max-tokens=1.5
expect 2 '' 'option --seed wants a value: S' run tiny x --seed
expect 2 '' 'option --json takes no value' list --json=yes
expect 2 '' '"c" is one word too many' run tiny b c
expect 2 '' 'something is missing: hearth run MODEL' run
expect 2 '' '--chat and --raw exclude each other' run tiny x --chat --raw
HEARTH_LANG=zh_CN.UTF-8 expect 2 '' '未知命令“srve”；是否想用“serve”？' srve

# ---- configuration
printf 'server:\n  port: 9001\nlog:\n  format: json\n' >"$work/data/hearth.yaml"
expect 0 'port: 9001 +# .*/hearth.yaml:2$' '' config
HEARTH_SERVER_PORT=9002 expect 0 'port: 9002 +# HEARTH_SERVER_PORT$' '' config
HEARTH_SERVER_PORT=9002 expect 0 'port: 9003 +# command line$' '' config --port 9003
expect 0 'context: 77 +# command line$' '' --engine.context=77 config
expect 0 '^# Settings' '' config --docs
expect 2 '' 'unknown setting --server.prot; did you mean --server.port\?' config --server.prot=1
HEARTH_SERVER_PROT=1 expect 2 '' 'HEARTH_SERVER_PROT sets nothing; did you mean HEARTH_SERVER_PORT\?' config
HEARTH_CPU=8086 expect 2 '' 'engine.cpu: expected one of auto, scalar, avx2, avxvnni, avx512, amx, neon, dotprod, i8mm, found "8086"' config
printf 'server:\n  prot: 1\n' >"$work/bad.yaml"
expect 2 '' 'bad.yaml:2:3: unknown setting "prot" in "server"; did you mean "port"\?' config --config bad.yaml
HEARTH_CONFIG=bad.yaml expect 2 '' 'bad.yaml:2:3' list
expect 2 '' 'missing.yaml' config --config missing.yaml
expect 0 'hearth run' '' help run --config bad.yaml
rm "$work/data/hearth.yaml"

# ---- models
expect 0 '^tiny +[0-9.]+ [KM]B +Q8_0' '' list
expect 0 '"name":"tiny"' '' list --json
expect 0 'No models yet. Put a .gguf file into .*/nowhere' '' list --models nowhere
expect 0 '^Memory +at a context of 100: ' '' show tiny --context 100
expect 0 '"memory":\{"context":100,' '' show tiny.gguf --json --context 100
expect 1 '' 'no model "nope": it is neither a file nor in .*/data/models' show nope
expect 1 '' 'did you mean "tiny"\?' show tinny
for name in qwen3moe gemma3 qwen3-yarn; do "$make_tiny" "$name" "$work/$name.gguf" || exit 1; done
expect 0 '^Experts +6, of which a token uses 2$' '' show ./qwen3moe.gguf
expect 0 '"experts":6,"experts_used":2,' '' show ./qwen3moe.gguf --json
expect 0 '^Window +20 tokens, in 6 of 7 layers$' '' show ./gemma3.gguf
expect 0 '"window":20,"window_layers":6,' '' show ./gemma3.gguf --json
expect 0 '^Positions +YaRN, from 64 to 512 tokens$' '' show ./qwen3-yarn.gguf
HEARTH_LANG=zh expect 0 '^位置 +YaRN，从 64 到 512 词元$' '' show ./qwen3-yarn.gguf
printf 'not a model at all, but long enough to be read' >"$work/text.gguf"
expect 1 '' 'text.gguf.*GGUF' show ./text.gguf
: >"$work/empty.gguf"
expect 1 '' 'empty.gguf' run ./empty.gguf x
head -c 5000 "$model" >"$work/cut.gguf"
expect 1 '' 'cut.gguf' run ./cut.gguf x
cp "$work/text.gguf" "$work/data/models/broken.gguf"
expect 0 'broken.*GGUF' '' list
cp "$work/text.gguf" "$work/data/models/$(printf 'es\033[31mcape').gguf"
expect 0 'broken.*GGUF' '' list
if grep -q "$(printf '\033')" "$work/out"; then fail "a file's name reaches the terminal with its control characters"; fi
rm "$work/data/models/broken.gguf" "$work/data/models/es"*
for verb in "run tiny x --max-tokens 2" "show tiny" list; do
    # shellcheck disable=SC2086
    "$hearth" $verb >/dev/full 2>"$work/err"
    [ $? = 1 ] && grep -q 'the output could not be written' "$work/err" || fail "hearth $verb: a full disk is not reported"
    # shellcheck disable=SC2086
    "$hearth" $verb >&- 2>"$work/err"
    [ $? = 1 ] && grep -q 'the output could not be written' "$work/err" || fail "hearth $verb: a closed output is not reported"
done

# ---- tokenize
expect 0 '"tokens":\[[0-9,]+\]' '' tokenize tiny 'one two' --json
cp "$work/out" "$work/first"
input='one two
'
expect 0 '*' '' tokenize tiny --json
cmp -s "$work/out" "$work/first" || fail "tokenize reads standard input as it reads an argument"
input=

# ---- run
expect 0 '.' '' run tiny 'one two' --max-tokens 8 --temperature 0
cp "$work/out" "$work/first"
expect 0 '.' 'tokens read at' run tiny 'one two' --max-tokens 8 --temperature 0 --stats
cmp -s "$work/out" "$work/first" || fail "greedy answers differ"
input='one two
'
expect 0 '.' '' run tiny --max-tokens 8 --temperature 0
cmp -s "$work/out" "$work/first" || fail "run reads standard input as it reads an argument"
input=
expect 0 '.' '' run tiny 'one two' --max-tokens 20 --temperature 1 --seed 7
cp "$work/out" "$work/first"
expect 0 '.' '' run tiny 'one two' --max-tokens 20 --temperature 1 --seed 7
cmp -s "$work/out" "$work/first" || fail "answers with one seed differ"
expect 1 '' 'byte 3 is wrong' run tiny $'ab\xff'
expect 1 '*' 'context' run tiny "$(printf 'word %.0s' {1..500})" --engine.context=64
if [ -f "$shared/stories260K.gguf" ]; then
    expect 0 '^, there was a little girl named Lily\. She loved to play outside in the park\.' '' \
        run "$shared/stories260K.gguf" 'Once upon a time' --temperature 0 --max-tokens 60
    expect 0 'She loved to play outside in the $' '' run "$shared/stories260K.gguf" 'Once upon a time' --temperature 0 --max-tokens 60 --stop park
else
    echo "skipped: the stories, since $shared is not there"
fi

# ---- Ctrl-C ends an answer with 130. A model may come to its own end first; a measurement goes on until it is told.
interrupt() { # expected codes, arguments…
    local codes=$1 job code
    shift
    count=$((count + 1))
    set -m # a background job of a script ignores SIGINT otherwise
    "$hearth" "$@" >"$work/out" 2>"$work/err" &
    job=$!
    sleep 0.7
    kill -INT "$job" 2>/dev/null
    wait "$job"
    code=$?
    set +m
    [[ " $codes " == *" $code "* ]] || fail "hearth $* after SIGINT: exit $code, not $codes"
}
interrupt '130 0' run tiny 'one' --temperature 1 --engine.context=32768 --raw
interrupt 130 bench tiny --prompt 16 --gen 30000 --repeat 1000

# ---- quantize, bench
"$make_model" tiny-llama F16 large.gguf >/dev/null || fail "make_model"
expect 0 '.' 'no known chat template' run ./large.gguf x --chat --max-tokens 2
expect 0 'became .*tensors' '' quantize large.gguf small.gguf q4_0
expect 0 '^Type +Q4_0' '' show ./small.gguf
expect 1 '' 'is the input itself' quantize ./small.gguf ./small.gguf Q8_0
expect 1 '' 'Q8_0' quantize large.gguf other.gguf Q99
[ ! -e other.gguf ] || fail "a refused type leaves a file"
expect 0 '"prefill_tokens_per_s":[0-9.]+,"decode_tokens_per_s":[0-9.]+' '' bench tiny --prompt 16 --gen 4 --batch 1,2 --repeat 1 --json
expect 2 '' 'name a model to measure, or give --memory' bench
expect 2 '' '--batch wants up to' bench tiny --batch 1,x

# ---- keys, without a server
expect 0 '^No keys yet' '' keys
expect 2 '' 'name the key: hearth keys add NAME' keys add
expect 2 '' 'knows add NAME, list' keys remove x
expect 1 '' '--expires wants a time such as 30d' keys add laptop --expires soon
expect 1 '' 'the name of a key is 1 to 63 bytes' keys add ' laptop'
expect 0 '^hearth_[A-Za-z0-9_-]{43}$' 'This is the key "laptop"' keys add laptop --expires 30d
expect 1 '' 'a key named "laptop" already' keys add laptop
HEARTH_LANG=zh_CN.UTF-8 expect 0 '^hearth_' '以上是密钥“手机”' keys add 手机 --admin
expect 0 '2  laptop  hearth_....…  user  expires 20' '' keys list
expect 0 '"name":"laptop".*"revoked":false' '' keys list --json
expect 0 '^Revoked "laptop"' '' keys revoke laptop
expect 1 '' 'no key "laptop" that could be revoked' keys revoke laptop
expect 0 '^Revoked "手机"' '' keys revoke 3
expect 0 '2  laptop .* revoked' '' keys
expect 1 '' 'no server runs on this data folder' open
expect 1 '' 'beyond this machine.*server.insecure_http' serve --port 0 --host 0.0.0.0
expect 1 '' 'beyond this machine.*insecure_http' serve --port 0 --host 127.example
expect 1 '' 'nobody there has a key yet' serve --port 0 --host 0.0.0.0 --server.insecure_http=true

# ---- serve
start() {
    "$hearth" serve --port 0 "$@" >"$work/out" 2>"$work/err" &
    server=$!
    for _ in $(seq 200); do
        address=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/.*|\1|p' "$work/out" | tail -1)
        [ -n "$address" ] && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    fail "serve did not start"
}
get() { # path: the status line
    exec 3<>"/dev/tcp/127.0.0.1/$address" || return
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
    cat <&3
    exec 3>&-
}
stop() { # signal, expected code
    kill "-$1" "$server"
    wait "$server"
    local code=$?
    server=
    [ "$code" = "$2" ] || fail "serve after $1: exit $code, not $2"
}
count=$((count + 4))
start --model tiny
get /health | grep -q '^HTTP/1.1 200' || fail "GET /health"
get /api/status | grep -q '"id":"tiny"' || fail "GET /api/status names the model"
tail -2 "$work/out" | grep -Eq 'Open .*http://127.0.0.1:[0-9]*/#link=[A-Za-z0-9_-]{43}$' || fail "the last lines are the address and its link"
grep -q 'listening' "$work/err" || fail "the log names the address"
grep -q 'link=' "$work/err" && fail "the log keeps the link to itself"
cp "$work/out" "$work/serve.out"
expect 0 "^http://127.0.0.1:$address/#link=" '' open
expect 0 '^hearth_' 'This is the key' keys add guest
expect 0 'guest' '' keys list
expect 1 '' "127.0.0.1:$address" serve --port 0
mkdir -p "$work/other/models"
expect 1 '' "port $address.* in use" serve --port "$address" --data "$work/other"
stop TERM 0
start --log.format=json
grep -q '^{"time":.*"event":"listening"' "$work/err" || fail "the log is JSON when asked"
# An open request holds the drain; the second signal does not wait for it.
exec 4<>"/dev/tcp/127.0.0.1/$address"
printf 'GET /health HTTP/1.1\r\n' >&4
sleep 0.2
kill -TERM "$server"
sleep 0.2
kill -0 "$server" 2>/dev/null && stop TERM 130 || { wait "$server"; server=; }
exec 4>&-
expect 1 '' 'no model "nope"' serve --port 0 --model nope

printf '%d checks, %d failed\n' "$count" "$failed"
[ "$failed" = 0 ]
