// Short news at the lower edge, one with a way back at most.
import { Store } from '../base/store';
import type { Texts } from '../i18n';

/** Said in whatever language is shown at the time. */
export type Say = (t: Texts) => string;

export interface Toast {
  id: number;
  text: Say;
  action?: { text: Say; run: () => void };
}

export class Toasts {
  readonly store = new Store<{ toasts: Toast[] }>({ toasts: [] });
  private next = 1;

  show(text: Say, action?: Toast['action'], ms = 5000): void {
    const id = this.next++;
    this.store.set({ toasts: [...this.store.get().toasts.slice(-2), { id, text, action }] });
    setTimeout(() => this.hide(id), ms);
  }
  hide(id: number): void {
    this.store.set({ toasts: this.store.get().toasts.filter((t) => t.id !== id) });
  }
}
