/** An error as Node gives those of the operating system: with its `code`, such as `ENOSPC`. */
export function systemError(code: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: made up by the test`), { code });
}
