// The conversation that is open: what the server knows of it, and the answer that is being written. The server writes the answer
// whether or not anybody looks; this page only follows.
import type { Api, Change, NewMessage } from '../net/api';
import { toApiError, type ApiError } from '../net/errors';
import { follow, type Pace, type Phase } from '../net/follow';
import type { Call, Conversation, Message, Settings } from '../net/types';
import { Store } from '../base/store';
import { Tree, withMessage } from './tree';

export interface Draft {
  content: string;
  attachments: { name: string; text: string }[];
}
export interface ChatState {
  id: string | null; // null: not on the server yet
  phase: 'ready' | 'loading' | 'missing' | 'failed';
  title: string;
  folder: string | null;
  model: string | null;
  system: string;
  settings: Settings;
  messages: Message[];
  tree: Tree;
  leaf: string | null;
  busy: boolean; // a request of ours is under way
  error: ApiError | null; // the last one failed
}
/** Apart from the rest, since it changes with every frame. */
export interface Live {
  id: string | null; // the message that is being written
  text: string;
  reasoning: string;
  calls: Call[];
  phase: Phase;
  pace: Pace | null; // null: there is no text yet
}
export interface Hooks {
  created(id: string): void;
  /** Its place in the list, or its title, may have changed. */
  touched(id: string): void;
  finished(message: Message): void;
}

const WAITING: Live = { id: null, text: '', reasoning: '', calls: [], phase: { phase: 'queued' }, pace: null };
const blank = (): ChatState => ({
  id: null,
  phase: 'ready',
  title: '',
  folder: null,
  model: null,
  system: '',
  settings: {},
  messages: [],
  tree: new Tree([]),
  leaf: null,
  busy: false,
  error: null,
});

export class Chat {
  readonly store = new Store<ChatState>(blank());
  readonly live = new Store<Live>(WAITING);
  /** What is being written in the box, for each conversation. */
  readonly drafts = new Map<string | null, string>();
  private following: AbortController | null = null;
  private opening: AbortController | null = null;

  constructor(
    private readonly api: Api,
    private readonly hooks: Hooks,
  ) {}

  get writing(): boolean {
    return this.live.get().id !== null;
  }
  branch(): Message[] {
    const { tree, leaf } = this.store.get();
    return tree.branch(leaf);
  }

  async open(id: string | null): Promise<void> {
    this.leave();
    this.store.set({ ...blank(), id, phase: id === null ? 'ready' : 'loading' });
    if (id !== null) await this.reload();
  }

  async reload(): Promise<void> {
    const id = this.store.get().id;
    if (id === null) return;
    this.opening?.abort();
    const opening = (this.opening = new AbortController());
    try {
      this.show(await this.api.read(id, opening.signal));
    } catch (e) {
      if (opening.signal.aborted) return;
      const error = toApiError(e);
      this.store.set({ phase: error.kind === 'missing' ? 'missing' : 'failed', error });
    }
  }

  /** Posts a message; a new conversation is made for the first. False: nothing was stored, and the error says why. */
  async send(draft: Draft, model: string | null, parent?: string | null): Promise<boolean> {
    return this.act(async () => {
      const id = this.store.get().id ?? (await this.create(model));
      const body: NewMessage = { content: draft.content, attachments: draft.attachments };
      if (parent !== undefined) body.parent = parent;
      if (model) body.model = model;
      const { message, answer } = await this.api.post(id, body);
      this.add(answer ? [message, answer] : [message]);
      this.hooks.touched(id);
    });
  }

  /** What came of the calls that an answer ends with; another answer follows. */
  results(message: Message, results: { id: string; content: string }[], model: string | null): Promise<boolean> {
    return this.act(async () => {
      const id = this.store.get().id!;
      const posted = await this.api.post(id, { results, parent: message.id, ...(model ? { model } : {}) });
      this.add(posted.answer ? [posted.message, posted.answer] : [posted.message]);
      this.hooks.touched(id);
    });
  }

  /** The same question in other words, as a branch of its own; its attachments come along. */
  async edit(message: Message, content: string, model: string | null): Promise<boolean> {
    const id = this.store.get().id!;
    let attachments: Draft['attachments'] = [];
    const read = await this.act(async () => {
      if (!message.attachments.length) return;
      attachments = (await this.api.message(id, message.id)).attachments.map((a) => ({ name: a.name, text: a.text ?? '' }));
    });
    return read && this.send({ content, attachments }, model, message.parent);
  }

  regenerate(message: Message, model: string | null): Promise<boolean> {
    if (message.parent === null) return Promise.resolve(false);
    return this.answer({ parent: message.parent, ...(model ? { model } : {}) });
  }
  resume(message: Message): Promise<boolean> {
    return this.answer({ continue: message.id });
  }

  async stop(): Promise<void> {
    const { id: message } = this.live.get();
    const { id } = this.store.get();
    if (id !== null && message !== null) await this.act(() => this.api.stop(id, message), true);
  }

