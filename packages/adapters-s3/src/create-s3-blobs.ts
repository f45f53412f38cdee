import { createHash, randomUUID } from "node:crypto";
import {
  argumentInvalid,
  assertKey,
  assertObject,
  type BlobInfo,
  type BlobStore,
  KeelsonError,
} from "@keelson/core";
import { assertObjectKey, decodeObjectKey, encodeObjectKey } from "./object-key.ts";
import type { S3Like, S3Listing, S3Object } from "./s3-like.ts";

/** What {@link createS3Blobs} takes. */
export interface S3BlobsOptions {
  /** Such as `new S3({ region })` of `@aws-sdk/client-s3`. The caller closes it. */
  readonly client: S3Like;
  /** The bucket's name. It has to exist. */
  readonly bucket: string;
  /** What the keys of all objects begin with, such as `keelson/`: one bucket may hold several stores. Default none. */
  readonly prefix?: string | undefined;
}

// Tells whose object an answer is about, and what it has to be when it is read.
const PUT_ID = "keelson-put";
const DIGEST = "keelson-sha256";
const DEFAULT_LIMIT = 1000;
const LARGEST_PAGE = 1000;
const ATTEMPTS = 3;

/**
 * Makes a blob store of a bucket. `ifAbsent` is a conditional put (`If-None-Match: *`), so that of two processes one
 * wins; the service has to honour it, as S3 has since August 2024. Content carries its SHA-256 and is compared with it
 * when it is read.
 *
 * What the service refuses rejects with the client's own error; which calls are tried again, and how often, is the
 * client's to say. A key may take 1,024 bytes with the prefix, where a character outside of ASCII takes 5 or 10:
 * KEY_INVALID beyond that.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no client, or no bucket.
 *
 * @example
 * ```typescript
 * import { S3 } from "@aws-sdk/client-s3";
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createS3Blobs } from "@keelson/adapters-s3";
 *
 * const blobs = createS3Blobs({ client: new S3({ region: "eu-central-1" }), bucket: "backups", prefix: "keelson/" });
 * const storage = { ...createMemoryStorage(), blobs };
 * ```
 */
export function createS3Blobs(options: S3BlobsOptions): BlobStore {
  assertObject(options);
  const { client, bucket, prefix = "" } = options;
  if (typeof client?.putObject !== "function") throw argumentInvalid("client", "is no S3 client");
  if (typeof bucket !== "string" || bucket === "")
    throw argumentInvalid("bucket", "is not a string, or empty");
  if (typeof prefix !== "string") throw argumentInvalid("prefix", "is not a string");
  const locate = (key: string): { readonly Bucket: string; readonly Key: string } => {
    assertKey(key, 1024);
    const Key = prefix + encodeObjectKey(key);
    assertObjectKey(Key);
    return { Bucket: bucket, Key };
  };
  const head = async (key: string, signal: AbortSignal | undefined): Promise<S3Object | undefined> =>
    await orMissing(orReason(client.headObject(locate(key), call(signal)), signal));

  return {
    put: async (key, bytes, putOptions) => {
      const { signal, ifAbsent } = putOptions ?? {};
      signal?.throwIfAborted();
      const place = locate(key);
      if (!(bytes instanceof Uint8Array)) throw argumentInvalid("bytes", "is not a Uint8Array");
      const Body = bytes.slice();
      const putId = randomUUID();
      const Metadata = { [PUT_ID]: putId, [DIGEST]: sha256(Body) };
      const input = { ...place, Body, ContentLength: Body.length, Metadata };
      if (ifAbsent !== true) {
        await orReason(client.putObject(input, call(signal)), signal);
        return;
      }
      for (let attempt = 1; ; attempt++) {
        try {
          await orReason(client.putObject({ ...input, IfNoneMatch: "*" }, call(signal)), signal);
          return;
        } catch (error) {
          // Another put of the key is under way, and may yet fail.
          if (statusOf(error) === 409 && attempt < ATTEMPTS) continue;
          if (statusOf(error) !== 412) throw error;
          // It may be there because an answer was lost and the client tried again.
          if ((await head(key, signal))?.Metadata?.[PUT_ID] === putId) return;
          throw new KeelsonError("BLOB_EXISTS", `the blob ${key} exists`, { details: { key } });
        }
      }
    },
    get: async (key, callOptions) => {
      const signal = callOptions?.signal;
      signal?.throwIfAborted();
      const place = locate(key);
      for (let attempt = 1; ; attempt++) {
        let length = 0;
        try {
          const found = await orMissing(orReason(client.getObject(place, call(signal)), signal));
          if (found === undefined) return undefined;
          const bytes = new Uint8Array((await orReason(found.Body?.transformToByteArray(), signal)) ?? []);
          length = bytes.length;
          if (found.Metadata?.[DIGEST] === sha256(bytes)) return bytes;
        } catch (error) {
          // The connection ended in the middle of the content, which the client has no second try for.
          if (signal?.aborted || statusOf(error) !== undefined || attempt === ATTEMPTS) throw error;
          continue;
        }
        // Of two reads that are wrong, it is the object and not the way.
        if (attempt < 2) continue;
        const [file, reason] = [`s3://${bucket}/${place.Key}`, "the content does not match its SHA-256"];
        throw new KeelsonError("STORE_CORRUPT", `${file} is damaged: ${reason}`, {
          details: { file, start: 0, end: length, reason },
        });
      }
    },
    stat: async (key, callOptions) => {
      callOptions?.signal?.throwIfAborted();
      const found = await head(key, callOptions?.signal);
      return found === undefined ? undefined : { key, size: found.ContentLength ?? 0 };
    },
    list: async (blobPrefix, listOptions) => {
      const { after, limit = DEFAULT_LIMIT, signal } = listOptions ?? {};
      signal?.throwIfAborted();
      if (!Number.isSafeInteger(limit) || limit < 1)
        throw argumentInvalid("limit", `is ${String(limit)}, expected a whole number of at least 1`);
      const found: BlobInfo[] = [];
      let token: string | undefined;
      do {
        const page: S3Listing = await orReason(
          client.listObjectsV2(
            {
              Bucket: bucket,
              Prefix: prefix + encodeObjectKey(blobPrefix),
              MaxKeys: Math.min(limit - found.length, LARGEST_PAGE),
              // Else a key that XML cannot hold would break the answer.
              EncodingType: "url",
              ...(token !== undefined && { ContinuationToken: token }),
              ...(token === undefined &&
                after !== undefined && { StartAfter: prefix + encodeObjectKey(after) }),
            },
            call(signal),
          ),
          signal,
        );
        for (const { Key = "", Size = 0 } of page.Contents ?? []) {
          const objectKey = decodeURIComponent(Key.replaceAll("+", " "));
          const key = decodeObjectKey(objectKey.slice(prefix.length));
          if (key !== undefined && objectKey.startsWith(prefix)) found.push({ key, size: Size });
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined && found.length < limit);
      return found.slice(0, limit);
    },
    delete: async (key, callOptions) => {
      const signal = callOptions?.signal;
      signal?.throwIfAborted();
      await orMissing(orReason(client.deleteObject(locate(key), call(signal)), signal));
    },
  } satisfies BlobStore;
}

function call(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** The client rejects with an error of its own when it is aborted. */
async function orReason<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T>;
async function orReason<T>(
  work: Promise<T> | undefined,
  signal: AbortSignal | undefined,
): Promise<T | undefined>;
async function orReason<T>(
  work: Promise<T> | undefined,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
