/** Enter alone. While a Chinese or Japanese word is being composed, Enter chooses it. */
export const sendsNow = (e: KeyboardEvent): boolean => e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229;