  rate(message: Message, rating: -1 | 0 | 1): Promise<boolean> {
    return this.act(async () => this.put(await this.api.rate(this.store.get().id!, message.id, rating)), true);
  }

  /** Shows the branch through a message. */
  async choose(message: Message): Promise<void> {
    const { id, tree } = this.store.get();
    const leaf = tree.leafBelow(message.id);
    this.store.set({ leaf });
    this.followLeaf();
    await this.act(async () => void (await this.api.change(id!, { leaf })), true);
  }

  /** Title, folder, model, system prompt, settings: kept here until there is a conversation on the server. */
  async change(change: Change): Promise<boolean> {
    const { id } = this.store.get();
    const { title, folder, model, system, settings } = { ...this.store.get(), ...change };
    this.store.set({ title, folder, model, system, settings });
    if (id === null) return true;
    return this.act(async () => {
      await this.api.change(id, change);
      this.hooks.touched(id);
    }, true);
  }

  /** The conversation is no longer looked at; its answer is written on. */
  leave(): void {
    this.opening?.abort();
    this.unfollow();
  }

  private async create(model: string | null): Promise<string> {
    const { title, folder, system, settings } = this.store.get();
    const made = await this.api.create({ ...(title ? { title } : {}), folder, system, settings, ...(model ? { model } : {}) });
    this.drafts.set(made.id, this.drafts.get(null) ?? '');
    this.drafts.delete(null);
    this.store.set({ id: made.id, title: made.title, model: made.model });
    this.hooks.created(made.id);
    return made.id;
  }

  private answer(body: { parent: string; model?: string } | { continue: string }): Promise<boolean> {
    return this.act(async () => {
      const id = this.store.get().id!;
      this.add([(await this.api.answer(id, body)).answer]);
      this.hooks.touched(id);
    });
  }

  /** `quietly`: nobody has to wait for it. */
  private async act(action: () => Promise<void>, quietly = false): Promise<boolean> {
    const { id } = this.store.get();
    // Somebody may have gone to another conversation meanwhile: what happens here is then none of its business.
    const here = (): boolean => id === null || this.store.get().id === id;
    this.store.set(quietly ? { error: null } : { busy: true, error: null });
    try {
      await action();
      return true;
    } catch (e) {
      if (here()) this.store.set({ error: toApiError(e) });
      return false;
    } finally {
      if (!quietly && here()) this.store.set({ busy: false });
    }
  }

  private show(c: Conversation): void {
    const { title, folder, model, system, settings, messages, leaf } = c;
    this.store.set({ phase: 'ready', title, folder, model, system, settings, messages, tree: new Tree(messages), leaf, error: null });
    this.followLeaf();
  }

  private add(messages: Message[]): void {
    for (const m of messages) this.put(m);
    this.store.set({ leaf: messages.at(-1)!.id });
    this.followLeaf();
  }

  private put(m: Message): void {
    const messages = withMessage(this.store.get().messages, m);
    this.store.set({ messages, tree: new Tree(messages) });
  }

  private unfollow(): void {
    this.following?.abort();
    this.following = null;
    this.live.set(WAITING);
  }

  private followLeaf(): void {
    const end = this.branch().at(-1);
    const writing = end?.role === 'assistant' && end.state === 'writing' ? end : null;
    if (writing && writing.id === this.live.get().id) return;
    this.unfollow();
    if (writing) void this.follow(this.store.get().id!, writing);
  }

  private async follow(id: string, message: Message): Promise<void> {
    const following = (this.following = new AbortController());
    const { signal } = following;
    this.live.set({ ...WAITING, id: message.id, text: message.content });
    // Drawn once a frame at most, however fast the text comes; a page that nobody sees draws no frames, and must not wait for one.
    let next: Partial<Live> = {};
    let frame = 0;
    const draw = (change: Partial<Live>): void => {
      next = { ...next, ...change };
      if (!frame) frame = requestAnimationFrame(show);
    };
    const show = (): void => {
      frame = 0;
      if (!signal.aborted) this.live.set(next);
      next = {};
    };
    try {
      const listener = {
        phase: (phase: Phase): void => draw({ phase }),
        text: (text: string, pace: Pace | null): void => draw({ text, pace }),
        reasoning: (reasoning: string, pace: Pace | null): void => draw({ reasoning, pace }),
        calls: (calls: Call[]): void => draw({ calls }),
      };
      const ended = await follow(this.api, id, message.id, listener, signal);
      this.put(ended);
      this.hooks.finished(ended);
      this.hooks.touched(id);
    } catch (e) {
      if (!signal.aborted) this.put({ ...message, content: this.live.get().text, state: 'failed', error: toApiError(e).message });
    } finally {
      cancelAnimationFrame(frame);
      if (this.following === following) this.unfollow();
    }
  }
}
