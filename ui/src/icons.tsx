import type { VNode } from 'preact';

const icon = (path: string) => (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
    <path d={path} />
  </svg>
);

export const IconSend = icon('M12 19V5M6 11l6-6 6 6');
export const IconCopy = icon('M9 9h10v11H9zM5 15V4h10');
export const IconCheck = icon('M5 12.5l4.5 4.5L19 7.500');
export const IconPlus = icon('M12 5v14M5 12h14');
export const IconRetry = icon('M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6');

export const IconStop = (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" /></svg>
);

/** The mark: an outer flame and its heart. */
export const Flame = ({ lively = false }: { lively?: boolean }): VNode => (
  <svg class={lively ? 'flame lively' : 'flame'} viewBox="0 0 32 32" aria-hidden="true">
    <path class="outer" d="M16.600 3c.9 4.600-1 6.600-3.400 9.400-2.200 2.500-4.300 5-4.300 8.700a7.600 7.600 0 0 0 15.200 0c0-3-1.300-5.400-2.800-7.200-.2 1.700-.9 2.800-2.100 3.400.6-5.200-.4-10.700-2.600-14.300z" />
    <path class="heart" d="M16.300 17.500c.3 2.200-.7 3.200-1.700 4.400-.8 1-1.400 1.900-1.400 3.200a3.200 3.200 0 0 0 6.400 0c0-2.900-1.500-5.200-3.300-7.600z" />
  </svg>
);
