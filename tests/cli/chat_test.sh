#!/usr/bin/env bash
# `hearth chat` as a person meets it: driven through tmux, its screen captured and compared; then through a pipe; `hearth ask`.
#
#   chat_test.sh HEARTH MAKE_MODEL
# The answers are those of the stories of the shared data; without them everything here is skipped.
set -u
hearth=$(realpath "$1")
make_model=$(realpath "$2")
shared=${HEARTH_SHARED_DATA:-$(realpath "$(dirname "$0")/../../..")/shared/data}
stories=$shared/stories260K.gguf
[ -f "$stories" ] || { echo "skipped: $stories is not there" && exit 77; }
command -v tmux >/dev/null || { echo "skipped: tmux is not here (tools/setup test installs it)" && exit 77; }
work=$(mktemp -d)
terminals=0
trap 'mux kill-server 2>/dev/null; [ -z "${server:-}" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

unset HEARTH_CONFIG HEARTH_KEY XDG_DATA_HOME LC_ALL LC_MESSAGES NO_COLOR TMUX
for name in $(compgen -e | grep -E '^HEARTH_(SERVER|MODELS|ENGINE|LOG|API|STORE)_' || true); do unset "$name"; done
# The plainest kernels: the others write so fast that an answer is over before it can be looked at.
export HEARTH_CPU=scalar HEARTH_LANG=en HEARTH_DATA=$work/data HEARTH_ENGINE_THREADS=1 LANG=C.UTF-8 HOME=$work XDG_CONFIG_HOME=$work/config
mkdir -p "$work/data/models"
cp "$stories" "$work/data/models/stories.gguf"
"$make_model" tiny-qwen3 Q8_0 "$work/data/models/endless.gguf" >/dev/null || exit 1
cd "$work" || exit 1

failed=0 count=0
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$*"
}

# ---- a terminal
mux() { tmux -L "hearth-chat-$$-$terminals" -f /dev/null "$@"; }
open_terminal() { # columns, rows, command
    mux kill-server 2>/dev/null
    terminals=$((terminals + 1)) # a server that is ending still has its socket
    mux -u new-session -d -x "$1" -y "$2" "trap : INT; $3; echo left with \$?; sleep 60"
    mux set-option -g escape-time 0
}
screen() { mux capture-pane -p -S - 2>/dev/null | sed 's/ *$//'; }
colors() { mux capture-pane -p -e -S -; }
keys() { mux send-keys "$@"; }
enter() { # a line, and Enter
    mux send-keys -l -- "$1"
    mux send-keys Enter
}
# The screen comes to hold a line like this (an extended regular expression).
sees() {
    count=$((count + 1))
    for _ in $(seq 1000); do
        screen | grep -qE -- "$1" && return 0
        sleep 0.04
    done
    fail "the screen never shows: $1"
    give_up
}
# The last line is an empty prompt: the program reads keys. Between two lines the terminal is its usual self, to which Ctrl-D is no key.
prompted() {
    count=$((count + 1))
    for _ in $(seq 1000); do
        screen | grep -v '^$' | tail -n 1 | grep -qE '^› ?$' && return 0
        sleep 0.04
    done
    fail "there is no prompt"
    give_up
}
# What follows would only wait for what cannot come.
give_up() {
    screen | sed 's/^/    | /'
    exit 1
}
# This many lines like it.
sees_times() {
    count=$((count + 1))
    for _ in $(seq 1000); do
        [ "$(screen | grep -cE -- "$2")" = "$1" ] && return 0
        sleep 0.04
    done
    fail "the screen never shows $1 times: $2"
    give_up
}

chat="$hearth chat stories --set temperature=0 --set max_tokens=24"

# ---- greeting, an answer, what can be asked about it
open_terminal 100 50 "$chat"
sees '^hearth [0-9.]+ · stories$'
sees '/help lists the commands\. Ctrl-C stops an answer, Ctrl-D leaves\.'
sees '^› ?$'
enter 'Once upon a time'
sees '^, there was a little girl named Lily\.'
sees '^\(cut: the limit of tokens'
enter '/stats'
sees 'tokens read .*24 written at [0-9.]+/s'
sees '^stories, 2 messages, http://127\.0\.0\.1:'
enter '/help'
sees '^ +/retry +another answer to the last message'
enter '/sytem x'
sees 'no command /sytem; did you mean /system\?'
enter '/system Be brief.'
sees '^Instructions: Be brief\.'
enter '/system -'
sees '^No instructions\.'
enter '/set temperature hot'
sees 'temperature wants a number, not "hot"'
enter '/set top_k 5'
sees '^ +top_k +5$'
enter '/retry'
sees_times 2 '^\(cut: the limit'
enter '/save A story of Lily'
sees '^Saved as "A story of Lily"\.'
enter "/save $work/story.md"
sees 'Written to .*story\.md'
grep -q 'Once upon a time' "$work/story.md" || fail "the exported conversation holds the question"

