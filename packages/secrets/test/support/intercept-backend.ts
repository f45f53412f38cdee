import type { SecretBackend } from "@keelson/core";

/** Does a backend's call through `call`, which may do it, not do it, do it twice or fail around it. */
export type Interceptor = <T>(method: "read" | "write", call: () => Promise<T>) => Promise<T>;

export function interceptBackend(backend: SecretBackend, intercept: Interceptor): SecretBackend {
  return {
    specVersion: 1,
    capabilities: backend.capabilities,
    read: (name, options) => intercept("read", async () => backend.read(name, options)),
    write: (name, payload, options) => intercept("write", async () => backend.write(name, payload, options)),
    list: (options) => backend.list(options),
    delete: (name, options) => backend.delete(name, options),
  };
}
