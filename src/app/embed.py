#!/usr/bin/env python3
"""Writes the files of a folder as a C table of struct api_asset: bodies, gzip forms, types, tags.

usage: embed.py DIST OUT.c DEPFILE

The output depends on the files' bytes alone, so that the same page gives the same program. A folder that does not exist
gives an empty table. The dependency file names the folders, too: a build of the page makes the program be built again.
"""
import gzip
import hashlib
import os
import re
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.ico': 'image/x-icon',
    '.json': 'application/json',
    '.webmanifest': 'application/manifest+json',
    '.woff2': 'font/woff2',
    '.txt': 'text/plain; charset=utf-8',
}
# Vite puts a hash of the content into the names of what it builds.
HASHED = re.compile(r'^assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$')


def files_below(folder):
    found = []
    for root, dirs, names in os.walk(folder):
        dirs.sort()
        for name in sorted(names):
            if not name.startswith('.'):
                found.append(os.path.relpath(os.path.join(root, name), folder).replace(os.sep, '/'))
    return sorted(found)


def byte_array(name, data):
    lines = [f'static const unsigned char {name}[] = {{']
    for i in range(0, len(data), 32):
        lines.append('    ' + ','.join(str(b) for b in data[i:i + 32]) + ',')
    return '\n'.join(lines + ['};'])


def slice_of(name, data):
    return f'{{(const char *){name}, sizeof {name}}}' if data else '{NULL, 0}'


def quoted(text):
    return '"' + ''.join(c if c.isalnum() or c in ' ._-/;=+' else f'\\{ord(c):03o}' for c in text) + '"'


def main(dist, out, depfile):
    paths = files_below(dist) if os.path.isdir(dist) else []
    arrays, rows = [], []
    for i, path in enumerate(paths):
        with open(os.path.join(dist, path), 'rb') as f:
            body = f.read()
        gz = gzip.compress(body, 9, mtime=0)
        if len(gz) > len(body) * 0.9:
            gz = b''
        for name, data in ((f'body_{i}', body), (f'gz_{i}', gz)):
            if data:
                arrays.append(byte_array(name, data))
        kind = TYPES.get(os.path.splitext(path)[1], 'application/octet-stream')
        tag = '"' + hashlib.sha256(body).hexdigest()[:32] + '"'
        immutable = 'true' if HASHED.match(path) else 'false'
        rows.append(f'    {{.path = {quoted(path)}, .content_type = {quoted(kind)}, .etag = {quoted(tag)},\n'
                    f'     .body = {slice_of(f"body_{i}", body)}, .gz = {slice_of(f"gz_{i}", gz)}, .immutable = {immutable}}},')
    with open(out, 'w') as f:
        f.write('/* Written by src/app/embed.py. */\n#include "app/assets.h"\n\n')
        f.write('\n'.join(arrays) + '\n')
        f.write('const struct api_asset app_assets[] = {\n' + '\n'.join(rows + ['    {0},']) + '\n};\n')
        f.write(f'const size_t app_assets_count = {len(paths)};\n')
    watched = [os.path.dirname(dist)] + ([os.path.join(dist, p) for p in paths])
    watched += [d for d in (dist, os.path.join(dist, '.stamp'), os.path.join(dist, 'assets')) if os.path.exists(d)]
    with open(depfile, 'w') as f:
        f.write(f'{out}: ' + ' '.join(w.replace(' ', '\\ ') for w in watched if os.path.exists(w)) + '\n')


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
