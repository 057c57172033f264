// How much of what the model can read is used: the last answer's own count, and what is about to be added.
import type { VNode } from 'preact';
import { countText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import type { Message, Model } from '../net/types';
import { useServices } from '../services';

const NEARLY_FULL = 0.85;

/** Tokens of the branch as the server counted them last, and a guess for what came after. */
export function tokensUsed(branch: readonly Message[]): number {
  for (let i = branch.length - 1; i >= 0; i--) {
    const usage = branch[i]!.usage;
    if (usage) return usage.prompt_tokens + usage.completion_tokens + guess(branch.slice(i + 1).map((m) => m.content).join(''));
  }
  return guess(branch.map((m) => m.content).join(''));
}

// About four letters, or one Chinese character and a half, are a token.
export function guess(text: string): number {
  const cjk = text.match(/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]/g)?.length ?? 0;
  return Math.ceil((text.length - cjk) / 4 + cjk / 1.5);
}

export function ContextMeter({ model, draft, attached }: { model: Model | null; draft: string; attached: number }): VNode | null {
  const t = useText();
  const { chat } = useServices();
  const tree = useStore(chat.store, (c) => c.tree);
  const leaf = useStore(chat.store, (c) => c.leaf);
  const all = model?.context;
  if (!all) return null;
  const used = tokensUsed(tree.branch(leaf)) + guess(draft) + attached;
  const share = Math.min(1, used / all);
  const text = t.contextUse(countText(used), countText(all));
  const full = share > NEARLY_FULL;
  return (
    <span class={full ? 'context full' : 'context'} title={full ? `${text} ${t.contextNearlyFull}` : text}>
      <meter min={0} max={1} high={NEARLY_FULL} value={share} aria-label={t.contextMeter} aria-valuetext={text}>{text}</meter>
      <span class="context-text" aria-hidden="true">{`${countText(used)} / ${countText(all)}`}</span>
    </span>
  );
}
