#!/usr/bin/env bash
# hearth export and hearth import, without a server and through one.
#
#   exchange_test.sh HEARTH
set -u
hearth=$(realpath "$1")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

unset HEARTH_CONFIG HEARTH_KEY XDG_DATA_HOME LC_ALL LC_MESSAGES
for name in $(compgen -e | grep -E '^HEARTH_(SERVER|MODELS|ENGINE|LOG|API|STORE|LIMITS)_' || true); do unset "$name"; done
export HEARTH_LANG=en HEARTH_DATA=$work/data XDG_CONFIG_HOME=$work/config HOME=$work HEARTH_ENGINE_THREADS=1
cd "$work" || exit 1

failed=0 count=0
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$*"
    head -c 2000 out | sed 's/^/    out: /'
    head -c 2000 err | sed 's/^/    err: /'
}
# expect CODE OUT ERR ARGUMENT…: runs hearth; OUT and ERR are extended regular expressions, empty for "nothing", "*" for anything.
expect() {
    local code=$1 out=$2 err=$3 got
    shift 3
    count=$((count + 1))
    timeout 60 "$hearth" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] && matches out "$out" && matches err "$err" || fail "hearth $*: exit $got, wanted $code, '$out' and '$err'"
}
matches() {
    case $2 in
    '*') true ;;
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
    esac
}
check() { # a sentence, and a command that must succeed
    count=$((count + 1))
    local what=$1
    shift
    "$@" || fail "$what"
}
start() {
    "$hearth" serve --port 0 "$@" >serve.out 2>serve.err &
    server=$!
    for _ in $(seq 400); do
        grep -q 'http://127.0.0.1:' serve.out && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    fail 'serve did not start'
}
stop() {
    kill -TERM "$server"
    wait "$server"
    server=
}

# What ChatGPT writes: a conversation of two messages under a root without words; and one that is no object.
{
    printf '[{"title":"Tea","conversation_id":"c1","current_node":"n2","create_time":1700000000,"mapping":{'
    printf '"root":{"id":"root","parent":null,"children":["n1"],"message":null},'
    printf '"n1":{"id":"n1","parent":"root","children":["n2"],"message":{"author":{"role":"user"},"content":{"parts":["为什么茶会变苦？"]}}},'
    printf '"n2":{"id":"n2","parent":"n1","children":[],"message":{"author":{"role":"assistant"},"content":{"parts":["It was steeped too long."]}}}'
    printf '}},7]'
} >chatgpt.json
printf '{"format":"hearth.conversations","version":1,"conv' >broken.json
printf '{"format":"hearth.conversations","version":2,"conversations":[]}' >later.json
printf '{"hello":"world"}' >other.json
printf '# Notes\n' >notes.md

# ---- nothing there yet
expect 1 '' 'store cannot be read: No such file' export
check 'an export makes no folder' test ! -e data/store
expect 1 '' 'not valid JSON: line 1' import broken.json
check 'a broken file makes no folder' test ! -e data/store
expect 1 '' 'nowhere' import nowhere
expect 2 '' '--format is markdown or json, not "pdf"' export --format pdf
expect 2 '*' '*' import

# ---- an empty store
expect 0 '^hearth_' '*' keys add anna
expect 0 '^\{"format":"hearth.conversations","version":1,"conversations":\[\]\}$' '' export
expect 0 '' '' export --format markdown

