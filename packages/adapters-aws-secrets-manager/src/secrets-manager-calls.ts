/** How a call is ended early, as the AWS SDK takes it. */
export interface CallOptions {
  /** Ends the call. */
  readonly abortSignal?: AbortSignal;
}

/** What `GetSecretValue` answers, as far as it is read. */
export interface CurrentValue {
  readonly SecretString?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly CreatedDate?: Date | undefined;
}

/** One secret as `ListSecrets` names it. */
export interface SecretName {
  readonly Name?: string | undefined;
  readonly Description?: string | undefined;
  readonly DeletedDate?: Date | undefined;
}

/** What `ListSecrets` answers, as far as it is read. */
export interface SecretPage {
  readonly SecretList?: readonly SecretName[] | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * The calls of AWS Secrets Manager that are made. `new SecretsManager({ region })` of `@aws-sdk/client-secrets-manager`
 * is one, with its own credentials and retries; `createSecretsManagerClient` makes a small one. Errors carry the
 * service's name of them as `name`, and `$metadata.httpStatusCode`.
 */
export interface SecretsManagerCalls {
  /** `GetSecretValue`. */
  getSecretValue(
    input: { SecretId: string; VersionStage: string },
    options?: CallOptions,
  ): Promise<CurrentValue>;
  /** `CreateSecret`. */
  createSecret(
    input: { Name: string; Description: string; SecretString: string; ClientRequestToken: string },
    options?: CallOptions,
  ): Promise<unknown>;
  /** `PutSecretValue`. */
  putSecretValue(
    input: { SecretId: string; SecretString: string; ClientRequestToken: string; VersionStages: string[] },
    options?: CallOptions,
  ): Promise<unknown>;
  /** `UpdateSecretVersionStage`. */
  updateSecretVersionStage(
    input: { SecretId: string; VersionStage: string; MoveToVersionId?: string; RemoveFromVersionId: string },
    options?: CallOptions,
  ): Promise<unknown>;
  /** `DeleteSecret`. */
  deleteSecret(
    input: { SecretId: string; ForceDeleteWithoutRecovery: boolean },
    options?: CallOptions,
  ): Promise<unknown>;
  /** `ListSecrets`. */
  listSecrets(
    input: { Filters: { Key: "name"; Values: string[] }[]; MaxResults: number; NextToken?: string },
    options?: CallOptions,
  ): Promise<SecretPage>;
}
