// Server-sent events as they come from a fetch: feed() takes any pieces of text and gives the data of whole events.
// (WHATWG HTML §9.2; only `data` matters here.)
const EVENT_CHARS_MAX = 1 << 20;

export class EventDecoder {
  private rest = '';
  private data: string[] = [];
  private size = 0;
  private started = false;

  feed(piece: string): string[] {
    const events: string[] = [];
    let text = this.rest + piece;
    if (!this.started && text) {
      this.started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    // A lone \r at the end may be half of \r\n: it stays in the rest until more comes.
    for (const line of lines) this.line(line, events);
    if (this.rest.length + this.size > EVENT_CHARS_MAX) throw new Error('an event is too large');
    return events;
  }

  private line(line: string, events: string[]): void {
    if (!line) {
      if (this.data.length) events.push(this.data.join('\n'));
      this.data = [];
      this.size = 0;
    } else if (line === 'data' || line.startsWith('data:')) {
      const value = line.slice(5).replace(/^ /, '');
      this.data.push(value);
      this.size += value.length;
      if (this.size > EVENT_CHARS_MAX) throw new Error('an event is too large');
    }
  }
}
