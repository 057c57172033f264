// A small hub that speaks as huggingface.co does, and a CDN on another port that it redirects to. What they do wrong is set by the test.
import { createHash } from 'node:crypto';
import http from 'node:http';

const listen = (handler) =>
    new Promise((resolve) => {
        const server = http.createServer(handler);
        server.listen(0, '127.0.0.1', () => resolve(server));
    });

/** `files`: name → Buffer, all of the repository org/repo. `token`: without it the repository is gated. */
export async function startHub(files, { token = null } = {}) {
    const hub = { token, told: [], cdnTold: [], requests: 0, bytesSent: 0, wrong: false, delayMs: 0, cut: 0, fail: 0 };
    const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

    const cdn = await listen(async (req, res) => {
        if (req.headers.authorization) hub.cdnTold.push(req.headers.authorization);
        const whole = files[decodeURIComponent(req.url.slice(1))];
        hub.requests++;
        if (hub.fail > 0) {
            hub.fail--;
            return res.writeHead(503, { 'retry-after': '0' }).end('busy');
        }
        const range = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '');
        const from = range ? Number(range[1]) : 0;
        const to = range ? Math.min(Number(range[2]) + 1, whole.length) : whole.length;
        let bytes = whole.subarray(from, to);
        if (hub.wrong) bytes = Buffer.from(bytes).fill(0x55, from ? 0 : 4); // it still begins as a model does
        res.writeHead(range ? 206 : 200, {
            etag: '"v1"',
            'content-length': bytes.length,
            ...(range && { 'content-range': `bytes ${from}-${to - 1}/${whole.length}` }),
        });
        for (let at = 0; at < bytes.length && !res.destroyed; at += 65536) {
            const piece = bytes.subarray(at, at + 65536);
            hub.bytesSent += piece.length;
            await new Promise((resolve) => res.write(piece, resolve)); // so that a cut comes after the bytes
            if (hub.cut && at >= hub.cut) return res.destroy();
            if (hub.delayMs) await new Promise((resolve) => setTimeout(resolve, hub.delayMs));
        }
        res.end();
    });

    const main = await listen((req, res) => {
        hub.told.push(req.headers.authorization ?? null);
        const url = new URL(req.url, 'http://h');
        if (hub.token && req.headers.authorization !== `Bearer ${hub.token}`) return res.writeHead(401).end('{"error":"gated"}');
        if (url.pathname === '/api/models/org/repo/tree/main') {
            const names = Object.keys(files), half = Math.ceil(names.length / 2), second = url.searchParams.has('cursor');
            if (!second) res.setHeader('link', `<http://127.0.0.1:${main.address().port}${url.pathname}?recursive=1&cursor=2>; rel="next"`);
            res.setHeader('content-type', 'application/json');
            return res.end(
                JSON.stringify(
                    (second ? names.slice(half) : names.slice(0, half)).map((path) => ({
                        type: 'file', path, oid: 'x', size: files[path].length, lfs: { oid: sha256(files[path]), size: files[path].length },
                    })),
                ),
            );
        }
        const found = /^\/org\/repo\/resolve\/main\/(.+)$/.exec(url.pathname);
        if (found && files[decodeURIComponent(found[1])])
            return res.writeHead(302, { location: `http://127.0.0.1:${cdn.address().port}/${found[1]}` }).end();
        res.writeHead(404).end('{"error":"not found"}');
    });

    hub.url = `http://127.0.0.1:${main.address().port}`;
    hub.cdn = `http://127.0.0.1:${cdn.address().port}`;
    hub.stop = () => {
        for (const server of [main, cdn]) {
            server.closeAllConnections();
            server.close();
        }
    };
    return hub;
}