# The same, into the folder itself and through a server that has it open.
round() { # the name of the round
    expect 0 'Conversations taken: 1, with 2 messages' '' import chatgpt.json
    check "$1: what is no conversation is told" grep -q '^Skipped: 1$' out
    expect 0 'Conversations taken: 0, with 0 messages' '' import chatgpt.json
    check "$1: twice is once" grep -q '^  Tea: it is here already$' out
    expect 0 '"title":"Tea"' '' export
    cp out printed
    expect 0 '^all\.json: [0-9]+ .*not encrypted' '' export all.json
    check "$1: the file is what is printed" cmp -s all.json printed
    check "$1: the file is its owner's only" test "$(stat -c %a all.json)" = 600
    expect 1 '' 'all\.json is there already; --yes replaces it' export all.json --format markdown
    check "$1: the file is as it was" cmp -s all.json printed
    expect 0 '^# Tea$' '' export --format markdown
    check "$1: both have spoken" grep -q '为什么茶会变苦' out
    expect 0 'all\.json: ' '' export all.json --format=markdown --yes
    check "$1: the file is replaced" grep -q '^## Assistant' all.json
    check "$1: nothing is left beside it" test "$(find . -maxdepth 1 -name 'all.json*' | wc -l)" = 1
    expect 1 '' 'not valid JSON: line 1, column' import broken.json
    expect 1 '' 'later version of hearth' import later.json
    expect 1 '' 'neither an export of hearth nor ChatGPT' import other.json
    expect 1 '*' 'nowhere/all.json cannot be written: No such file' export nowhere/all.json
    expect 1 '' 'pipe is no regular file' export pipe --yes
    check "$1: the pipe is one still" test -p pipe
    HEARTH_LANG=zh expect 0 '已导入 0 个对话，共 0 条消息' '' import chatgpt.json
    HEARTH_LANG=zh expect 0 'zh\.json：.*未加密' '' export zh.json --yes
    rm all.json
    # hearth's own, into another folder, and out again
    expect 0 'Conversations taken: 1, with 2 messages' '' import printed --data "$work/$1"
    expect 0 '"title":"Tea"' '' export --data "$work/$1"
    check "$1: out again is the same" test "$(words out)" = "$(words printed)"
    # Markdown comes back, too
    expect 0 '^tea\.md: ' '' export tea.md --format markdown
    expect 0 'Conversations taken: 1, with 2 messages' '' import tea.md --data "$work/$1.md"
    expect 0 '"title":"Tea"' '' export --data "$work/$1.md"
    check "$1: by way of Markdown it is the same" test "$(words out)" = "$(words printed)"
    expect 1 '' 'Line 1 of the Markdown: an export of hearth.s' import notes.md
    rm tea.md
}
words() {
    python3 -c 'import json, sys
for c in json.load(open(sys.argv[1]))["conversations"]: print(c["title"], c["created_ms"], [(m["role"], m["content"]) for m in c["messages"]])' "$1"
}
mkfifo pipe
round folder
if [ -c /dev/full ]; then
    count=$((count + 1))
    "$hearth" export >/dev/full 2>err </dev/null && fail 'a full disk is noticed'
    check 'and said' grep -q 'could not be written' err
fi

# ---- many that are skipped: ten are told
python3 -c 'import json; print(json.dumps([{"mapping": {}, "title": "T\n%d" % i} for i in range(13)]))' >many.json
expect 0 '^  T 9: ' '' import many.json
check 'the rest is counted' grep -q 'and 3 more$' out
check 'no eleventh' sh -c '! grep -q "T 10" out'

# ---- through a server
expect 0 'erased' '' erase --yes
start
round server
stop

# ---- more than the server takes, but not more than the folder does
python3 -c 'import json
text = "x" * 1000000
print(json.dumps([{"title": "T%d" % i, "conversation_id": "big%d" % i, "current_node": "a", "mapping": {"a": {"id": "a", "parent": None,
    "message": {"author": {"role": "user"}, "content": {"parts": [text]}}}}} for i in range(3)]))' >big.json
start --server.body_bytes_max=1M
expect 1 '' 'big\.json has 3\.0. MB, more than the server that runs accepts: end the server and import again' import big.json
HEARTH_LANG=zh expect 1 '' '请先停止服务器再导入' import big.json
stop
expect 0 'Conversations taken: 3, with 3 messages' '' import big.json

printf '%s cases, %s failed\n' "$count" "$failed"
[ "$failed" = 0 ]
