// Block Markdown, line by line: what a chat model writes, which is most of CommonMark plus tables and task lists.
// A text that is still being written parses at every point: an open fence is a code block that has not ended.
import type { Align, Block, ListItem } from './ast';
import { parseInline } from './inline';

const MAX_DEPTH = 12;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*)|[ \t]*)$/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const MATH = /^ {0,3}(\$\$|\\\[)[ \t]*(.*)$/;
const BLANK = /^[ \t]*$/;

export function parseMarkdown(text: string): Block[] {
  return parseLines(splitLines(text), 0);
}

export function splitLines(text: string): string[] {
  return text.replace(/\r\n?/g, '\n').replace(/\t/g, '    ').split('\n');
}

/** `starts`, when given, gets the first line of each block. */
export function parseLines(lines: string[], depth: number, starts?: number[]): Block[] {
  const out: Block[] = [];
  let i = 0;
  while (i < lines.length) {
    const line = lines[i]!;
    const from = i;
    if (BLANK.test(line)) i++;
    else if (FENCE.test(line)) i = fence(lines, i, out);
    else if (mathEnd(lines, i) >= 0) i = math(lines, i, out);
    else if (HEADING.test(line)) i = heading(line, i, out);
    else if (RULE.test(line)) i = (out.push({ kind: 'rule' }), i + 1);
    else if (QUOTE.test(line) && depth < MAX_DEPTH) i = quote(lines, i, out, depth);
    else if (ITEM.test(line) && depth < MAX_DEPTH) i = list(lines, i, out, depth);
    else if (isTable(lines, i)) i = table(lines, i, out);
    else i = paragraph(lines, i, out, depth);
    while (starts && starts.length < out.length) starts.push(from);
  }
  return out;
}

function fence(lines: string[], i: number, out: Block[]): number {
  const m = FENCE.exec(lines[i]!)!;
  const mark = m[1]!;
  const indent = lines[i]!.search(/\S/);
  const body: string[] = [];
  const end = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}\\s*$`);
  for (i++; i < lines.length && !end.test(lines[i]!); i++) body.push(lines[i]!.replace(new RegExp(`^ {0,${indent}}`), ''));
  out.push({ kind: 'code', language: m[2]!.slice(0, 40), text: body.join('\n') });
  return i + 1;
}

// A formula that stands alone, from a line that begins with $$ or \[ to one that ends with its partner. Until a blank line says
// that no partner comes, it may still be on its way.
const MATH_LINES_MAX = 100;

function mathEnd(lines: string[], i: number): number {
  const m = MATH.exec(lines[i]!);
  if (!m) return -1;
  const close = m[1] === '$$' ? '$$' : '\\]';
  for (let k = i; k < lines.length && k - i < MATH_LINES_MAX; k++) {
    const line = (k === i ? m[2]! : lines[k]!).trimEnd();
    if (line.includes(close)) return line.indexOf(close) === line.length - 2 ? k : -1;
    if (k > i && BLANK.test(line)) return -1;
  }
  return lines.length - i < MATH_LINES_MAX ? lines.length : -1;
}

function math(lines: string[], i: number, out: Block[]): number {
  const end = mathEnd(lines, i);
  const source = lines.slice(i, end + 1).join('\n').trim();
  const tex = source.slice(2, -2).trim();
  if (end < lines.length && tex) out.push({ kind: 'math', tex });
  else out.push({ kind: 'paragraph', children: [{ kind: 'text', text: source }] });
  return end + 1;
}

function heading(line: string, i: number, out: Block[]): number {
  const m = HEADING.exec(line)!;
  out.push({ kind: 'heading', level: m[1]!.length, children: parseInline(m[2] ?? '') });
  return i + 1;
}

function quote(lines: string[], i: number, out: Block[], depth: number): number {
  const inner: string[] = [];
  for (; i < lines.length && !BLANK.test(lines[i]!); i++) {
    if (!QUOTE.test(lines[i]!) && startsBlock(lines[i]!)) break;
    inner.push(lines[i]!.replace(QUOTE, ''));
  }
  out.push({ kind: 'quote', children: parseLines(inner, depth + 1) });
  return i;
}

const isOrdered = (marker: string): boolean => /\d/.test(marker);

function list(lines: string[], i: number, out: Block[], depth: number): number {
  const first = ITEM.exec(lines[i]!)!;
  const marker = first[2]!;
  const same = (m: RegExpExecArray): boolean => m[2]!.slice(-1) === marker.slice(-1) && isOrdered(m[2]!) === isOrdered(marker);
  const items: ListItem[] = [];
  let tight = true;
  while (i < lines.length) {
    const m = ITEM.exec(lines[i]!);
    if (!m || !same(m) || RULE.test(lines[i]!)) break;
    const gap = m[3] && m[3].length <= 4 ? m[3].length : 1;
    const indent = m[1]!.length + m[2]!.length + gap;
    const body = [m[4] ?? ''];
    let blank = false;
    for (i++; i < lines.length; i++) {
      const line = lines[i]!;
      if (BLANK.test(line)) blank = true;
      else if (line.search(/\S/) >= Math.min(indent, 2 + m[1]!.length + (isOrdered(marker) ? 1 : 0))) {
        if (blank && body.length) tight = false;
        blank = false;
      } else if (blank || startsBlock(line)) break;
      body.push(line.slice(Math.min(indent, Math.max(0, line.search(/\S/)))));
    }
    if (blank && i < lines.length && ITEM.test(lines[i]!) && same(ITEM.exec(lines[i]!)!)) tight = false;
    items.push(item(body, depth));
  }
  out.push({ kind: 'list', ordered: isOrdered(marker), start: isOrdered(marker) ? parseInt(marker, 10) : 1, tight, items });
  return i;
}

function item(body: string[], depth: number): ListItem {
  const task = /^\[([ xX])\][ \t]+/.exec(body[0]!);
  if (task) body[0] = body[0]!.slice(task[0].length);
  return { checked: task ? task[1] !== ' ' : null, children: parseLines(body, depth + 1) };
}

/** Cells of a row: split at | that is neither escaped nor within code. */
export function splitRow(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let ticks = 0;
  const row = line.trim().replace(/^\|/, '');
  for (let k = 0; k < row.length; k++) {
    const c = row[k]!;
    if (c === '\\' && row[k + 1] === '|') {
      cell += '|';
      k++;
    } else if (c === '|' && ticks % 2 === 0) {
      cells.push(cell.trim());
      cell = '';
    } else {
      if (c === '`') ticks++;
      cell += c;
    }
  }
  if (cell.trim() || !row.endsWith('|')) cells.push(cell.trim());
  return cells;
}