# ---- Tab, the arrow keys, several lines, paste
mux send-keys -l '/sta'
keys Tab
sees '^› /stats$'
keys C-c
keys Up
sees '^› /save .*story\.md'
keys C-c
enter '/new'
sees 'A new conversation\.'
enter 'one\'
sees '^…'
enter 'two'
sees '^… two$'
sees_times 3 '^\(cut: the limit'
enter '"""'
enter 'three'
enter ''
enter 'four"""'
sees_times 4 '^\(cut: the limit'
mux set-buffer $'five\nsix'
mux paste-buffer -p
sees '^six$'
keys Enter
sees_times 5 '^\(cut: the limit'
enter '/stats'
sees '^stories, 6 messages'
mux set-option -s set-clipboard on
enter '/copy'
sees "^Sent to the terminal's clipboard: [0-9]+ bytes"
count=$((count + 1))
mux show-buffer | grep -q . || fail "/copy reaches the clipboard"
enter '/edit'
sees '^› five$'
mux send-keys -l ' seven'
keys Enter
sees_times 6 '^\(cut: the limit'
enter '/stats'
sees_times 2 '^stories, 6 messages'

# ---- Ctrl-C stops the answer and not the program
enter '/model endless'
sees '^endless answers from now on'
enter '/set max_tokens -'
enter '/new'
mux clear-history
keys C-l
enter 'go on and on'
pace='^[0-9.]+ tokens/s, first word after [0-9.]+ s, [0-9]+ tokens$'
sees "$pace"
screen | tail -n 1 | grep -qE "$pace" || fail 'the speed stands on the last line'
keys C-c
sees '^\(stopped\)$'
screen | grep -qE "$pace" && fail 'the last line is given back'
enter '/stats'
sees '^endless, 2 messages'
keys C-c
sees 'Ctrl-C once more, or Ctrl-D, leaves'
keys C-c
sees '^left with 0$'

# ---- the conversations are there when the program comes again
open_terminal 80 40 "$chat"
sees '^› ?$'
enter '/list'
sees '^ +3 .* A story of Lily +[0-9]+ messages'
enter '/load 3'
sees '^A story of Lily: 2 messages'
sees '^› Once upon a time$'
sees '^, there was a little girl'
enter '/search Lily'
sees 'little girl named Lily'
enter '/load nothing of the kind'
sees 'no conversation "nothing of the kind"'
keys Up Up Up Up
sees '^› Once upon a time$'
keys C-c
prompted
keys C-d
sees '^left with 0$'

# ---- with a server that others use, too: Chinese, Markdown, a narrow window, colours
"$hearth" serve --port 0 >"$work/serve.out" 2>&1 &
server=$!
for _ in $(seq 100); do
    address=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/serve.out" | head -1)
    [ -n "$address" ] && break
    sleep 0.05
done
cat >"$work/import.json" <<'JSON'
{"format": "hearth.conversations", "version": 1, "conversations": [{"id": "zh", "title": "绿茶", "created_ms": 1, "updated_ms": 2, "leaf": "b",
 "messages": [
  {"id": "a", "parent": null, "role": "user", "content": "怎样泡绿茶？", "state": "done", "created_ms": 1},
  {"id": "b", "parent": "a", "role": "assistant", "state": "done", "created_ms": 2, "content":
   "# 泡茶\n\n用**八十度**的水，先温杯，再投茶叶，然后沿着杯壁慢慢注水。\n\n1. 温杯\n2. 投茶\n\n| 茶 | 水温 |\n|---|--:|\n| 绿茶 | 80 |\n| 红茶 | 95 |\n\n`x` \u001b]0;owned\u0007\u001b[2J end"}]}]}
JSON
curl -fsS -X POST -H 'Content-Type: application/json' --data-binary "@$work/import.json" "$address/api/import" >"$work/out" 2>&1 ||
    fail "import: $(cat "$work/out")"
export HEARTH_LANG=zh_CN.UTF-8
open_terminal 40 40 "$chat"
sees '^hearth [0-9.]+ · stories · http'
sees '^/help 列出命令。'
enter '/load 绿茶'
sees '^绿茶：2 条消息'
sees '^› 怎样泡绿茶？$'
sees '^泡茶$'
sees '^用八十度的水，先温杯，再投茶叶，然后沿着$'
sees '^杯壁慢慢注水。$'
sees '^1\. 温杯$'
sees '^绿茶 │   80$'
sees 'x .\]0;owned..\[2J end'
colors | grep -q $'\033\[1m八十度' || fail "bold is bold"
[ "$(mux display-message -p '#{pane_title}')" != owned ] || fail "a model has set the terminal's title"
enter '你好，世界'
sees '^› 你好，世界$'
sees '^（已截断'
mux send-keys -l '中文'
keys BSpace
mux send-keys -l '国'
sees '^› 中国$'
keys C-c
prompted
keys C-d
sees '^left with 0$'
export HEARTH_LANG=en NO_COLOR=1
open_terminal 40 40 "$chat --continue"
sees '^› 你好，世界$'
sees '^, there|^\(|^›'
colors | grep -q $'\033\[1m' && fail "NO_COLOR is not obeyed"
prompted
keys C-d
sees '^left with 0$'
unset NO_COLOR
kill "$server"
wait "$server"
server=
mux kill-server 2>/dev/null

