// Text files that go with a message. How many tokens they are is the server's to say.
import { sizeText } from '../base/format';
import { Store } from '../base/store';
import type { Say } from '../parts/toasts';
import type { Api } from '../net/api';
import { readText } from '../parts/files';

export interface Pending {
  key: number;
  name: string;
  text: string;
  bytes: number;
  tokens: number | null;
}

export const FILES_MAX = 10;
export const FILE_BYTES_MAX = 1_000_000;
const PASTE_CHARS = 6000; // a longer paste is better read as a file

export class Attachments {
  readonly store = new Store<{ files: Pending[] }>({ files: [] });
  private next = 1;

  constructor(private readonly api: Api) {}

  /** Takes what are texts; the answer says what is wrong with the others. */
  async add(files: readonly File[], model: string | null): Promise<Say[]> {
    const problems: Say[] = [];
    for (const file of files) {
      const text = file.size > FILE_BYTES_MAX ? null : await readText(file);
      if (file.size > FILE_BYTES_MAX) problems.push((t) => t.tooLarge(file.name, sizeText(FILE_BYTES_MAX)));
      else if (text === null) problems.push((t) => t.notText(file.name));
      else if (this.store.get().files.length >= FILES_MAX) return [...problems, (t) => t.tooMany(FILES_MAX)];
      else this.put(file.name.slice(0, 200), text, file.size, model);
    }
    return problems;
  }

  remove(key: number): void {
    this.store.set({ files: this.store.get().files.filter((f) => f.key !== key) });
  }
  clear(): void {
    this.store.set({ files: [] });
  }

  private put(name: string, text: string, bytes: number, model: string | null): void {
    const key = this.next++;
    this.store.set({ files: [...this.store.get().files, { key, name, text, bytes, tokens: null }] });
    this.api.count(text, model).then(
      ({ tokens }) => this.store.set({ files: this.store.get().files.map((f) => (f.key === key ? { ...f, tokens } : f)) }),
      () => undefined, // its size must do
    );
  }
}

/** A long text on the clipboard becomes a file. */
export function pastedFile(data: DataTransfer | null): File[] {
  if (!data) return [];
  if (data.files.length) return [...data.files];
  const text = data.getData('text/plain');
  return text.length > PASTE_CHARS ? [new File([text], 'paste.txt', { type: 'text/plain' })] : [];
}
