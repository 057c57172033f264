#!/usr/bin/env bash
# The verbs that care for the data folder: backup, restore, key rotate, erase.
#
#   store_test.sh HEARTH
set -u
hearth=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unset HEARTH_CONFIG XDG_DATA_HOME LC_ALL LC_MESSAGES
for name in $(compgen -e | grep -E '^HEARTH_(SERVER|MODELS|ENGINE|LOG|API|STORE|LIMITS)_' || true); do unset "$name"; done
export HEARTH_LANG=en HEARTH_DATA=$work/data XDG_CONFIG_HOME=$work/config HOME=$work
cd "$work" || exit 1

failed=0 count=0
# expect CODE OUT ERR ARGUMENT…: runs hearth; OUT and ERR are extended regular expressions, empty for "nothing", "*" for anything.
expect() {
    local code=$1 out=$2 err=$3 got
    shift 3
    count=$((count + 1))
    timeout 60 "$hearth" "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" = "$code" ] && matches out "$out" && matches err "$err"; then return; fi
    failed=$((failed + 1))
    printf 'FAILED: hearth %s: exit %s, wanted %s\n' "$*" "$got" "$code"
    sed 's/^/    out: /' out
    sed 's/^/    err: /' err
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
    "$@" || { failed=$((failed + 1)) && printf 'FAILED: %s\n' "$what"; }
}

# ---- nothing there yet
expect 1 '' 'there is no data folder' key rotate
expect 1 '' 'store cannot be read: No such file' backup first
expect 1 '' 'there is no data folder' erase --yes
expect 1 '' 'nowhere: No such file' restore nowhere
expect 2 '' '`hearth key rotate` makes a new one' key turn
expect 2 '' 'hearth key rotate' key

# ---- a backup, a change, and back
expect 0 '^hearth_' '*' keys add anna
check 'one key file, of this folder' test "$(find config -name 'key-*' | wc -l)" = 1
key=$(find config -name 'key-*')
check 'the key is its owner'\''s only' test "$(stat -c %a "$key")" = 600
check 'the folder is, too' test "$(stat -c %a data/store)" = 700
expect 0 'first: [0-9]+ KB, encrypted\. Keep it apart from the key that opens it: .*/key-' '' backup first
expect 1 '' 'first is there already' backup first
check 'no name in the backup' sh -c '! grep -qa anna first'
check 'no name in the folder' sh -c '! grep -qra anna data'
expect 0 '^hearth_' '*' keys add bert
expect 0 'bert' '' keys
expect 0 'first is in place\. What was there before is in .*hearth\.db\.before-restore' '' restore first
expect 0 'anna' '' keys
check 'bert came after the backup' sh -c '! grep -q bert out'

# ---- damage
cp first damaged
printf 'not what was there' | dd of=damaged bs=1 seek=20000 conv=notrunc 2>/dev/null
expect 1 '' 'page 4 is damaged, or belongs elsewhere' restore damaged
expect 0 'anna' '' keys

# ---- new keys
cp "$key" before
expect 0 'encrypted under a new key: .*/key-' '' key rotate
check 'the former key is kept for older backups' cmp -s before "$key.old"
check 'the key is another one' sh -c "! cmp -s before '$key'"
expect 0 'anna' '' keys
expect 0 'first is in place' '' restore first
cp "$key.old" kept && rm "$key.old"
expect 1 '' 'the backup does not open: the key in .* is not that of' restore first
expect 0 'anna' '' keys
chmod 644 "$key"
expect 1 '' 'can be read or written by others' keys
chmod 600 "$key"

printf 'short\n' >pass && chmod 600 pass
expect 1 '' 'shorter than 8 characters' key rotate --new-passphrase-file pass
printf '\n' >pass
expect 1 '' 'should be a passphrase of 1 to' key rotate --new-passphrase-file pass
printf 'correct horse battery\r\nsecond line\n' >pass && chmod 644 pass
expect 1 '' 'pass can be read by others' key rotate --new-passphrase-file pass
chmod 600 pass
expect 1 '' 'missing: No such file|cannot be read' key rotate --new-passphrase-file missing
expect 0 'encrypted under the new passphrase' '' key rotate --new-passphrase-file pass
expect 1 '' 'is locked with a passphrase; name a file with it: store\.passphrase_file' keys
expect 0 'anna' '' keys --store.passphrase_file=pass
printf 'wrong horse battery\n' >wrong && chmod 600 wrong
expect 1 '' 'the passphrase is not that of' keys --store.passphrase_file=wrong
expect 0 'opens it: your passphrase' '' backup second --store.passphrase_file=pass
expect 0 'encrypted under a new key' '' key rotate --store.passphrase_file=pass
expect 0 'anna' '' keys

# ---- Chinese
HEARTH_LANG=zh expect 2 '' '且无法撤销：`hearth erase --yes`' erase
HEARTH_LANG=zh expect 0 '已加密' '' backup third

# ---- erasing
expect 2 '' 'It cannot be undone' erase
expect 0 'is erased' '' erase --yes
check 'the folder is gone' test ! -e data/store
check 'the keys are gone' test "$(find config -name 'key*' | wc -l)" = 0
expect 1 '' 'the key file .* is missing' restore third

printf '%s cases, %s failed\n' "$count" "$failed"
[ "$failed" = 0 ]
