// Where the page is, and its address: /?c=ID is a conversation, /?p=models one of the other places, / a new conversation.
// A query and not a path, so that the server needs one file for all of them.
import { Store } from './store';

export type Place = { name: 'chat'; id: string | null } | { name: 'models' | 'settings' | 'keys' };

const others = ['models', 'settings', 'keys'] as const;

export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const other = others.find((name) => name === query.get('p'));
  return other ? { name: other } : { name: 'chat', id: query.get('c') || null };
}

export function addressOf(place: Place): string {
  if (place.name !== 'chat') return `/?p=${place.name}`;
  return place.id === null ? '/' : `/?c=${encodeURIComponent(place.id)}`;
}

export class Router {
  readonly store = new Store<{ place: Place }>({ place: placeOf(location.search) });

  constructor() {
    window.addEventListener('popstate', () => this.store.set({ place: placeOf(location.search) }));
  }
  go(place: Place): void {
    if (addressOf(place) !== location.pathname + location.search) history.pushState(null, '', addressOf(place));
    this.store.set({ place });
  }
  /** The same place has got another address: a new conversation its id. */
  become(place: Place): void {
    history.replaceState(null, '', addressOf(place));
    this.store.set({ place });
  }
}

/** A press that the page answers itself, and not one that wants a new tab or window. */
export function isPlainClick(e: MouseEvent): boolean {
  return e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey;
}
