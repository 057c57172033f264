// What lies above the page: at most one of them at a time.
import { Store } from '../base/store';

export type Layer = null | { name: 'palette' } | { name: 'panel' } | { name: 'drawer' } | { name: 'rename' | 'move'; id: string } | { name: 'help' };

export class Layers {
  readonly store = new Store<{ layer: Layer }>({ layer: null });
  open = (layer: Layer): void => this.store.set({ layer });
  close = (): void => this.store.set({ layer: null });
}
