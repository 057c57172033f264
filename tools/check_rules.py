#!/usr/bin/env python3
"""The rules of the house that no compiler checks: floors, banned functions, sizes of files and functions, rooms' READMEs.

Prints each breach as file:line: sentence, and ends with a count; exit status 1 when there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = [
    ["base"],
    ["sys", "loop"],
    ["tensor", "store", "fetch", "net", "gen", "doc"],
    ["model", "people"],
    ["engine"],
    ["runtime"],
    ["talk", "kb", "skill", "plugin", "cluster", "observe", "learn"],
    ["assistant"],
    ["api"],
    ["app"],
]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
# Headers of libraries that belong to one room.
OWNED = {"uv.h": "loop", "llhttp.h": "net", "jansson.h": "api", "yaml.h": "app", "utf8proc.h": "model", "immintrin.h": "tensor",
         "sqlite3.h": "store", "curl/curl.h": "fetch", "histedit.h": "app", "openssl/evp.h": "store",
         "zstd.h": "store", "hiredis/async.h": "store", "hiredis/hiredis.h": "store",
         "zdict.h": "kb", "libstemmer.h": "kb", "seccomp.h": "sys", "zip.h": "doc", "expat.h": "doc", "gumbo.h": "doc", "pcre2.h": "skill"}
ALSO = {("zstd.h", "kb"), ("utf8proc.h", "store"), ("utf8proc.h", "skill"), ("jansson.h", "skill"), ("jansson.h", "assistant"), ("immintrin.h", "sys"), ("immintrin.h", "app"), ("openssl/evp.h", "fetch"), ("jansson.h", "fetch"), ("jansson.h", "talk"), ("jansson.h", "model"), ("jansson.h", "engine"), ("jansson.h", "app")}
BANNED = "strcpy strcat sprintf vsprintf gets strtok atoi atol atoll atof alloca rand srand system popen tmpnam mktemp strncpy strncat".split()
LINES_MAX = 800
FUNCTION_LINES_MAX = 60

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
OPEN_MARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SILENCED = re.compile(r"\bNOLINT(?!END)")
SILENCED_WELL = re.compile(r"\bNOLINT(?:NEXTLINE|BEGIN)?\([\w.,-]+\): \w")


def strip_comments(text):
    """Comments and strings become spaces, so that words in them are not taken for calls; lines keep their numbers."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check_includes(path, room, lines):
    for number, line in enumerate(lines, 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        kind, name = m.groups()
        if kind == "<":
            owner = OWNED.get(name)
            if owner and owner != room and (name, room) not in ALSO:
                yield number, f"<{name}> belongs to {owner}/"
            continue
        other = name.split("/")[0]
        if "/" not in name or other == room:
            continue
        if other not in FLOOR:
            yield number, f'"{name}" names no room'
        elif FLOOR[other] >= FLOOR[room]:
            yield number, f'"{name}": {room}/ (floor {FLOOR[room]}) may not include {other}/ (floor {FLOOR[other]})'


def check_functions(lines):
    """clang-format has put the braces of a function, and of nothing within it, into the first column."""
    start = 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield start, f"a function of {number - start - 1} lines: does it fit on a screen? (at most {FUNCTION_LINES_MAX})"
            start = 0


def check_file(path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    parts = path.relative_to(ROOT).parts
    if parts[0] == "src":
        yield from check_includes(path, parts[1], lines)
        yield from check_functions(lines)
    if len(lines) > LINES_MAX + 1:
        yield 1, f"{len(lines)} lines: is this two files? (at most {LINES_MAX})"
    for number, line in enumerate(strip_comments(text).split("\n"), 1):
        for m in CALL.finditer(line):
            yield number, f"{m.group(1)}() is banned"
    for number, line in enumerate(lines, 1):
        if SILENCED.search(line) and not SILENCED_WELL.search(line):
            yield number, "NOLINT names the check and gives the reason: NOLINT(check): why"
    if parts[0] == "src":
        for number, line in enumerate(lines, 1):
            if OPEN_MARK.search(line):
                yield number, "an open mark: do it, or write an issue"


def main():
    breaches = 0
    files = sorted(p for top in ("src", "include", "tests", "fuzz", "bench") for p in (ROOT / top).rglob("*.[ch]") if "node_modules" not in p.parts)
    for path in files:
        for number, sentence in check_file(path):
            print(f"{path.relative_to(ROOT)}:{number}: {sentence}")
            breaches += 1
    for room in sorted(p for p in (ROOT / "src").iterdir() if p.is_dir()):
        if room.name not in FLOOR:
            print(f"{room.relative_to(ROOT)}: not on any floor")
            breaches += 1
        if not (room / "README.md").exists():
            print(f"{room.relative_to(ROOT)}: a room needs a README.md")
            breaches += 1
    print(f"{len(files)} files, {breaches} breaches of the rules")
    return 1 if breaches or not files else 0


if __name__ == "__main__":
    sys.exit(main())
