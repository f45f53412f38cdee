/**
 * HashiCorp Vault and OpenBao as a secret backend: one secret of the KV engine, version 2, for each record.
 *
 * @packageDocumentation
 */

export { createVaultSecrets } from "./create-vault-secrets.ts";
export type { VaultSecretsOptions } from "./create-vault-secrets.ts";
