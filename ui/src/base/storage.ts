// What this browser remembers. Storage may be forbidden or full; the choice is then forgotten, and that is all.
export const storage = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(`hearth.${key}`);
    } catch {
      return null;
    }
  },
  set(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`hearth.${key}`);
      else localStorage.setItem(`hearth.${key}`, value);
    } catch {
      // forgotten
    }
  },
};