# ---- in a pipe: plain answers, line by line; nothing but them on standard output
expect() { # code, output, errors (extended regular expressions; empty: nothing), arguments…; standard input is $input
    local code=$1 out=$2 err=$3 got
    shift 3
    count=$((count + 1))
    printf '%s' "$input" | timeout 30 "$hearth" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ "$got" = "$code" ] || fail "hearth $*: exit $got, not $code"
    matches "$work/out" "$out" || { fail "hearth $*: standard output is not: $out" && head -5 "$work/out"; }
    matches "$work/err" "$err" || { fail "hearth $*: standard error is not: $err" && head -5 "$work/err"; }
}
matches() {
    case $2 in
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
    esac
}
input=$'Once upon a time\n/stats\n'
expect 0 '^, there was a little girl' 'stories, 2 messages' chat stories --set temperature=0 --set max_tokens=24
[ "$(wc -l <"$work/out")" = 1 ] || fail "one question in a pipe is answered in one line"
grep -q $'\033' "$work/out" && fail "an escape sequence in a pipe"
input=$'/florp\n'
expect 0 '' 'no command /florp' chat stories
input=
expect 1 '' 'no model "nope"' chat nope
expect 1 '' 'nosuch.txt' chat stories --file nosuch.txt

# ---- ask: one question, of which nothing is kept
expect 0 '^, there was a little girl' '' ask 'Once upon a time' --model stories --set temperature=0 --set max_tokens=24
expect 0 '^\{"model":"stories","answer":", there was.*"finish_reason":"length","usage":\{"prompt_tokens":5' '' \
    ask 'Once upon a time' --model stories --set temperature=0 --set max_tokens=24 --json
input='upon a time'
expect 0 '.' '' ask 'Once' --model stories --set temperature=0 --set max_tokens=24
input=
printf 'words' >"$work/a file.txt"
expect 0 '.' 'tokens read' ask 'Once' --model stories --file "$work/a file.txt" --set max_tokens=4 --stats
expect 1 '' 'there is nothing to ask' ask --model stories
expect 1 '' 'byte 1 is wrong' ask $'\xff' --model stories
expect 1 '' 'does not accept connections' ask x --server http://127.0.0.1:1
expect 1 '' 'is not an address' ask x --server florp
expect 1 '' 'no setting "temprature"; did you mean "temperature"' ask x --model stories --set temprature=1
expect 1 '' 'temperature' ask x --model stories --set temperature=99
set -m
"$hearth" ask 'go on' --model endless >"$work/out" 2>"$work/err" &
job=$!
sleep 0.6
kill -INT "$job" 2>/dev/null
wait "$job"
code=$?
set +m
[ "$code" = 130 ] || [ "$code" = 0 ] || fail "ask after SIGINT: exit $code"
# ---- thinking: dim for who watches, nothing in a pipe
printf '%s\n' '{% for m in messages %}<|im_start|>{{ m.role }}' '{{ m.content }}<|im_end|>{% endfor %}<|im_start|>assistant' '<think>' >"$work/thinks.jinja"
export HEARTH_ENGINE_CHAT_TEMPLATE_FILE=$work/thinks.jinja
open_terminal 100 50 "$hearth chat endless --set temperature=0 --set max_tokens=40 --set think_budget=39"
sees '^› ?$'
enter 'Hm?'
sees '^\(cut: the limit of tokens'
count=$((count + 1))
colors | sed -n '/Hm?/,/(cut:/p' | grep -v '(cut:' | grep -q $'\e\[2m' || fail 'thoughts are not dim'
prompted
keys C-d
sees '^left with 0$' # its server has let go of the folder
count=$((count + 1)) # all that it writes is thoughts
"$hearth" ask 'Hm?' --model endless --set temperature=0 --set max_tokens=40 >"$work/out" 2>/dev/null </dev/null || fail "ask while thinking: exit $?"
[ ! -s "$work/out" ] || fail 'a pipe gets thoughts'
unset HEARTH_ENGINE_CHAT_TEMPLATE_FILE

grep -rqa 'little girl' "$work/data/store" && fail "a conversation lies in the store unencrypted"
pgrep -f "$work" >/dev/null && fail "a server is left behind: $(pgrep -af "$work")"

printf '%d checks, %d failed\n' "$count" "$failed"
[ "$failed" = 0 ]
