#!/usr/bin/env python3
"""embed.py: what it makes of a folder compiles, says what is in it, and is the same for the same bytes."""
import os
import subprocess
import sys
import tempfile

embed, cc, source = sys.argv[1], sys.argv[2].split(), sys.argv[3]


def run(dist, work):
    out, dep = os.path.join(work, 'assets.c'), os.path.join(work, 'assets.d')
    subprocess.run([sys.executable, embed, dist, out, dep], check=True)
    subprocess.run(cc + ['-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-I', os.path.join(source, 'src'), out], check=True)
    with open(out) as c, open(dep) as d:
        return c.read(), d.read()


with tempfile.TemporaryDirectory() as work:
    text, _ = run(os.path.join(work, 'ui', 'dist'), work)
    assert 'app_assets_count = 0;' in text, 'a page that was not built is an empty table'

    dist = os.path.join(work, 'ui', 'dist')
    os.makedirs(os.path.join(dist, 'assets'))
    files = {'index.html': b'<!doctype html>' + b' ' * 500, 'assets/index-AbCd1234.js': b'"use strict";', 'empty.txt': b'', '.stamp': b'x',
             'odd "name\\.bin': bytes(range(256))}
    for name, body in files.items():
        with open(os.path.join(dist, name), 'wb') as f:
            f.write(body)
    text, dep = run(dist, work)
    assert 'app_assets_count = 4;' in text and '.stamp' not in text
    assert '.path = "index.html", .content_type = "text/html; charset=utf-8"' in text
    assert text.count('.immutable = true') == 1, 'names with a hash, and only these'
    assert text.count('sizeof gz_') == 1, 'what gzip does not make smaller stays as it is'
    assert 'index.html' in dep and dist + '/.stamp' in dep
    assert run(dist, work)[0] == text, 'the same page gives the same bytes'
print('ok')
