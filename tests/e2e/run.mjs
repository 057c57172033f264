// Runs files of tests, one after the other: a line for each that passes, what it says for each that does not. A folder means all of its
// files, nothing all folders.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** No file needs nearly as long; one that hangs shall not keep the others from being run. */
const FILE_S_MAX = 300;

const here = path.dirname(fileURLToPath(import.meta.url));
const isFolder = (name) => statSync(path.join(here, name)).isDirectory();
const testsOf = (name) => (isFolder(name) ? readdirSync(path.join(here, name)).filter((file) => file.endsWith('.test.mjs')).map((file) => `${name}/${file}`) : [name]);
const folders = () => readdirSync(here).filter((name) => name !== 'node_modules' && isFolder(name));

/** Resolves with how it ended, and with what it said. */
function run(file) {
    return new Promise((resolve) => {
        // In a group of its own, with the servers that it starts.
        const child = spawn(process.execPath, ['--test-reporter=tap', file], { cwd: here, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        const end = () => {
            try {
                process.kill(-child.pid, 'SIGKILL');
            } catch {
                // all of them have ended
            }
        };
        let said = '';
        const timer = setTimeout(() => ((said += `not ok - no end within ${FILE_S_MAX} s\n`), end()), FILE_S_MAX * 1000);
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
        process.on('exit', end);
        child.on('close', (code) => {
            clearTimeout(timer);
            process.off('exit', end);
            resolve({ code, said });
        });
    });
}

const counted = (said, what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(said)?.[1] ?? 0);
const counts = /^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;
const noise = /^\s*(TAP version|# Subtest:|\d+\.\.\d+|---|\.\.\.|duration_ms:|type:|ok \d+)/;
const lines = (said) => said.split('\n').filter((line) => line.trim() && !counts.test(line));
const facts = (said) => lines(said).filter((line) => (/^\s*# /.test(line) && !noise.test(line)) || /# SKIP/.test(line));

for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));
const totals = { pass: 0, fail: 0, skipped: 0 };
for (const file of (process.argv.length > 2 ? process.argv.slice(2) : folders()).map((name) => name.replace(/\/+$/, '')).flatMap(testsOf)) {
    const begin = Date.now();
    const { code, said } = await run(file);
    const pass = counted(said, 'pass');
    const skipped = counted(said, 'skipped');
    const ok = code === 0 && (pass > 0 || /# SKIP/.test(said));
    totals.pass += pass;
    totals.skipped += skipped;
    totals.fail += ok ? 0 : Math.max(1, counted(said, 'fail'));
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${file.padEnd(30)} ${String(pass).padStart(3)} passed ${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s`);
    for (const line of ok ? facts(said) : lines(said).filter((l) => !noise.test(l))) console.log(`        ${line.trimEnd()}`);
}
console.log(`${totals.pass} passed, ${totals.fail} failed, ${totals.skipped} skipped`);
process.exit(totals.fail ? 1 : 0);
