// Follows an answer while the server writes it, and through everything that may come between: a slow reader who is dropped,
// a server that is killed and started again. Each connection begins with the text so far, so nothing is lost or doubled.
//
//   connect ──► state* ──► reasoning* ──► text (from 0) ──► text (from N)* ──► call* ──► done
//      ▲                          │ broken, or an offset that does not fit
//      └────────── pause ◄────────┘
import type { Api } from './api';
import { ApiError, toApiError } from './errors';
import { utf8Length } from '../base/format';
import { eventsOf } from './sse';
import type { Call, Message } from './types';

export interface Phase {
  phase: 'queued' | 'loading' | 'reading' | 'writing' | 'lost';
  position?: number;
  progress?: number;
  done?: number;
  total?: number;
}
/** How fast it has been so far. */
export interface Pace {
  tokens: number;
  first_ms: number;
  decode_ms: number;
}
export interface Listener {
  phase(phase: Phase): void;
  /** All of the text so far. */
  text(text: string, pace: Pace | null): void;
  /** All that was thought so far. */
  reasoning(text: string, pace: Pace | null): void;
  /** All calls of tools so far; the last one may be unfinished. */
  calls(calls: Call[]): void;
}
interface TextEvent extends Partial<Pace> {
  from: number;
  text: string;
}

interface CallEvent extends Call {
  index: number;
  from: number;
}

/** The text so far, and how many bytes it has: what the next offset must be. */
export class Assembly {
  text = '';
  private bytes = 0;

  /** False when the piece does not follow what is there: something is missing, and the connection is to be made again. */
  add(piece: TextEvent): boolean {
    if (piece.from === 0) {
      this.text = piece.text;
      this.bytes = utf8Length(piece.text);
      return true;
    }
    if (piece.from !== this.bytes) return false;
    this.text += piece.text;
    this.bytes += utf8Length(piece.text);
    return true;
  }
}

/** The same of calls, each of which has a text of its own. */
export class Calls {
  private readonly all: { id: string; name: string; text: Assembly }[] = [];

  add({ index, id, name, from, arguments: text }: CallEvent): boolean {
    if (index > this.all.length) return false;
    const call = (this.all[index] ??= { id, name, text: new Assembly() });
    return call.text.add({ from, text });
  }
  list(): Call[] {
    return this.all.map(({ id, name, text }) => ({ id, name, arguments: text.text }));
  }
}

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 4000;

/** Resolves with the message as it ended. Rejects with an ApiError that no waiting mends, or when the signal says so. */
export async function follow(api: Api, conversation: string, message: string, listener: Listener, signal: AbortSignal): Promise<Message> {
  for (let pause = PAUSE_MIN_MS; ; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
    try {
      const ended = await once(api, conversation, message, listener, signal, () => (pause = PAUSE_MIN_MS));
      if (ended) return ended;
    } catch (e) {
      if (signal.aborted) throw e;
      const error = toApiError(e);
      if (error.kind !== 'offline' && error.kind !== 'busy' && error.kind !== 'limit') throw error;
    }
    listener.phase({ phase: 'lost' });
    await sleep(pause, signal);
  }
}

async function once(api: Api, conversation: string, message: string, listener: Listener, signal: AbortSignal, alive: () => void): Promise<Message | null> {
  const answer = await api.events(conversation, message, signal);
  if (!answer.body) throw new ApiError('other', 'an answer without a body');
  const assembly = new Assembly();
  const thoughts = new Assembly();
  const calls = new Calls();
  for await (const event of eventsOf(answer.body, signal)) {
    alive();
    if (event.name === 'done') return JSON.parse(event.data) as Message;
    if (event.name === 'state') listener.phase(JSON.parse(event.data) as Phase);
    else if (event.name === 'reasoning') {
      const piece = JSON.parse(event.data) as TextEvent;
      if (!thoughts.add(piece)) return null;
      listener.phase({ phase: 'writing' });
      listener.reasoning(thoughts.text, paceOf(piece));
    } else if (event.name === 'call') {
      if (!calls.add(JSON.parse(event.data) as CallEvent)) return null;
      listener.phase({ phase: 'writing' });
      listener.calls(calls.list());
    }
    // Pieces after the first need no name of their own.
    else if (event.name === 'text' || event.name === 'message') {
      const piece = JSON.parse(event.data) as TextEvent;
      if (!assembly.add(piece)) return null;
      if (assembly.text) listener.phase({ phase: 'writing' });
      listener.text(assembly.text, paceOf(piece));
    }
  }
  return null;
}

const paceOf = ({ tokens, first_ms, decode_ms }: TextEvent): Pace | null =>
  tokens !== undefined && first_ms !== undefined && decode_ms !== undefined ? { tokens, first_ms, decode_ms } : null;

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      clearTimeout(timer);
      reject(new DOMException('gone', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', gone);
      resolve();
    }, ms);
    if (signal.aborted) gone();
    else signal.addEventListener('abort', gone, { once: true });
  });
}
