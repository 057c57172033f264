import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useText } from '../i18n';
import { IconCheck, IconCopy } from './icons';

export function CopyButton({ text, label }: { text: string; label?: string }): VNode {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    if (!(await toClipboard(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={label ?? t.copy} title={label ?? t.copy}>
      {copied ? <IconCheck /> : <IconCopy />}
      <span class="word" aria-live="polite">{copied ? t.copied : t.copy}</span>
    </button>
  );
}

// The clipboard interface exists on https and localhost only; on a home network's plain http the old way still works.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
