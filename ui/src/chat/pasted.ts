// JSON that people paste: tools and schemas, in whatever wrapping they had them.
import type { Settings } from '../net/types';

export type PastedField = 'tools' | 'schema';
/** `settings` are what is to be checked and kept; none: what the text is not. */
export type Pasted = { settings: Settings } | { wrong: 'json'; line: number | null; column: number | null } | { wrong: 'object' };

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

/** A list of tools, an object that has one (a request, an MCP answer), or one tool alone. */
function toolsOf(v: unknown): unknown[] {
  if (Array.isArray(v)) return v;
  return isObject(v) && Array.isArray(v['tools']) ? v['tools'] : [v];
}

/** OpenAI's response_format, or its json_schema, has the schema within. */
function schemaOf(v: unknown): unknown {
  const inner = isObject(v) && v['type'] === 'json_schema' ? v['json_schema'] : v;
  return isObject(inner) && isObject(inner['schema']) && typeof inner['name'] === 'string' ? inner['schema'] : inner;
}

/** Browsers say the place in their own ways: a position, or line and column. */
function placeOf(text: string, message: string): { line: number | null; column: number | null } {
  const lineAndColumn = /line (\d+) column (\d+)/.exec(message);
  if (lineAndColumn) return { line: Number(lineAndColumn[1]), column: Number(lineAndColumn[2]) };
  const position = /position (\d+)/.exec(message);
  const before = position ? text.slice(0, Number(position[1])).split('\n') : /end of/.test(message) ? text.split('\n') : null;
  return before ? { line: before.length, column: before.at(-1)!.length + 1 } : { line: null, column: null };
}

/** An empty text takes the setting away. */
export function readPasted(field: PastedField, text: string): Pasted {
  if (!text.trim()) return { settings: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (e) {
    return { wrong: 'json', ...placeOf(text, e instanceof Error ? e.message : '') };
  }
  if (field === 'tools') return { settings: { tools: toolsOf(value) } };
  const schema = schemaOf(value);
  return isObject(schema) ? { settings: { schema } } : { wrong: 'object' };
}

export const shownPasted = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, 2));