function isTable(lines: string[], i: number): boolean {
  const rule = lines[i + 1];
  return rule !== undefined && lines[i]!.includes('|') && TABLE_RULE.test(rule) && rule.includes('-') && splitRow(lines[i]!).length === splitRow(rule).length;
}

const alignOf = (cell: string): Align => (cell.startsWith(':') ? (cell.endsWith(':') ? 'center' : 'left') : cell.endsWith(':') ? 'right' : null);

function table(lines: string[], i: number, out: Block[]): number {
  const head = splitRow(lines[i]!);
  const align = splitRow(lines[i + 1]!).map(alignOf);
  const rows = [];
  for (i += 2; i < lines.length && !BLANK.test(lines[i]!) && (lines[i]!.includes('|') || !startsBlock(lines[i]!)); i++) {
    const cells = splitRow(lines[i]!);
    rows.push(head.map((_, k) => parseInline(cells[k] ?? '')));
  }
  out.push({ kind: 'table', align, head: head.map(parseInline), rows });
  return i;
}

const startsBlock = (line: string): boolean => FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

// A paragraph is ended by a blank line or by another block; a numbered item ends it only when it counts from 1.
function interrupts(line: string): boolean {
  const m = ITEM.exec(line);
  return m ? m[4] !== undefined && m[4] !== '' && (!isOrdered(m[2]!) || parseInt(m[2]!, 10) === 1) : startsBlock(line);
}

function paragraph(lines: string[], i: number, out: Block[], depth: number): number {
  const body = [lines[i]!.trimStart()];
  for (i++; i < lines.length && !BLANK.test(lines[i]!); i++) {
    if ((depth < MAX_DEPTH && interrupts(lines[i]!)) || isTable(lines, i) || mathEnd(lines, i) >= 0) break;
    body.push(lines[i]!.trimStart());
  }
  out.push({ kind: 'paragraph', children: parseInline(body.join('\n').trimEnd()) });
  return i;
}
