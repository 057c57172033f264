// What stands in the list: conversations, and between them the time they are from.
import type { Texts } from '../i18n';
import type { Summary } from '../net/types';

export type Row = { kind: 'when'; text: string } | { kind: 'conversation'; summary: Summary };

const DAY_MS = 86_400_000;

export function rowsOf(items: readonly Summary[], now: number, t: Texts, month: (ms: number) => string, grouped: boolean): Row[] {
  const rows: Row[] = [];
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  // The name of a month is asked for once: of ten thousand conversations most are from the month of the one before.
  let known = { key: -1, text: '' };
  const monthOf = (ms: number): string => {
    const date = new Date(ms);
    const key = date.getFullYear() * 12 + date.getMonth();
    if (key !== known.key) known = { key, text: month(ms) };
    return known.text;
  };
  let last = '';
  for (const summary of items) {
    const when = grouped ? whenOf(summary.updated_ms, midnight, t, monthOf) : '';
    if (when !== last) rows.push({ kind: 'when', text: when });
    last = when;
    rows.push({ kind: 'conversation', summary });
  }
  return rows;
}

function whenOf(ms: number, midnight: number, t: Texts, month: (ms: number) => string): string {
  if (ms >= midnight) return t.today;
  if (ms >= midnight - DAY_MS) return t.yesterday;
  if (ms >= midnight - 7 * DAY_MS) return t.lastDays(7);
  if (ms >= midnight - 30 * DAY_MS) return t.lastDays(30);
  return month(ms);
}

/** A hit's text with the matches told apart: the server marks them with \u0002 and \u0003. */
export function snippetParts(snippet: string): { text: string; hit: boolean }[] {
  return snippet
    .split(/(\u0002[^\u0003]*\u0003?)/)
    .filter(Boolean)
    .map((part) => ({ text: part.replace(/[\u0002\u0003]/g, ''), hit: part.startsWith('\u0002') }))
    .filter((part) => part.text);
}
