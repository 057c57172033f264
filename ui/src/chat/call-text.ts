// Arguments of calls as they are shown: JSON, or its beginning.
const BRIEF_CHARS = 80;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** False for one within which the answer was cut: nobody can act on it. */
export const whole = (text: string): boolean => {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
};

export function pretty(text: string): string {
  const value = parsed(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

/** One line of it. */
export function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const chars = [...line];
  return chars.length > BRIEF_CHARS ? `${chars.slice(0, BRIEF_CHARS).join('')}…` : line;
}
