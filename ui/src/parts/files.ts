// Files that come in and go out.
export function download(answer: Blob, name: string): void {
  const url = URL.createObjectURL(answer);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function fileName(title: string, extension: string): string {
  const safe = title.replace(/[\u0000-\u001f\u007f/\\:*?"<>|\s]+/g, ' ').trim().slice(0, 60);
  return `${safe || 'hearth'}.${extension}`;
}

export const hasFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes('Files') ?? false;

/** The file's text, or null when it is none: bytes that are not UTF-8, or a zero among them. */
export async function readText(file: Blob): Promise<string | null> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    return text.includes('\u0000') ? null : text;
  } catch {
    return null;
  }
}
