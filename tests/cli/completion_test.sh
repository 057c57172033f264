#!/usr/bin/env bash
# What Tab offers after `hearth`, asked of the shells themselves; and the manual page.
#
#   completion_test.sh HEARTH
# A shell that is not installed is skipped.
set -u
hearth=$(realpath "$1")
work=$(mktemp -d)
trap 'tmux -L "hearth-tab-$$" kill-server 2>/dev/null; rm -rf "$work"' EXIT
export HEARTH_LANG=en HEARTH_DATA=$work/data LANG=C.UTF-8 PATH=$work/bin:$PATH
unset HEARTH_CONFIG XDG_DATA_HOME LC_ALL HEARTH_MODELS_DIR TMUX
mkdir -p "$work/data/models" "$work/bin" "$work/here"
ln -s "$hearth" "$work/bin/hearth"
: >"$work/data/models/qwen-small.gguf"
: >"$work/here/quiet.gguf"
cd "$work/here" || exit 1

failed=0 count=0
# what was offered, what must be in it, what must not
check() {
    count=$((count + 1))
    [[ " $2 " == *" $3 "* ]] || { failed=$((failed + 1)) && printf 'FAILED: %s offers not "%s" but: %.300s\n' "$1" "$3" "$2"; }
    [ -z "${4:-}" ] || [[ " $2 " != *" $4 "* ]] || { failed=$((failed + 1)) && printf 'FAILED: %s offers "%s"\n' "$1" "$4"; }
}

# ---- bash
offers_bash() { # the words; the last one is being typed
    bash --norc -c 'source <(hearth completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _hearth; echo "${COMPREPLY[*]}"' \
        - - "$@" 2>&1
}
check bash "$(offers_bash hearth '')" serve --help
check bash "$(offers_bash hearth cha)" chat serve
check bash "$(offers_bash hearth run --te)" --temperature --context
check bash "$(offers_bash hearth chat --con)" --continue --temperature
check bash "$(offers_bash hearth chat --c)" --config
check bash "$(offers_bash hearth run q)" qwen-small
check bash "$(offers_bash hearth run q)" quiet.gguf
check bash "$(offers_bash hearth run --threads 2 q)" qwen-small
check bash "$(offers_bash hearth chat --model q)" qwen-small
check bash "$(offers_bash hearth serve --engine.c)" --engine.cpu= --server.port=
check bash "$(offers_bash hearth serve --engine.cpu = s)" scalar auto
check bash "$(offers_bash hearth serve --log.level = '')" warn
check bash "$(offers_bash hearth completion '')" fish
check bash "$(offers_bash hearth help b)" bench serve

# ---- fish
if command -v fish >/dev/null; then
    offers_fish() { fish --no-config -c 'source (hearth completion fish | psub); complete -C "$argv"' "$1" 2>&1 | cut -f1 | tr '\n' ' '; }
    check fish "$(offers_fish 'hearth ')" serve
    check fish "$(offers_fish 'hearth run --te')" --temperature --continue
    check fish "$(offers_fish 'hearth chat --con')" --continue --temperature
    check fish "$(offers_fish 'hearth run q')" qwen-small
    check fish "$(offers_fish 'hearth serve --engine.cpu ')" scalar
    check fish "$(offers_fish 'hearth serve --engine.c')" --engine.cpu
    check fish "$(offers_fish 'hearth completion ')" zsh
else
    echo "skipped: fish is not here"
fi

# ---- zsh, which completes only where it edits a line
if command -v zsh >/dev/null && command -v tmux >/dev/null; then
    mux() { tmux -L "hearth-tab-$$" -f /dev/null "$@"; }
    hearth completion zsh >"$work/_hearth"
    mux -u new-session -d -x 120 -y 50 "ZDOTDIR=$work zsh -f"
    mux send-keys -l "PS1='%% '; autoload -Uz compinit; compinit -D -u; source $work/_hearth; setopt list_ambiguous; clear"
    mux send-keys Enter
    offers_zsh() { # a line; Tab; the screen until it holds $2
        mux send-keys C-u
        mux send-keys C-l
        mux send-keys -l "$1"
        mux send-keys Tab Tab
        for _ in $(seq 100); do
            screen=$(mux capture-pane -p)
            [[ $screen == *"$2"* ]] && break
            sleep 0.04
        done
        tr '\n' ' ' <<<"$screen" | tr -s ' '
    }
    check zsh "$(offers_zsh 'hearth ' tokenize)" serve
    check zsh "$(offers_zsh 'hearth cha' 'hearth chat')" 'hearth chat'
    check zsh "$(offers_zsh 'hearth run --te' temperature)" --temperature
    check zsh "$(offers_zsh 'hearth run qw' qwen-small)" qwen-small
    check zsh "$(offers_zsh 'hearth serve --engine.cpu=sc' scalar)" --engine.cpu=scalar
    check zsh "$(offers_zsh 'hearth completion ' fish)" fish
else
    echo "skipped: zsh is not here"
fi

# ---- the manual page
count=$((count + 3))
for lang in en zh_CN.UTF-8; do
    HEARTH_LANG=$lang hearth man >"$work/hearth.1" || failed=$((failed + 1))
    if command -v groff >/dev/null; then
        warnings=$(groff -man -Tutf8 -ww -W break -K utf8 "$work/hearth.1" 2>&1 >"$work/page" | head -3)
        [ -z "$warnings" ] || { failed=$((failed + 1)) && echo "FAILED: man in $lang: $warnings"; }
    fi
done
hearth completion tcsh >"$work/out" 2>&1 && failed=$((failed + 1))

printf '%d checks, %d failed\n' "$count" "$failed"
[ "$failed" = 0 ]
