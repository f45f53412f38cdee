/**
 * AWS Secrets Manager as a secret backend: one secret for each record, replaced by moving the label `AWSCURRENT`.
 *
 * @packageDocumentation
 */

export { createAwsSecrets } from "./create-aws-secrets.ts";
export type { AwsSecretsOptions } from "./create-aws-secrets.ts";
export { createSecretsManagerClient } from "./secrets-manager-client.ts";
export type { AwsCredentials, SecretsManagerClientOptions } from "./secrets-manager-client.ts";
export type {
  CallOptions,
  CurrentValue,
  SecretName,
  SecretPage,
  SecretsManagerCalls,
} from "./secrets-manager-calls.ts";
