// Server-sent events as they come from a fetch: feed() takes any pieces of text and gives the whole events (WHATWG HTML §9.2).
import { ApiError } from './errors';

const EVENT_CHARS_MAX = 16 << 20; // the first event of an answer carries all of it

export interface ServerEvent {
  name: string;
  data: string;
}

export class EventDecoder {
  private rest = '';
  private data: string[] = [];
  private name = '';
  private size = 0;
  private started = false;

  feed(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (this.started && !/[\r\n]/.test(piece) && !this.rest.endsWith('\r')) {
      // Within a long line there is nothing to look for.
      this.rest += piece;
      this.bound();
      return events;
    }
    let text = this.rest + piece;
    if (!this.started && text) {
      this.started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    // A lone \r at the end may be half of \r\n: it stays in the rest until more comes.
    for (const line of lines) this.line(line, events);
    this.bound();
    return events;
  }

  private bound(): void {
    if (this.rest.length + this.size > EVENT_CHARS_MAX) throw new Error('an event is too large');
  }

  private line(line: string, events: ServerEvent[]): void {
    if (!line) {
      if (this.data.length) events.push({ name: this.name || 'message', data: this.data.join('\n') });
      this.data = [];
      this.name = '';
      this.size = 0;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    else if (field === 'data') {
      this.data.push(value);
      this.size += value.length;
    }
  }
}

/** The events of an answer's body; the connection's end is the end. What breaks it is an ApiError, unless it was the signal. */
export async function* eventsOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const utf8 = new TextDecoder();
  const events = new EventDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.feed(utf8.decode(value, { stream: true }));
    }
  } catch (e) {
    throw signal.aborted || e instanceof ApiError ? e : new ApiError('offline', '');
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
