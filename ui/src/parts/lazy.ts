// Parts that the first picture does without come when they are needed, from the same server.
import { useEffect, useReducer } from 'preact/hooks';

export class Lazy<T> {
  private value: T | null = null;
  private waiting: Promise<T> | null = null;

  constructor(private readonly load: () => Promise<T>) {}

  get(): T | null {
    return this.value;
  }
  /** One attempt at a time; after a failed one the next call tries again. */
  fetch(): Promise<T> {
    this.waiting ??= this.load().then(
      (value) => (this.value = value),
      (e: unknown) => {
        this.waiting = null;
        throw e;
      },
    );
    return this.waiting;
  }
}

/** The part, or null until it is there. */
export function useLazy<T>(lazy: Lazy<T>, wanted = true): T | null {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const value = wanted ? lazy.get() : null;
  useEffect(() => {
    if (!wanted || lazy.get()) return;
    let here = true;
    lazy.fetch().then(
      () => here && redraw(0),
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, [lazy, wanted]);
  return value;
}
