// What Hearth says about itself: asked at once, then as often as something is about to change.
import type { Api } from '../net/api';
import { toApiError } from '../net/errors';
import type { Model, Status } from '../net/types';
import { Store } from '../base/store';

export interface StatusView {
  status: Status | null;
  online: boolean;
  asked: boolean; // the first question has been answered or has failed
}

function pauseMs(view: StatusView): number {
  if (!view.online || !view.status?.models.length) return 2000;
  return view.status.models.some((m) => m.state === 'loading') ? 1000 : 5000;
}

export class StatusState {
  readonly store = new Store<StatusView>({ status: null, online: true, asked: false });
  private timer = 0;
  private running = false;

  constructor(private readonly api: Api) {}

  start(): () => void {
    this.running = true;
    const look = (): void => void (document.hidden || this.ask());
    void this.ask();
    document.addEventListener('visibilitychange', look);
    return () => {
      this.running = false;
      clearTimeout(this.timer);
      document.removeEventListener('visibilitychange', look);
    };
  }

  ask = async (): Promise<void> => {
    clearTimeout(this.timer);
    try {
      this.store.set({ status: await this.api.status(), online: true, asked: true });
    } catch (e) {
      this.store.set({ online: toApiError(e).kind !== 'offline', asked: true });
    }
    clearTimeout(this.timer);
    if (this.running) this.timer = window.setTimeout(this.ask, document.hidden ? 15000 : pauseMs(this.store.get()));
  };
}

/** Encoders make vectors and answer nobody. */
/** The name of the assistant that is part of the program: it answers like a model, and is no file. */
export const ASSISTANT = 'hearth';

export function writes(model: Model): boolean {
  return model.kind !== 'embeddings' && model.kind !== 'rerank';
}

/** The one that was chosen, the server's default if it works, or the first that does. */
export function pickModel(status: Status | null, wanted: string | null): Model | null {
  const models = status?.models.filter(writes) ?? [];
  const chosen = models.find((m) => m.id === wanted);
  if (chosen) return chosen;
  const working = models.filter((m) => m.state !== 'failed');
  return working.find((m) => m.id === status?.default_model) ?? working[0] ?? models[0] ?? null;
}
