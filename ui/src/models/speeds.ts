// How fast each model has been on this machine, from the answers that this browser has seen.
import type { Message, Usage } from '../net/types';
import { Store } from '../base/store';
import { storage } from '../base/storage';

const TOKENS_MIN = 8; // a shorter answer says nothing about speed

export function tokensPerSecond(m: { usage?: Pick<Usage, 'completion_tokens' | 'decode_ms'> }): number | null {
  const u = m.usage;
  return u && u.completion_tokens > 1 && u.decode_ms > 0 ? (u.completion_tokens / u.decode_ms) * 1000 : null;
}

export class Speeds {
  readonly store = new Store<{ byModel: ReadonlyMap<string, number> }>({ byModel: readSaved() });

  learn(m: Message): void {
    const speed = tokensPerSecond(m);
    if (speed === null || !m.model || m.usage!.completion_tokens < TOKENS_MIN) return;
    const byModel = new Map(this.store.get().byModel).set(m.model, Math.round(speed * 10) / 10);
    this.store.set({ byModel });
    storage.set('speeds', JSON.stringify(Object.fromEntries(byModel)));
  }
}

function readSaved(): Map<string, number> {
  try {
    const saved = JSON.parse(storage.get('speeds') ?? '{}') as Record<string, unknown>;
    return new Map(Object.entries(saved).filter((e): e is [string, number] => typeof e[1] === 'number'));
  } catch {
    return new Map();
  }
}
