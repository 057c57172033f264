// A conversation is a tree: an edited question or a repeated answer is another child of the same parent, and nothing is lost.
// What is shown is one branch of it, from a root to the leaf.
import type { Message } from '../net/types';

export class Tree {
  private readonly byId = new Map<string, Message>();
  private readonly children = new Map<string | null, Message[]>(); // oldest first

  constructor(messages: readonly Message[]) {
    for (const m of messages) this.byId.set(m.id, m);
    for (const m of messages) {
      const parent = m.parent !== null && this.byId.has(m.parent) ? m.parent : null;
      const siblings = this.children.get(parent);
      if (siblings) siblings.push(m);
      else this.children.set(parent, [m]);
    }
  }

  get(id: string | null): Message | undefined {
    return id === null ? undefined : this.byId.get(id);
  }

  /** From the root to the leaf. A leaf that is not there means the newest message. */
  branch(leaf: string | null): Message[] {
    const path: Message[] = [];
    const seen = new Set<string>(); // a loop cannot come from the server, but would hang the page
    for (let m = this.get(leaf ?? this.newest()); m && !seen.has(m.id); m = this.get(m.parent)) {
      seen.add(m.id);
      path.push(m);
    }
    return path.reverse();
  }

  siblings(m: Message): Message[] {
    return this.children.get(m.parent !== null && this.byId.has(m.parent) ? m.parent : null) ?? [m];
  }

  /** The end of the branch that goes through a message: at each fork the newest child. */
  leafBelow(id: string): string {
    const seen = new Set<string>();
    for (let at = id; ; ) {
      seen.add(at);
      const next = this.children.get(at)?.at(-1);
      if (!next || seen.has(next.id)) return at;
      at = next.id;
    }
  }

  private newest(): string | null {
    let last: Message | null = null;
    for (const m of this.byId.values()) last = m;
    return last?.id ?? null;
  }
}

/** The messages with one more, or with a newer version of one. */
export function withMessage(messages: readonly Message[], m: Message): Message[] {
  const at = messages.findIndex((other) => other.id === m.id);
  return at < 0 ? [...messages, m] : messages.map((other, i) => (i === at ? m : other));
}
