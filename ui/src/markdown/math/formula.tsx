// A formula as MathML, which browsers draw themselves; one that cannot be read is shown as it was written.
import { h, type VNode } from 'preact';
import { parseTex, type MathNode } from './parser';

export function Formula({ tex, display }: { tex: string; display: boolean }): VNode {
  try {
    return element(parseTex(tex, display));
  } catch {
    return <code>{tex}</code>;
  }
}

const element = (n: MathNode): VNode => h(n.tag as 'mrow', n.attrs, n.children.map((c) => (typeof c === 'string' ? c : element(c)))) as VNode;
