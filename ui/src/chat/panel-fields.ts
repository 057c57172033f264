// The settings of sampling, as data: bounds are those of the API.
import type { Settings } from '../net/types';

export type NumberField = { [K in keyof Settings]-?: Settings[K] extends number | undefined ? K : never }[keyof Settings];
export interface FieldRow {
  name: NumberField;
  min: number;
  max: number;
  step: number;
}

export const fieldRows: readonly FieldRow[] = [
  { name: 'temperature', min: 0, max: 2, step: 0.1 },
  { name: 'top_p', min: 0, max: 1, step: 0.05 },
  { name: 'top_k', min: 0, max: 1000, step: 1 },
  { name: 'min_p', min: 0, max: 1, step: 0.01 },
  { name: 'max_tokens', min: 1, max: 1_000_000, step: 1 },
  { name: 'think_budget', min: 1, max: 1_000_000, step: 1 },
  { name: 'seed', min: 0, max: 2 ** 31 - 1, step: 1 },
  { name: 'repeat_penalty', min: 0.5, max: 2, step: 0.05 },
  { name: 'presence_penalty', min: -2, max: 2, step: 0.1 },
  { name: 'frequency_penalty', min: -2, max: 2, step: 0.1 },
];

/** The number that was typed: undefined when nothing was, null when it is none or out of bounds. */
export function parseField(text: string, row: FieldRow): number | undefined | null {
  if (!text.trim()) return undefined;
  const value = Number(text.trim().replace(',', '.'));
  if (!Number.isFinite(value) || value < row.min || value > row.max) return null;
  return row.step === 1 && !Number.isInteger(value) ? null : value;
}

export function withField<K extends keyof Settings>(settings: Settings, name: K, value: Settings[K] | undefined): Settings {
  const next = { ...settings };
  if (value === undefined) delete next[name];
  else next[name] = value;
  return next;
}

/** What "reset" leaves alone: tools and form are no matter of sampling. */
export const keptOf = ({ tools, tool_choice, schema }: Settings): Settings => ({ ...(tools && { tools }), ...(tool_choice && { tool_choice }), ...(schema && { schema }) });

const STOPS_MAX = 4;
export const parseStops = (text: string): string[] | undefined => {
  const stops = text.split('\n').filter((line) => line !== '').slice(0, STOPS_MAX);
  return stops.length ? stops : undefined;
};
