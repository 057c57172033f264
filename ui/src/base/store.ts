// A value that is watched: the page's whole notion of state. A change makes a new value; who shows a part of it is drawn again
// when that part has changed.
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

export class Store<T extends object> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }
  set(change: Partial<T>): void {
    this.value = { ...this.value, ...change };
    for (const watcher of [...this.watchers]) watcher();
  }
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** The selected part, which must be the same value (===) as long as nothing of it has changed. */
export function useStore<T extends object, S>(store: Store<T>, select: (value: T) => S): S {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const selected = select(store.get());
  const latest = useRef({ select, selected });
  latest.current = { select, selected };
  useLayoutEffect(() => {
    const look = (): void => {
      const { select: part, selected: shown } = latest.current;
      if (!Object.is(part(store.get()), shown)) redraw(0);
    };
    look(); // it may have changed between drawing and watching
    return store.watch(look);
  }, [store]);
  return selected;
}
