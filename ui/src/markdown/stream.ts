// Markdown that grows. What stands before the last block never changes again, so only that block is read anew with each piece;
// the blocks before it stay the very same objects, which whoever draws them can tell.
//
// A block is settled when a later one has begun in whole lines: a line that is still being written may yet turn out to be
// something else ("#" is a heading, "#no" is not).
import type { Block } from './ast';
import { parseLines, splitLines } from './blocks';

export class MarkdownStream {
  private text = '';
  private settled: Block[] = [];
  private from = 0; // where in text the first block begins that is not settled

  /** The blocks of a text, which should be the one of before with more at its end; another one is read from the beginning. */
  read(text: string): Block[] {
    // A carriage return at the end may be half of a line's end.
    if (!text.startsWith(this.text) || this.text.endsWith('\r')) this.restart();
    this.text = text;
    this.settle();
    return [...this.settled, ...parseLines(splitLines(text.slice(this.from)), 0)];
  }

  private restart(): void {
    this.settled = [];
    this.from = 0;
  }

  private settle(): void {
    const end = this.text.lastIndexOf('\n') + 1;
    if (end <= this.from) return;
    const part = this.text.slice(this.from, end);
    const starts: number[] = [];
    // The part's last line is whole; the empty one behind its end is not a line.
    const blocks = parseLines(splitLines(part).slice(0, -1), 0, starts);
    if (blocks.length < 2) return;
    this.settled.push(...blocks.slice(0, -1));
    this.from += offsetOfLine(part, starts[starts.length - 1]!);
  }
}

function offsetOfLine(text: string, line: number): number {
  const ends = /\r\n?|\n/g;
  for (let n = 0; n < line; n++) ends.exec(text);
  return line ? ends.lastIndex : 0;
}
