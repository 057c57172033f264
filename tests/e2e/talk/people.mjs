// A person's side of /api/conversations: what the page and the terminal do, in a few calls.
import assert from 'node:assert/strict';

/** Calls of one principal: `secret` is a key, or null for the local owner. */
export function person(server, secret = null) {
    const headers = secret ? { authorization: `Bearer ${secret}` } : {};
    const call = async (method, where, body = undefined) => {
        const r = await fetch(`${server.url}/api${where}`, {
            method,
            headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await r.text();
        const json = r.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : null;
        return { status: r.status, text, json };
    };
    const ok = async (method, where, body) => {
        const r = await call(method, where, body);
        assert.ok(r.status < 300, `${method} ${where}: ${r.status} ${r.text}`);
        return r.json;
    };
    return {
        call,
        get: (where) => ok('GET', where),
        post: (where, body) => ok('POST', where, body),
        patch: (where, body) => ok('PATCH', where, body),
        erase: (where) => ok('DELETE', where),
        /** Follows an answer; `stop()` closes the connection, `done` resolves with what was heard. */
        follow: (conversation, message, from = 0) => follow(server, headers, conversation, message, from),
    };
}

function follow(server, headers, conversation, message, from) {
    const abort = new AbortController();
    const heard = { text: '', events: [], message: null, froms: [], reasoning: '', calls: [] };
    let wake;
    const run = async () => {
        const r = await fetch(`${server.url}/api/conversations/${conversation}/messages/${message}/events?from=${from}`, { headers, signal: abort.signal });
        assert.equal(r.status, 200);
        assert.match(r.headers.get('content-type'), /^text\/event-stream/);
        let rest = '';
        for await (const piece of r.body.pipeThrough(new TextDecoderStream())) {
            rest += piece;
            for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) take(rest.slice(0, end));
            wake?.();
        }
        return heard;
    };
    const take = (block) => {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        if (!event) return;
        const data = JSON.parse(/^data: (.*)$/m.exec(block)[1]);
        heard.events.push(event);
        if (event === 'text') {
            heard.froms.push(data.from);
            assert.equal(data.from, heard.froms[0] + Buffer.byteLength(heard.text)); // no gap, nothing twice
            heard.text += data.text;
            heard.pace = data;
        }
        if (event === 'reasoning') {
            assert.equal(data.from, Buffer.byteLength(heard.reasoning));
            heard.reasoning += data.text;
        }
        if (event === 'call') {
            const call = (heard.calls[data.index] ??= { id: data.id, name: data.name, arguments: '' });
            assert.equal(data.from, Buffer.byteLength(call.arguments));
            call.arguments += data.arguments;
        }
        if (event === 'done') heard.message = data;
    };
    const done = run();
    done.catch(() => {});
    return {
        heard,
        done,
        stop: () => abort.abort(),
        /** Until there are `bytes` of text. */
        until: async (bytes) => {
            while (Buffer.byteLength(heard.text) < bytes && !heard.message)
                await Promise.race([new Promise((resolve) => (wake = resolve)), done]);
        },
    };
}
